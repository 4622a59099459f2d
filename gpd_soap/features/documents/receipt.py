"""What stands on the receipt of a payment: decided from the Node's message, as texts for a page.

Source: SANP 3.12 (pagoPA), payment attestation: the nine data that a creditor institution owes.
Texts that the message may lack are said to be missing, because a payer must see that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.core.codes import ANONYMOUS
from gpd_soap.core.receipt import receipt_key
from gpd_soap.core.rome import ROME
from gpd_soap.features.documents.cleaning import Change, paper_change, to_paper
from gpd_soap.features.documents.codes import euro, in_fours

#: LIMIT: characters of a text on a receipt; the Node's texts have 140 at most, save the receiptId,
#: which has 35 in practice and no limit in the schema.
LONGEST = 1000
MISSING = "non indicata dal PSP"
PAID = "OK"
MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
    "ottobre", "novembre", "dicembre",
)  # fmt: skip


#: The model of a receipt in a message, V1 or V2, of which both versions have the same members.
SentReceipt: TypeAlias = Any
#: Returns what paper shows of a field and its text, and reports the difference.
Shown = Callable[[str, str | None], str]


class Row(NamedTuple):
    """A datum with its name; `code` asks for figures of one width."""

    name: str
    value: str
    code: bool = False


class Part(NamedTuple):
    """The part of one beneficiary, in the order of the message; `stamp` bought a revenue stamp."""

    number: int
    beneficiary: str
    fiscal_code: str
    amount: str
    reason: str
    stamp: bool


class ReceiptPaper(NamedTuple):
    """Everything that is printed of a receipt; amounts are texts for the reader."""

    organization: str
    company: str
    receipt_id: str
    number: str
    paid: tuple[Row, ...]
    people: tuple[tuple[str, tuple[Row, ...]], ...]
    provider: tuple[Row, ...]
    parts: tuple[Part, ...]
    amount: str
    fee: str | None
    total: str
    changes: tuple[Change, ...]


def receipt_paper(sent: SentReceipt, subject: str | None) -> ReceiptPaper:
    """Return what is printed of a receipt's message, V1 or V2.

    `subject` is the description of the notice in the organization's own words, where it is ours.
    """
    changes: dict[str, Change] = {}

    def shown(field: str, text: str | None) -> str:
        printed = to_paper(text or "", LONGEST)
        change = paper_change(field, text or "", printed)
        if change:
            changes[field] = change
        return printed

    company, description = (
        shown(each, getattr(sent, each)) for each in ("companyName", "description")
    )
    nav, iuv = sent.noticeNumber, shown("creditorReferenceId", sent.creditorReferenceId)
    own = shown("subject", subject)
    total = sent.paymentAmount + (sent.fee or 0)
    return ReceiptPaper(
        organization=sent.fiscalCode,
        company=company,
        receipt_id=shown("receiptId", sent.receiptId),
        number=nav,
        paid=tuple(
            _present(
                ("Ente Creditore", company),
                ("Codice fiscale Ente Creditore", sent.fiscalCode, True),
                ("Ufficio", shown("officeName", sent.officeName)),
                ("Oggetto del pagamento", own or description),
                ("Causale", description if own and own != description else ""),
                ("Codice Avviso", in_fours(nav), True),
                ("IUV", iuv, True),
                ("ID transazione (paymentToken)", shown("receiptId", sent.receiptId), True),
                ("Data e ora dell'operazione", instant(sent.paymentDateTime)),
                ("Data di applicazione", day(sent.applicationDate)),
                ("Data di versamento", day(sent.transferDate) if sent.transferDate else ""),
            )
        ),
        people=tuple(_people(sent, shown)),
        provider=tuple(
            _present(
                (
                    "Prestatore di servizi di pagamento",
                    shown("PSPCompanyName", sent.PSPCompanyName),
                ),
                ("Codice del PSP", shown("idPSP", sent.idPSP), True),
                ("Codice fiscale del PSP", shown("pspFiscalCode", sent.pspFiscalCode), True),
                ("Partita IVA del PSP", shown("pspPartitaIVA", sent.pspPartitaIVA), True),
                (
                    "Codice fiscale del PSP",
                    "" if sent.pspFiscalCode or sent.pspPartitaIVA else "non indicato dal PSP",
                ),
                ("Canale", shown("channelDescription", sent.channelDescription)),
                ("Metodo di pagamento", shown("paymentMethod", sent.paymentMethod)),
            )
        ),
        parts=tuple(_parts(sent, shown)),
        amount=euro(sent.paymentAmount),
        fee=None if sent.fee is None else euro(sent.fee),
        total=euro(total),
        changes=tuple(changes.values()),
    )


def receipt_name(paper: ReceiptPaper) -> str:
    """Return the name of the file of a receipt, safe whatever the receiptId contains."""
    name = case_id(CaseKey(receipt_key(paper.receipt_id), 0))
    return f"ricevuta-{paper.organization}-{paper.number}-{name}.pdf"


def instant(moment: datetime | None) -> str:
    """Return a time in Rome as an Italian reads it.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 3, 1, 8, 5, 9, tzinfo=UTC))
    '01 marzo 2026, 09:05:09'
    """
    if moment is None:
        return MISSING
    local = moment.astimezone(ROME)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def day(of: date | None) -> str:
    """Return a date as an Italian reads it."""
    return MISSING if of is None else f"{of.day:02d} {MONTHS[of.month - 1]} {of.year}"


def _present(*rows: tuple[Any, ...]) -> Iterator[Row]:
    """Yield the rows that have a value."""
    yield from (Row(*row) for row in rows if row[1])


def _people(sent: SentReceipt, shown: Shown) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Yield the debtor and the payer, where they are known."""
    for title, role, person in (
        ("Debitore", "debtor", sent.debtor),
        ("Eseguito da", "payer", sent.payer),
    ):
        if person is None:
            continue
        code = person.uniqueIdentifier.entityUniqueIdentifierValue
        # SPEC: SANP 3.12: ANONIMO stands where the debtor is not known.
        if code == ANONYMOUS and person.fullName in {"", ANONYMOUS}:
            continue
        known = "" if code == ANONYMOUS else shown(f"{role}.code", code)
        rows = _present(
            ("Nome e cognome o ragione sociale", shown(f"{role}.name", person.fullName)),
            ("Codice fiscale o partita IVA", known, True),
        )
        yield title, tuple(rows)


def _parts(sent: SentReceipt, shown: Shown) -> Iterator[Part]:
    """Yield the part of each beneficiary, with its name where the message has it."""
    for transfer in sent.transferList.transfer:
        # WHY: the transfers of paSendRT have no name of a beneficiary and no stamp.
        name = getattr(transfer, "companyName", None)
        if name is None and transfer.fiscalCodePA == sent.fiscalCode:
            name = sent.companyName
        number = transfer.idTransfer
        yield Part(
            number,
            shown(f"transfer.{number}.companyName", name),
            transfer.fiscalCodePA,
            euro(transfer.transferAmount),
            shown(f"transfer.{number}.reason", transfer.remittanceInformation),
            getattr(transfer, "MBDAttachment", None) is not None,
        )
