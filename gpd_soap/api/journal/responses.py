"""Builds the answers about the journal, by `models`.

SPEC: SANP "Giornale degli eventi": the Italian names; the English names are ours, for facts that
have no name there.  A field without value is left out.
"""

from __future__ import annotations

from gpd_soap.api.responses import Body, rome_text
from gpd_soap.core import rome
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.journal.entries import Entry, EntryKey
from gpd_soap.store.journal.tally import Tally

#: SPEC: SANP "Giornale degli eventi": INTERFACCIA is an exchange, INTERNO is work of one party.
CATEGORY = "INTERFACCIA"
#: Last characters of a masked field that stay readable.
SHOWN = 4
#: Fields that lead to a debtor, and the address of the caller.
MASKED = ("numeroAvviso", "identificativoUnivocoVersamento", "codiceContestoPagamento")
HIDDEN = "caller"


def entry(row: Entry, *, masked: bool) -> Body:
    """Returns an entry: JournalEntry.

    A masked entry shows the last four characters of what leads to a debtor, and no caller.
    """
    fields = {
        "id": row.key.reference,
        "dataOraEvento": row.arrived_at.astimezone(rome.ROME).isoformat(timespec="milliseconds"),
        "categoriaEvento": CATEGORY,
        "tipoEvento": row.operation,
        "identificativoDominio": row.organization,
        "identificativoIntermediarioPA": row.broker,
        "identificativoStazioneIntermediarioPA": row.station,
        "numeroAvviso": row.nav,
        "identificativoUnivocoVersamento": row.iuv,
        "codiceContestoPagamento": row.receipt_id,
        "identificativoPrestatoreServiziPagamento": row.psp,
        "canalePagamento": row.channel,
        "esito": row.outcome,
        "faultCode": row.fault,
        "decision": row.rule,
        "durationMs": row.microseconds / 1000,
        "httpStatus": row.status,
        "caller": row.caller,
        "soapAction": row.soap_action,
    }
    given = {name: value for name, value in fields.items() if value not in (None, NOT_GIVEN)}
    return _masked(given) if masked else given


def page(rows: list[Entry], after: EntryKey | None, *, masked: bool) -> Body:
    """Returns a page of entries: JournalPage.  `next` is left out on the last page."""
    entries = [entry(each, masked=masked) for each in rows]
    return {"entries": entries, **({"next": after.reference} if after else {})}


def tally(rows: list[Tally]) -> Body:
    """Returns the tally of a window: TallyRows."""
    return {"tally": [tally_row(each) for each in rows]}


def tally_row(row: Tally) -> Body:
    """Returns one row of the tally: TallyRow."""
    return {
        "begin": rome_text(row.hour),
        "station": row.station,
        "operation": row.operation,
        "outcome": row.outcome,
        "fault": row.fault,
        "exchanges": row.exchanges,
        "averageMs": round(row.microseconds / row.exchanges / 1000, 3),
        "within100ms": row.within_100_ms,
        "within500ms": row.within_500_ms,
        "within1s": row.within_1_s,
        "within2s": row.within_2_s,
        "within7s": row.within_7_s,
    }


def _masked(fields: Body) -> Body:
    stars = {
        name: "*" * (len(fields[name]) - SHOWN) + fields[name][-SHOWN:]
        for name in MASKED
        if name in fields
    }
    return {name: value for name, value in {**fields, **stars}.items() if name != HIDDEN}
