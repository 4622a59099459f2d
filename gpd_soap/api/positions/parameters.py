"""What the paths and the queries of GPD's position API may say."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field

from gpd_soap.api import problems
from gpd_soap.api.problems import Refused
from gpd_soap.core import rome
from gpd_soap.core.state import PositionState
from gpd_soap.store.positions.search import MOST_BY_STATUS, PositionQuery, Window
from gpd_soap.usecases.positions.manage import IUPDS
from gpd_soap.validation.fields import Iban, Since, Strict, Text35, Text255
from gpd_soap.validation.finding import FieldError, broken
from gpd_soap.validation.queries.common import WHOLE, Day, Flag, OfOrganization, Paged, QueryModel

#: SPEC: gpd-reference.md 3: the longest interval of a list, and that of one bound alone.
MOST_DAYS = 30
MOST_TRANSFERS = 1000

When = TypeVar("When", date, datetime)


def _once(iupds: list[str]) -> list[str]:
    if len(set(iupds)) < len(iupds):
        raise broken("duplicate", "each position once")
    return iupds


class PositionPath(OfOrganization):
    """Which position."""

    iupd: Text255


class OfIuv(OfOrganization):
    """Which notice, by its IUV."""

    iuv: Text35


class OfNav(OfOrganization):
    """Which notice, by its number."""

    nav: Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="the notice number")]


class OfTransfer(OfIuv):
    """Which transfer of a notice."""

    transferid: Text35


DRY_RUN = Field(False, alias="dryRun", description="say what would happen, keep nothing")


class Creating(QueryModel):
    """How to create."""

    to_publish: Flag = Field(False, alias="toPublish", description="publish it at once")
    dry_run: Flag = DRY_RUN
    lenient: Flag = Field(False, description="let odd notice numbers pass; for administrators")


class Updating(Creating):
    """How to update."""

    to_publish: Flag = Field(False, alias="toPublish", description="publish it if it is a draft")


class Deleting(QueryModel):
    """How to delete."""

    dry_run: Flag = DRY_RUN


class PositionsToDelete(Strict):
    """What is to be deleted, each once."""

    payment_position_iupds: Annotated[
        list[Text255], Field(min_length=1, max_length=20), AfterValidator(_once)
    ] = Field(alias=IUPDS)


class ChangingAccount(QueryModel):
    """Which transfers get another account."""

    old_iban: Text35 = Field(alias="oldIban")
    limit: Annotated[int, Field(ge=1, le=MOST_TRANSFERS), WHOLE] = MOST_TRANSFERS


class NewAccount(Strict):
    """The account that they get."""

    new_iban: Iban


class PaidElsewhere(Strict):
    """When a notice was paid at the creditor's; now, where nothing is said."""

    payment_date: Since | None = None


ORDERS = {
    "INSERTED_DATE": "inserted",
    "IUPD": "iupd",
    "STATUS": "status",
    "COMPANY_NAME": "company",
}


class Listing(Paged):
    """Which page of which positions."""

    due_date_from: Day | None = None
    due_date_to: Day | None = None
    payment_date_from: Day | None = None
    payment_date_to: Day | None = None
    payment_date_time_from: Since | None = None
    payment_date_time_to: Since | None = None
    status: PositionState | None = None
    orderby: Literal["INSERTED_DATE", "IUPD", "STATUS", "COMPANY_NAME"] = "INSERTED_DATE"
    ordering: Literal["ASC", "DESC"] = "DESC"

    def wanted(self) -> PositionQuery:
        """The question to the store; Refused for intervals that GPD does not take."""
        due = _days(self.due_date_from, self.due_date_to)
        paid = _days(self.payment_date_from, self.payment_date_to)
        moments = _interval(self.payment_date_time_from, self.payment_date_time_to)
        if sum(window is not None for window in (due, paid, moments)) > 1:
            error = FieldError("", "exclusive", "due dates, payment dates or times, one of them")
            raise Refused(problems.BAD_REQUEST, [error])
        reached = (self.page + 1) * self.limit
        if self.orderby == "STATUS" and self.status is None and reached > MOST_BY_STATUS:
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
        )


def _days(first: date | None, last: date | None) -> Window | None:
    """Whole days, in Rome."""
    days = _interval(first, last)
    if days is None:
        return None
    return datetime.combine(days[0], time.min, rome.ROME), rome.end_of_day(days[1])


def _interval(first: When | None, last: When | None) -> tuple[When, When] | None:
    """Two bounds out of two, or of one alone; Refused for those that GPD does not take."""
    longest = timedelta(days=MOST_DAYS)
    if first is None:
        if last is None:
            return None
        first = last - longest
    last = last or first + longest
    if not timedelta(0) <= last - first <= longest:
        raise Refused(problems.NOT_RECOVERABLE)
    return first, last
