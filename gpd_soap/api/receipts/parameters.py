"""What the paths and the queries on receipts and on the worklist may say."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from gpd_soap.api import problems
from gpd_soap.api.parameters import WHOLE, OfOrganization, Told
from gpd_soap.api.problems import Refused
from gpd_soap.core import rome
from gpd_soap.store.receipts import search as receipts
from gpd_soap.store.receipts import worklist
from gpd_soap.validation.fields import Since, Strict, Text16, Text35, Text500, Until
from gpd_soap.validation.finding import findings

#: SPEC: gpd-reference.md 4.7: how far a window reaches of which one end is known, or none.
MONTHS = 3

# WHY: not by the fields' own types, so that what is wrong with a date is called as GPD calls it.
SINCE: TypeAdapter[datetime] = TypeAdapter(Since)
UNTIL: TypeAdapter[datetime] = TypeAdapter(Until)

Nav = Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="a notice number")]
Codes = Annotated[
    str, Field(pattern=r"^[0-9]{2}(,[0-9]{2})*$", max_length=299, description="two digits each")
]
Moment = Annotated[str, Field(description="a date, or a date-time on Rome's clock")]


class OfIuv(OfOrganization):
    """Which receipt, by its IUV."""

    iuv: Text35


class Segregated(Told):
    """The codes whose notices the caller may see; all where none is named."""

    segregation_codes: Codes | None = Field(None, alias="segregationCodes")

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, one by one."""
        return tuple(self.segregation_codes.split(",")) if self.segregation_codes else ()


class Listing(Segregated):
    """Which page of which receipts."""

    page_num: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = Field(0, alias="pageNum")
    page_size: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(20, alias="pageSize")
    debtor: Text16 | None = Field(None, description="the debtor's code")
    service: Text35 | None = Field(None, description="how the IUV begins")
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    debtor_or_iuv: Text35 | None = Field(
        None, alias="debtorOrIuv", description="how the debtor's code or the IUV begins"
    )

    def wanted(self, now: datetime) -> receipts.Wanted:
        """The question to the store; Refused for a window that makes no sense."""
        since, until = self._window(now)
        if until is not None and since > until:
            raise Refused(problems.INVALID_DATE_RANGE)
        return receipts.Wanted(
            since=since,
            until=until,
            debtor=self.debtor,
            service=self.service,
            debtor_or_iuv=self.debtor_or_iuv,
            segregation=self.codes,
            limit=self.page_size,
            page=self.page_num,
        )

    def _window(self, now: datetime) -> tuple[datetime, datetime | None]:
        since, until = _read(SINCE, "from", self.since), _read(UNTIL, "to", self.until)
        if since is not None:
            return since, until or _moved(since, MONTHS)
        return _moved(until or now, -MONTHS), until


class InWorklist(Told):
    """A worklist: that of what names no organization of ours."""

    @property
    def scope(self) -> worklist.Scope:
        """Whose worklist it is."""
        return None


class OfCase(InWorklist):
    """Which case of a worklist."""

    id: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_~][A-Za-z0-9_~.-]{0,399}$", description="as the list says")
    ]


class InOrganization(InWorklist, OfOrganization):
    """An organization's worklist."""

    @property
    def scope(self) -> worklist.Scope:
        """Whose worklist it is."""
        return self.organizationfiscalcode


class OfCaseInOrganization(InOrganization, OfCase):
    """Which case of an organization's worklist."""


class Cases(Told):
    """Which page of which cases."""

    kind: Literal["unmatched", "double", "conflicting", "review", "quarantine"] | None = None
    resolved: Literal["false", "true", "all"] = "false"
    nav: Nav | None = None
    iuv: Text35 | None = None
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def wanted(self) -> worklist.Wanted:
        """The question to the store."""
        resolved = None if self.resolved == "all" else self.resolved == "true"
        return worklist.Wanted(self.kind, resolved, self.nav, self.iuv, self.limit, self.page)


class Note(Strict):
    """What was decided on a case, in words."""

    note: Text500


class Match(Strict):
    """The notice that a case pays, where a person says it; else the one that it names."""

    nav: Nav | None = None


def _read(kind: TypeAdapter[datetime], name: str, told: str | None) -> datetime | None:
    if told is None:
        return None
    try:
        return kind.validate_python(told)
    except ValidationError as error:
        raise Refused(problems.INVALID_DATE_RANGE, findings(error, name)) from None


def _moved(instant: datetime, months: int) -> datetime:
    """The same time of the same day, months later or earlier, or of the last day of that month."""
    local = instant.astimezone(rome.ROME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
