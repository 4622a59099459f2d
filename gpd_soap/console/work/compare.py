"""Two receipts, or a notice and its receipt, beside each other: what is equal, what differs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.console import words
from gpd_soap.console.formats import instant, money
from gpd_soap.console.words import _, ngettext
from gpd_soap.console.work.ages import age
from gpd_soap.console.work.calls import method_words
from gpd_soap.console.work.evidence import Evidence, Person
from gpd_soap.store.receipts.candidates import NoticeLike
from gpd_soap.store.receipts.worklist import Case


class Cell(NamedTuple):
    """What one side says; `sub` is a second line, and `kind` is how it is written."""

    text: str
    sub: str = ""
    kind: str = ""


class Row(NamedTuple):
    """A line of a comparison; `word` says in what the sides differ."""

    label: str
    first: Cell
    second: Cell
    same: bool
    word: str


NOTHING = Cell("–")


class Side(NamedTuple):
    """A receipt, and what its message says; None if that was erased."""

    case: Case
    evidence: Evidence | None


def receipts(first: Side, second: Side, *, persons: bool) -> list[Row]:
    """Returns the comparison of two receipts, the equal lines first."""
    payers = _payers(first, second, persons=persons)
    rows = [
        _row(_("Importo"), _money(first.case.amount), _money(second.case.amount),
             _money_word(first.case.amount, second.case.amount)),
        _row(_("Avviso"), Cell(first.case.nav or "–", kind="number"),
             Cell(second.case.nav or "–", kind="number"), _("altro avviso")),
        _row(_("Conto"), _accounts(first), _accounts(second), _("altro conto")),
        _row(_("Pagata il"), _instant(first.case.paid_at), _instant(second.case.paid_at),
             _time_word(first.case, second.case)),
        payers,
        _row(_("Banca"), _bank(first), _bank(second), _("altra banca")),
        _row(_("Numero"), Cell(first.case.name, kind="receipt"),
             Cell(second.case.name, kind="receipt"), _("altro numero")),
    ]  # fmt: skip
    # WHY: that two messages leave the payer out makes them neither equal nor different.
    if not any(side.evidence and side.evidence.payer for side in (first, second)):
        rows.remove(payers)
    return sorted(rows, key=lambda row: not row.same)


def with_notice(notice: NoticeLike, side: Side, *, persons: bool) -> list[Row]:
    """Returns the comparison of a notice and a receipt for it, the equal lines first."""
    case, evidence = side.case, side.evidence
    owner = Person(notice.debtor_full_name, notice.debtor_code)
    debtor = evidence.debtor if evidence else None
    rows = [
        _row(_("Importo"), _money(notice.amount), _money(case.amount),
             _money_word(notice.amount, case.amount)),
        _row(_("Avviso"), Cell(notice.nav, kind="number"), Cell(case.nav or "–", kind="number"),
             _digits_word(notice.nav, case.nav or "")),
        _row(_("IUV"), Cell(notice.iuv, kind="iuv"), Cell(case.iuv or "–", kind="iuv"),
             _digits_word(notice.iuv, case.iuv or "")),
        _row(_("Debitore"), _person(owner, persons=persons), _person(debtor, persons=persons),
             _("altra persona"), same=debtor is not None and debtor.code == owner.code),
    ]  # fmt: skip
    return sorted(rows, key=lambda row: not row.same)


def _row(label: str, first: Cell, second: Cell, word: str, *, same: bool | None = None) -> Row:
    equal = first.text == second.text if same is None else same
    return Row(label, first, second, equal, _("uguale") if equal else word)


def _money(cents: int | None) -> Cell:
    return NOTHING if cents is None else Cell(money(cents, words.language.get()), kind="m")


def _instant(moment: datetime | None) -> Cell:
    if moment is None:
        return NOTHING
    return Cell(instant(moment, words.language.get(), seconds=True))


def _accounts(side: Side) -> Cell:
    accounts = side.evidence.accounts if side.evidence else ()
    return Cell(" ".join(accounts), kind="account") if accounts else NOTHING


def _payers(first: Side, second: Side, *, persons: bool) -> Row:
    payers = [side.evidence.payer if side.evidence else None for side in (first, second)]
    codes = [payer.code if payer else "" for payer in payers]
    one, other = (_person(payer, persons=persons) for payer in payers)
    return _row(_("Chi ha pagato"), one, other, _("altra persona"), same=codes[0] == codes[1])


def _person(person: Person | None, *, persons: bool) -> Cell:
    if person is None:
        return Cell(_("non è scritto"))
    if not persons:
        return Cell(_("nascosto: serve il permesso di vedere le persone"))
    return Cell(person.name, person.code)


def _bank(side: Side) -> Cell:
    case, evidence = side.case, side.evidence
    known = (evidence.channel, method_words(evidence.method)) if evidence else ()
    parts = [part for part in known if part]
    if case.fee is not None:
        fee = money(case.fee, words.language.get())
        parts.append(_("commissione %(fee)s") % {"fee": fee})
    return Cell(case.psp_name or case.psp or "–", "; ".join(parts))


def _money_word(first: int | None, second: int | None) -> str:
    difference = (second or 0) - (first or 0)
    text = money(abs(difference), words.language.get())
    if difference < 0:
        return _("%(money)s in meno") % {"money": text}
    return _("%(money)s in più") % {"money": text}


def _time_word(first: Case, second: Case) -> str:
    if first.paid_at is None or second.paid_at is None:
        return _("altro momento")
    passed = second.paid_at - first.paid_at
    text = age(second.paid_at - abs(passed), second.paid_at)
    if passed < timedelta():
        return _("%(age)s prima") % {"age": text}
    return _("%(age)s dopo") % {"age": text}


def _digits_word(first: str, second: str) -> str:
    if len(first) == len(second):
        off = sum(a != b for a, b in zip(first, second, strict=True))
        return ngettext("%(number)d cifra diversa", "%(number)d cifre diverse", off) % {
            "number": off
        }
    return _("un altro")
