"""A case as a line of a list and as a page: its title, what happened, who is concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gpd_soap.console import words
from gpd_soap.console.formats import day, money
from gpd_soap.console.words import _
from gpd_soap.console.work.ages import age
from gpd_soap.console.work.kinds import ENDINGS, KINDS, OUT_OF_RANGE, REASONS, Kind
from gpd_soap.core.case_id import QUARANTINE, case_id, cause_in
from gpd_soap.core.receipt import OPENED, SEPARATOR
from gpd_soap.store.receipts.candidates import NoticeLike
from gpd_soap.store.receipts.queue import LATE
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases.casework.holding import Holder, holder


class CaseLine(NamedTuple):
    """A case in a list; `late` asks for attention."""

    id: str
    case: Case
    kind: Kind
    title: str
    sub: str
    age: str
    late: bool
    holder: Holder | None


def line_of(
    case: Case,
    notices: Mapping[str, NoticeLike],
    receipts: Mapping[str, Sequence[Case]],
    now: datetime,
    *,
    persons: bool,
) -> CaseLine:
    """Returns a case as a line; `notices` and `receipts` are those of the numbers on the page."""
    notice = notices.get(case.nav or "")
    return CaseLine(
        case_id(case.key),
        case,
        KINDS[case.kind],
        title_of(case, notice),
        _sub(case, notice, other_of(case, receipts.get(case.nav or "", ())), persons=persons),
        age(case.since, now),
        now - case.since > LATE,
        holder(case, now),
    )


def title_of(case: Case, notice: NoticeLike | None) -> str:
    """Returns what happened, beginning with what the notice is for."""
    if case.kind == QUARANTINE:
        return _("Messaggio che non è una ricevuta valida")
    what = notice.description if notice else _("Avviso %(nav)s") % {"nav": case.nav}
    cause = cause_in(case.reasons)
    if cause is not None:
        return _(ENDINGS[f"{OPENED}{cause}"]) % {"what": what}
    reasons = case.reasons.split(SEPARATOR)
    if "the amount differs" in reasons and notice is not None:
        less = (case.amount or 0) < notice.amount
        ending = _("%(what)s, arrivato meno del dovuto") if less else _(
            "%(what)s, arrivato più del dovuto"
        )  # fmt: skip
        return ending % {"what": what}
    for reason in reasons:
        if reason in ENDINGS:
            return _(ENDINGS[reason]) % {"what": what}
    return _("%(what)s, da rivedere") % {"what": what}


def reasons_of(case: Case) -> list[str]:
    """Returns why a receipt is a case, in words."""
    if case.kind == QUARANTINE:
        return [case.reasons]
    return [
        _(REASONS.get(reason, OUT_OF_RANGE)) for reason in case.reasons.split(SEPARATOR) if reason
    ]


def other_of(case: Case, receipts: Sequence[Case]) -> Case | None:
    """Returns the receipt with which a case is compared: the one that paid, else an earlier one."""
    others = [each for each in receipts if each.key != case.key]
    if case.kind == "conflicting":
        return next((each for each in others if each.name == case.name), None)
    if case.kind != "double":
        return None
    paid = [each for each in others if each.kind in ("applied", "review")]
    return next(iter(paid or others), None)


def _sub(case: Case, notice: NoticeLike | None, other: Case | None, *, persons: bool) -> str:
    parts = []
    if notice is not None and persons:
        parts.append(notice.debtor_full_name)
    if other is not None and case.amount is not None and other.amount is not None:
        both = sorted((other, case), key=lambda each: each.paid_at or each.received_at)
        parts.append(_two(*both))
    elif case.amount is not None and notice is not None and notice.amount != case.amount:
        values = {"due": _money(notice.amount), "came": _money(case.amount)}
        parts.append(_("attesi %(due)s, arrivati %(came)s") % values)
    elif case.psp_name:
        parts.append(case.psp_name)
    return " · ".join(parts)


def _two(first: Case, second: Case) -> str:
    values = {
        "first": _money(first.amount or 0),
        "first_day": _day(first),
        "second": _money(second.amount or 0),
        "second_day": _day(second),
    }
    both = _("%(first)s il %(first_day)s e %(second)s il %(second_day)s") % values
    if first.psp == second.psp:
        return both
    return _("%(both)s, da due banche") % {"both": both}


def _day(case: Case) -> str:
    return day(case.paid_at or case.received_at, words.language.get())


def _money(cents: int) -> str:
    return money(cents, words.language.get())
