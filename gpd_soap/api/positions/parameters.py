"""The paths, queries and small bodies of GPD's API for positions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field

from gpd_soap.api import problems
from gpd_soap.api.problems import Refused
from gpd_soap.core import rome
from gpd_soap.core.state import PositionState
from gpd_soap.store.positions.keyset import PositionKey
from gpd_soap.store.positions.search import MOST_BY_STATUS, PositionQuery, Window
from gpd_soap.usecases.positions.manage import IUPDS
from gpd_soap.validation.fields import Fee, Iban, Since, Strict, Text35, Text255
from gpd_soap.validation.finding import FieldError, rule_error
from gpd_soap.validation.queries import cursors
from gpd_soap.validation.queries.common import (
    WHOLE,
    Day,
    Flag,
    OrganizationPath,
    Paged,
    QueryModel,
    SegregationCodes,
)

#: LIMIT: 100 positions in one request, as in GPD.
MOST_POSITIONS = 100
#: LIMIT: 30 days between the dates of a list, as in GPD; also the window of one date alone.
MOST_DAYS = 30
#: LIMIT: 1000 transfers of which one request changes the account, as in GPD.
MOST_TRANSFERS = 1000

When = TypeVar("When", date, datetime)


def _unique(iupds: list[str]) -> list[str]:
    if len(set(iupds)) < len(iupds):
        raise rule_error("duplicate", "each position once")
    return iupds


class PositionPath(OrganizationPath):
    """A position."""

    iupd: Text255


class OfIuv(OrganizationPath):
    """A notice, by its IUV."""

    iuv: Text35


class OfNav(OrganizationPath):
    """A notice, by its number or its IUV."""

    nav: Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="Notice number (NAV), or IUV.")]


class OfTransfer(OfIuv):
    """A transfer of a notice."""

    transferid: Text35


DRY_RUN = Field(False, alias="dryRun", description="Return what would happen, and store nothing.")


class Creating(SegregationCodes):
    """Options of a creation."""

    to_publish: Flag = Field(False, alias="toPublish", description="Publish the position at once.")
    dry_run: Flag = DRY_RUN
    lenient: Flag = Field(False, description="Accept unusual notice numbers; for administrators.")


class Updating(Creating):
    """Options of an update."""

    to_publish: Flag = Field(
        False, alias="toPublish", description="Publish the position if it is a draft."
    )


class Deleting(SegregationCodes):
    """Options of a deletion."""

    dry_run: Flag = DRY_RUN


class PositionsToDelete(Strict):
    """The positions to delete, each once."""

    payment_position_iupds: Annotated[
        list[Text255], Field(min_length=1, max_length=20), AfterValidator(_unique)
    ] = Field(alias=IUPDS)


class ChangingAccount(QueryModel):
    """The transfers that get another account."""

    old_iban: Text35 = Field(alias="oldIban")
    limit: Annotated[int, Field(ge=1, le=MOST_TRANSFERS), WHOLE] = MOST_TRANSFERS


class NewAccount(Strict):
    """The account that the transfers get."""

    new_iban: Iban


class NotificationFee(Strict):
    """What the notification of a notice has cost so far."""

    notification_fee: Fee


class PaidElsewhere(Strict):
    """The instant at which the creditor was paid; without it, now."""

    payment_date: Since | None = None


ORDERS = {
    "INSERTED_DATE": "inserted",
    "IUPD": "iupd",
    "STATUS": "status",
    "COMPANY_NAME": "company",
}


class Listing(Paged, SegregationCodes):
    """A page of a list of positions."""

    due_date_from: Day | None = None
    due_date_to: Day | None = None
    payment_date_from: Day | None = None
    payment_date_to: Day | None = None
    payment_date_time_from: Since | None = None
    payment_date_time_to: Since | None = None
    status: PositionState | None = None
    orderby: Literal["INSERTED_DATE", "IUPD", "STATUS", "COMPANY_NAME"] = "INSERTED_DATE"
    ordering: Literal["ASC", "DESC"] = "DESC"
    cursor: Annotated[str, Field(max_length=cursors.LONGEST)] | None = Field(
        None, description="`next_cursor` of the page before, or `first`; not with page"
    )

    @property
    def after(self) -> PositionKey | None:
        """The place after which the page begins.  Raises Refused for a cursor of another list."""
        if self.page or (self.orderby == "STATUS" and self.status is None):
            raise _wrong_cursor("no page, and a status for a list by STATUS")
        by_instant = self.orderby == "INSERTED_DATE"
        try:
            return cursors.position_key(self.cursor or "", by_instant=by_instant)
        except ValueError:
            raise _wrong_cursor("`next_cursor` of the page before, or `first`") from None

    def position_query(self) -> PositionQuery:
        """Returns the query to the store.  Raises Refused for intervals that GPD does not take."""
        due = _days(self.due_date_from, self.due_date_to)
        paid = _days(self.payment_date_from, self.payment_date_to)
        moments = _interval(self.payment_date_time_from, self.payment_date_time_to)
        if sum(window is not None for window in (due, paid, moments)) > 1:
            error = FieldError("", "exclusive", "due dates, payment dates or times, one of them")
            raise Refused(problems.BAD_REQUEST, [error])
        last_row = (self.page + 1) * self.limit
        if self.orderby == "STATUS" and self.status is None and last_row > MOST_BY_STATUS:
            expected = (
                f"a page of the first {MOST_BY_STATUS} positions;"
                " those after them are listed by another orderby, or by status"
            )
            raise Refused(problems.BAD_REQUEST, [FieldError("page", "range", expected)])
        return PositionQuery(
            due=due,
            paid=paid or moments,
            state=self.status,
            order=ORDERS[self.orderby],
            descending=self.ordering == "DESC",
            limit=self.limit,
            page=self.page,
            segregation=self.codes,
        )


def _wrong_cursor(expected: str) -> Refused:
    return Refused(problems.BAD_REQUEST, [FieldError("cursor", "cursor", expected)])


def _days(first: date | None, last: date | None) -> Window | None:
    """Returns the window of whole days in Rome; None without dates."""
    days = _interval(first, last)
    if days is None:
        return None
    return datetime.combine(days[0], time.min, rome.ROME), rome.end_of_day(days[1])


def _interval(first: When | None, last: When | None) -> tuple[When, When] | None:
    """Returns both bounds, also of one bound alone; None without bounds.

    Raises Refused for an interval that GPD does not take.
    """
    longest = timedelta(days=MOST_DAYS)
    if first is None:
        if last is None:
            return None
        first = last - longest
    last = last or first + longest
    if not timedelta(0) <= last - first <= longest:
        raise Refused(problems.NOT_RECOVERABLE)
    return first, last
