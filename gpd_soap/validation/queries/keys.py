"""What may be said of keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gpd_soap.core import codes
from gpd_soap.store.access.keys import EVERY
from gpd_soap.validation.fields import Strict, Text16, Text100
from gpd_soap.validation.finding import broken
from gpd_soap.validation.queries.common import QueryModel

#: LIMIT: a key for more organizations than this is best for every one.
MOST = 1000


def _whose(text: str) -> str:
    if text != EVERY and codes.problem_with_fiscal_code_pa(text) is not None:
        raise broken("organization-code", f"11 digits, or {EVERY} for every organization")
    return text


class OfKey(QueryModel):
    """Which key."""

    id: Text16


class NewKey(Strict):
    """A key to be made: whose it is, what it lets its holder do, and for which organizations."""

    name: Text100
    role: Literal["reader", "writer", "admin"]
    organizations: Annotated[
        list[Annotated[str, AfterValidator(_whose)]], Field(max_length=MOST, default_factory=list)
    ]
