"""Entries of the journal under pagoPA's names, and ours for what it has no name for.

Source of the names: spec/pagopa-ec.md 7.  What was not said is left out.
"""

from __future__ import annotations

from typing import Any

from gpd_soap.api.openapi import Schema, many, objects, texts
from gpd_soap.core import rome
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.journal.entries import REFERENCE, Entry, Place

Body = dict[str, Any]

#: SPEC: pagopa-ec.md 7: INTERFACCIA is an exchange with another, INTERNO what we do by ourselves.
CATEGORY = "INTERFACCIA"
SHOWN = 4
#: What leads to a debtor, or to a machine of somebody's.
MASKED = ("numeroAvviso", "identificativoUnivocoVersamento", "codiceContestoPagamento")
HIDDEN = "caller"


def entry(kept: Entry, *, masked: bool) -> Body:
    """One entry; a masked one tells the last four characters of what leads to a debtor."""
    told = {
        "id": kept.key.reference,
        "dataOraEvento": kept.arrived_at.astimezone(rome.ROME).isoformat(timespec="milliseconds"),
        "categoriaEvento": CATEGORY,
        "tipoEvento": kept.operation,
        "identificativoDominio": kept.organization,
        "identificativoIntermediarioPA": kept.broker,
        "identificativoStazioneIntermediarioPA": kept.station,
        "numeroAvviso": kept.nav,
        "identificativoUnivocoVersamento": kept.iuv,
        "codiceContestoPagamento": kept.receipt_id,
        "identificativoPrestatoreServiziPagamento": kept.psp,
        "canalePagamento": kept.channel,
        "esito": kept.outcome,
        "faultCode": kept.fault,
        "decision": kept.rule,
        "durationMs": kept.microseconds / 1000,
        "httpStatus": kept.status,
        "caller": kept.caller,
        "soapAction": kept.soap_action,
    }
    said = {name: value for name, value in told.items() if value not in (None, NOT_GIVEN)}
    return _masked(said) if masked else said


def page(kept: list[Entry], after: Place | None, *, masked: bool) -> Body:
    """A page of entries; `next` is there where there are more, and is asked for with `after`."""
    entries = [entry(each, masked=masked) for each in kept]
    return {"entries": entries, **({"next": after.reference} if after else {})}


def schemas() -> dict[str, Schema]:
    """Both bodies, by name."""
    properties = {
        "id": {"type": "string", "pattern": REFERENCE},
        "dataOraEvento": {"type": "string", "format": "date-time"},
        "categoriaEvento": {"type": "string", "const": CATEGORY},
        **texts("tipoEvento identificativoDominio identificativoIntermediarioPA"),
        **texts("identificativoStazioneIntermediarioPA numeroAvviso"),
        **texts("identificativoUnivocoVersamento codiceContestoPagamento"),
        **texts("identificativoPrestatoreServiziPagamento canalePagamento"),
        "esito": {"type": "string", "enum": ["OK", "KO", "Fault"]},
        **texts("faultCode decision"),
        "durationMs": {"type": "number", "minimum": 0},
        "httpStatus": {"type": "integer"},
        **texts("caller soapAction"),
    }
    entries = objects({"entries": many("JournalEntry"), "next": properties["id"]})
    return {
        "JournalEntry": {**objects(properties), "required": ["id", "dataOraEvento", "httpStatus"]},
        "JournalPage": {**entries, "required": ["entries"]},
    }


def _masked(told: Body) -> Body:
    stars = {
        name: "*" * (len(told[name]) - SHOWN) + told[name][-SHOWN:]
        for name in MASKED
        if name in told
    }
    return {name: value for name, value in {**told, **stars}.items() if name != HIDDEN}
