"""What the paths and the queries on receipts and on the worklist may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.store.receipts import worklist
from gpd_soap.validation.fields import Strict, Text16, Text35, Text500
from gpd_soap.validation.queries.common import WHOLE, OfOrganization, QueryModel

Nav = Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="a notice number")]
Codes = Annotated[
    str, Field(pattern=r"^[0-9]{2}(,[0-9]{2})*$", max_length=299, description="two digits each")
]
Moment = Annotated[str, Field(description="a date, or a date-time on Rome's clock")]


class OfIuv(OfOrganization):
    """Which receipt, by its IUV."""

    iuv: Text35


class Segregated(QueryModel):
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


class InWorklist(QueryModel):
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


class Cases(QueryModel):
    """Which page of which cases."""

    kind: Literal["unmatched", "double", "conflicting", "review", "quarantine"] | None = None
    resolved: Literal["false", "true", "all"] = "false"
    nav: Nav | None = None
    iuv: Text35 | None = None
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def wanted(self) -> worklist.CaseQuery:
        """The question to the store."""
        resolved = None if self.resolved == "all" else self.resolved == "true"
        return worklist.CaseQuery(self.kind, resolved, self.nav, self.iuv, self.limit, self.page)


class Note(Strict):
    """What was decided on a case, in words."""

    note: Text500


class Match(Strict):
    """The notice that a case pays, where a person says it; else the one that it names."""

    nav: Nav | None = None
