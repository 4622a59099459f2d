"""The models of the bodies about loads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, ResponseModel, RomeTime
from gpd_soap.core.actor import ActorKind
from gpd_soap.validation.queries.loads import Confirmation, LoadAnswers, TakingBack


class Reading(ResponseModel):
    """As what a file is read; `missing` and a missing unit wait for an answer."""

    digest: str
    kind: Literal["csv", "xlsx"]
    encoding: str
    separator: str | None = None
    records: Count
    amounts: Literal["cents", "euro"] | None = None
    dates: Literal["iso", "day"]
    columns: list[str]
    values: dict[str, str]
    missing: list[str]


class BrokenRule(ResponseModel):
    """A rule that lines of a file break, and how many."""

    field: str
    rule: str
    lines: Count
    is_warning: bool


class TakenBack(ResponseModel):
    """How many positions were taken back, and how many stay for each reason."""

    deleted: Count | None = None
    withdrawn: Count | None = None
    paid: Count | None = None
    changed: Count | None = None
    stays: Count | None = None
    gone: Count | None = None


class Load(ResponseModel):
    """A file of positions, and what became of it; amounts are in cents."""

    id: str
    name: str
    digest: str
    size: Count
    state: Literal[
        "received",
        "trial",
        "trialled",
        "loading",
        "loaded",
        "stopped",
        "cancelled",
        "undoing",
        "undone",
        "interrupted",
    ]
    reading: Reading
    rows: Count
    ready: Count
    present: Count
    refused: Count
    warned: Count
    ready_cents: Count
    present_cents: Count
    refused_cents: Count
    without_amount: Count
    rules: list[BrokenRule]
    taken_back: TakenBack | None = None
    job: str | None = None
    done: Count | None = None
    total: Count | None = None
    last_error: str | None = None
    created_at: RomeTime
    loaded_at: RomeTime | None = None
    ended_at: RomeTime | None = None
    actor_kind: ActorKind
    actor: str


class Loads(ResponseModel):
    """A page of loads, the newest first."""

    loads: list[Load]
    limit: Count
    next_cursor: Annotated[str | None, Field(alias="next_cursor")] = None


class LoadLine(ResponseModel):
    """A position of a file by its first line, or what is wrong with a line."""

    line: Count
    iupd: str | None = None
    outcome: (
        Literal[
            "loaded",
            "present",
            "refused",
            "deleted",
            "withdrawn",
            "paid",
            "changed",
            "stays",
            "gone",
        ]
        | None
    ) = None
    field: str | None = None
    rule: str | None = None
    expected: str | None = None


class LoadLines(ResponseModel):
    """A page of the lines of a load, in the order of the file."""

    lines: list[LoadLine]
    limit: Count
    next_cursor: Annotated[str | None, Field(alias="next_cursor")] = None


MODELS = (Load, Loads, LoadLines, LoadAnswers, Confirmation, TakingBack)
