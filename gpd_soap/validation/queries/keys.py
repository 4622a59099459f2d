"""Models of paths and bodies of API keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gpd_soap.core import codes
from gpd_soap.store.access.keys import ALL_ORGANIZATIONS
from gpd_soap.validation.fields import Strict, Text16, Text100, Until
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import QueryModel

#: LIMIT: organizations of one key; a key for more is made for every organization.
MOST = 1000


def _organization(text: str) -> str:
    """Return the code.  Raises a finding unless it is EVERY or the code of an organization."""
    if text != ALL_ORGANIZATIONS and codes.problem_with_fiscal_code_pa(text) is not None:
        raise rule_error(
            "organization-code", f"11 digits, or {ALL_ORGANIZATIONS} for every organization"
        )
    return text


#: The code of an organization, or every organization.
OrganizationOrAll = Annotated[str, AfterValidator(_organization)]


class KeyPath(QueryModel):
    """A path that names a key."""

    id: Text16


class NewKey(Strict):
    """A key to make: the name of its holder, its role, and the organizations that it is for."""

    name: Text100
    role: Literal["reader", "writer", "admin"]
    organizations: Annotated[
        list[OrganizationOrAll],
        Field(max_length=MOST, default_factory=list),
    ]
    expires_at: Annotated[
        Until | None, Field(description="the last day or the date-time of its end, in Rome")
    ] = None
