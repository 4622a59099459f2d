"""The queries of the feed of events."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from gpd_soap.core.event import EventType
from gpd_soap.validation.fields import OrganizationCode
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import WHOLE, QueryModel

LATEST = "latest"
#: LIMIT: the numbers of events have 63 bits.
LARGEST_CURSOR = 2**63 - 1
#: LIMIT: 1,000 events of a page, which is held in memory.
MOST_EVENTS = 1000
#: Every type, and the beginning of every group of types.
KNOWN = frozenset(EventType) | {f"{each.partition('.')[0]}." for each in EventType}
#: LIMIT: characters of a list of types, more than all of them together.
LONGEST_TYPES = 1000


def check_type(name: str) -> str:
    """Returns a type; raises a rule's error if it is neither a type nor a group of them."""
    if name not in KNOWN:
        raise rule_error("type", "names of event types, or groups of them such as receipt.")
    return name


def _known_types(text: str) -> str:
    for name in filter(None, text.split(",")):
        check_type(name)
    return text


def _cursor(text: str) -> str:
    if text == LATEST or (text.isascii() and text.isdigit() and int(text) <= LARGEST_CURSOR):
        return text
    raise rule_error("cursor", "a cursor of an answer, or latest")


Cursor = Annotated[str, Field(max_length=19), AfterValidator(_cursor)]
Limit = Annotated[int, Field(ge=1, le=MOST_EVENTS), WHOLE]


class EventsQuery(QueryModel):
    """The query of a page of a feed."""

    cursor: Cursor | None = Field(
        None,
        description="`next_cursor` of the page before; none for the oldest event kept; `latest` for"
        " the newest cursor without events",
    )
    limit: Limit = 100
    types: Annotated[str, Field(max_length=LONGEST_TYPES), AfterValidator(_known_types)] = Field(
        "", description="types parted by commas; `receipt.` is every type that begins so"
    )

    def names(self) -> tuple[str, ...]:
        """Return the types."""
        return tuple(filter(None, self.types.split(",")))


class FeedsQuery(QueryModel):
    """The query of a page of feeds."""

    cursor: OrganizationCode | None = Field(None, description="`next_cursor` of the page before")
    limit: Limit = 100
