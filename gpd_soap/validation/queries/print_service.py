"""Models of paths, queries and bodies of pagoPA's service that prints notices.

SPEC: the service's published OpenAPI 0.9.10: names, required fields and lengths.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from gpd_soap.validation.fields import (
    Cents,
    Optional16,
    Optional70,
    Optional140,
    OrganizationCode,
    Prose140,
    Strict,
    Text70,
    Text100,
)
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import QueryModel
from gpd_soap.validation.queries.documents import MOST_NOTICES, Nav

DAY_FORM = "%d/%m/%Y"


def _day(text: str) -> str:
    try:
        exact = f"{datetime.strptime(text, DAY_FORM):{DAY_FORM}}" == text  # noqa: DTZ007  # a day
    except ValueError:
        exact = False
    if not exact:
        raise rule_error("date", "a day such as 31/12/2026")
    return text


DayText = Annotated[str, Field(max_length=10), AfterValidator(_day)]
#: Names a folder or a file; whatever is none of ours is not there.
Name = Annotated[str, Field(max_length=120)]


class SentAmount(Strict):
    """One amount with its notice number: an installment, or one of a traffic fine's two."""

    code: Nav
    amount: Cents
    due_date: DayText | None = None


class SentNotice(Strict):
    """The amounts to print."""

    subject: Annotated[Prose140, Field(max_length=90)]
    payment_amount: Cents | None = None
    due_date: DayText | None = None
    code: Nav | None = None
    installments: Annotated[list[SentAmount], Field(min_length=2)] | None = None
    reduced: SentAmount | None = None
    discounted: SentAmount | None = None


class SentOrganization(Strict):
    """The organization to which the money is due."""

    tax_code: OrganizationCode


class SentDebtor(Strict):
    """The addressee; the parts of the address may be empty."""

    tax_code: Optional16 = None
    full_name: Text70
    address: Optional140
    building_number: Optional16
    postal_code: Optional16
    city: Optional70
    province: Optional70


class SentData(Strict):
    """What is printed."""

    notice: SentNotice
    creditor_institution: SentOrganization
    debtor: SentDebtor


class NoticeItem(Strict):
    """A notice to print by one of the service's templates."""

    template_id: Text100
    data: SentData

    @property
    def organization(self) -> str:
        """The organization's fiscal code."""
        return self.data.creditor_institution.tax_code

    @property
    def amounts(self) -> tuple[tuple[str, int | None, date | None], ...]:
        """Number, cents and due day of each amount; None where it was not sent."""
        notice = self.data.notice
        sent = [*(notice.installments or ()), notice.discounted, notice.reduced]
        single = (notice.code, notice.payment_amount, notice.due_date)
        rest = [(each.code, each.amount, each.due_date) for each in sent if each is not None]
        return tuple((code, cents, day_of(day)) for code, cents, day in [single, *rest] if code)

    @property
    def nav(self) -> str | None:
        """The number by which the notice is named; None if no amount was sent."""
        return next((code for code, _, _ in self.amounts), None)


def day_of(text: str | None) -> date | None:
    """Return the day of a text that was validated."""
    return None if text is None else datetime.strptime(text, DAY_FORM).date()  # noqa: DTZ007  # a day


class NoticeItems(Strict):
    """Notices of one organization to print apart from the request."""

    notices: Annotated[list[NoticeItem], Field(min_length=1, max_length=MOST_NOTICES)]


class IntoFolder(QueryModel):
    """Into which folder a printed notice is put besides."""

    folder_id: Name | None = Field(None, alias="folderId")


class FolderPath(QueryModel):
    """A path that names a folder."""

    folder_id: Name


class FolderErrorPath(FolderPath):
    """A path that names a notice of a folder that was not printed."""

    error_id: Name


class FolderFilePath(FolderPath):
    """A path that names a printed notice of a folder."""

    file_id: Name


class TemplatePath(QueryModel):
    """A path that names a template."""

    template_id: Name


class Signed(QueryModel):
    """A link that was given to a key: until when it is good, and by which key."""

    key: Annotated[Name, Field(description="Id of the key for which the link was made.")]
    expires: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
    signature: Name
