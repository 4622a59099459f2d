"""Models of paths and bodies of subscriptions to events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gpd_soap.validation.fields import Strict
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import WHOLE, OrganizationPath
from gpd_soap.validation.queries.events import LARGEST_CURSOR, check_type

#: LIMIT: 10,000 events of one replay, as many as an hour of one lane may hold.
MOST_REPLAYED = 10_000

#: A name of the settings' TLS files; empty for none.
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")]
Sequence = Annotated[int, Field(ge=1, le=LARGEST_CURSOR)]


class SubscriptionPath(OrganizationPath):
    """A path that names a subscription."""

    id: Annotated[str, Field(pattern=r"^sub_[0-9a-f]{32}$")]


class ParkedPath(SubscriptionPath):
    """A path that names a parked event by its number."""

    sequence: Annotated[int, Field(ge=1, le=999_999_999), WHOLE]


class SubscriptionFields(Strict):
    """Where an organization's events are sent, which of them, and how."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    types: Annotated[
        list[Annotated[str, AfterValidator(check_type)]], Field(max_length=50, default_factory=list)
    ]
    format: Literal["cloudevents", "pu", "govpay2"] = "cloudevents"
    lanes: Annotated[int, Field(ge=1, le=8)] = 1
    with_receipt: bool = False
    certificate: FileName = ""
    authority: FileName = ""


class Replay(Strict):
    """Which events to send again: those of a range of numbers, or those that were given up."""

    start: Annotated[Sequence | None, Field(alias="from")] = None
    end: Annotated[Sequence | None, Field(alias="to")] = None
    dead: bool = False

    @model_validator(mode="after")
    def _is_one_choice(self) -> Replay:
        """Refuse a body that is neither a whole range nor the dead ones."""
        if self.dead:
            if self.start is not None or self.end is not None:
                raise rule_error("choice", "either from and to, or dead")
            return self
        if self.start is None or self.end is None:
            raise rule_error("choice", "either from and to, or dead")
        if not 0 <= self.end - self.start < MOST_REPLAYED:
            raise rule_error("range", f"at most {MOST_REPLAYED} events, from before to")
        return self
