"""The filters of the list of notices as its address has them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from gpd_soap.console.days import filter_day
from gpd_soap.console.words import N_
from gpd_soap.core import rome
from gpd_soap.core.searching.notice_state import NoticeState
from gpd_soap.core.text import clean
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import NoticeKey
from gpd_soap.validation.queries.cursors import notice_key

#: LIMIT: characters of a text that is sought.
LONGEST_TEXT = 500
EIGHT_WEEKS = timedelta(weeks=8)
DECEMBER = 12

#: The states that a person chooses, with the words and the states of the core.
STATES: dict[str, tuple[str, tuple[NoticeState, ...]]] = {
    "": (N_("Tutti"), ()),
    "payable": (N_("Da pagare"), (NoticeState.PAYABLE,)),
    "expired": (N_("Scaduti"), (NoticeState.EXPIRED,)),
    "paid": (N_("Pagati"), (NoticeState.PAID, NoticeState.REPORTED)),
    "not-yet-valid": (N_("Non ancora validi"), (NoticeState.NOT_YET_VALID,)),
    "draft": (N_("In bozza"), (NoticeState.DRAFT,)),
    "withdrawn": (N_("Ritirati"), (NoticeState.WITHDRAWN,)),
    "excluded": (N_("Esclusi"), (NoticeState.EXCLUDED,)),
}
#: The ranges of due dates that a person chooses.
DUE: dict[str, str] = {
    "": N_("Quando che sia"),
    "this-month": N_("Questo mese"),
    "last-month": N_("Mese scorso"),
    "next": N_("Prossime 8 settimane"),
    "this-year": N_("Quest’anno"),
    "last-year": N_("Anno scorso"),
    "days": N_("Dal… al…"),
}


class Filters(NamedTuple):
    """The text that is sought, and what the list is narrowed to.

    `kind` is what the text is to be taken for, "" for the most likely.  `since` and `until` are
    the days of a range of one's own.
    """

    text: str = ""
    kind: str = ""
    state: str = ""
    due: str = ""
    since: str = ""
    until: str = ""
    after: NoticeKey | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether state or due date is chosen."""
        return bool(self.state or self.due)

    def narrowing(self, now: datetime) -> Narrowing:
        """Return what the list is narrowed to."""
        first, last = self._days(rome.day_of(now))
        since = None if first is None else rome.end_of_day(first - timedelta(days=1))
        until = None if last is None else rome.end_of_day(last)
        return Narrowing(STATES[self.state][1], since, until)

    def address(self) -> dict[str, str]:
        """Return the parts of the address, without the place in the list."""
        fields = {"q": self.text, "kind": self.kind, "state": self.state, "due": self.due}
        fields |= {"from": self.since, "to": self.until}
        return {name: value for name, value in fields.items() if value}

    def _days(self, today: date) -> tuple[date | None, date | None]:
        """Returns the first and the last day of the range."""
        month = today.replace(day=1)
        before = (month - timedelta(days=1)).replace(day=1)
        ranges = {
            "this-month": (month, _last(month)),
            "last-month": (before, _last(before)),
            "next": (today, today + EIGHT_WEEKS),
            "this-year": (today.replace(month=1, day=1), today.replace(month=DECEMBER, day=31)),
            "last-year": (date(today.year - 1, 1, 1), date(today.year - 1, DECEMBER, 31)),
            "days": (_day(self.since), _day(self.until)),
        }
        return ranges.get(self.due, (None, None))


def filters_of(query: Mapping[str, str]) -> Filters:
    """Return the filters of an address; what is no filter is left out."""
    since, until = (_iso(query.get(name, "")) for name in ("from", "to"))
    due = query.get("due", "")
    if not due and (since or until):
        due = "days"
    return Filters(
        text=clean(query.get("q", "")[:LONGEST_TEXT]),
        kind=query.get("kind", ""),
        state=query.get("state", "") if query.get("state", "") in STATES else "",
        due=due if due in DUE else "",
        since=since,
        until=until,
        after=_key(query.get("after", "")),
    )


def _key(cursor: str) -> NoticeKey | None:
    try:
        return notice_key(cursor)
    except ValueError:
        return None


def _iso(text: str) -> str:
    day = _day(text)
    return "" if day is None else day.isoformat()


def _day(text: str) -> date | None:
    try:
        return filter_day(text)
    except ValueError:
        return None


def _last(day: date) -> date:
    """Returns the last day of a month."""
    return day.replace(day=monthrange(day.year, day.month)[1])
