"""Models of operators of the console."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gpd_soap.validation.fields import OptionalEmail, Strict, Text100
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.keys import MOST, OrganizationOrAll


def _no_address(text: str) -> str:
    # WHY: an operator signs in by name or by mail address, and one must not be another's other.
    if "@" in text:
        raise rule_error("name", "a name without @")
    return text


class NewOperator(Strict):
    """An operator to invite: who it is, and what he or she may do."""

    name: Annotated[Text100, AfterValidator(_no_address)]
    mail: OptionalEmail = None
    role: Literal["reader", "writer", "admin"]
    organizations: Annotated[list[OrganizationOrAll], Field(min_length=1, max_length=MOST)]
    scopes: list[Literal["persons", "correct", "withdraw", "refund", "load", "configure"]]
