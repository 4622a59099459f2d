"""Who did something: the Node, a key, an operator, a command, a job or the clock."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ActorKind(StrEnum):
    """What kind of actor did something."""

    NODE = "node"
    KEY = "key"
    OPERATOR = "operator"
    COMMAND = "command"
    JOB = "job"
    CLOCK = "clock"


class Actor(NamedTuple):
    """Who did something: `id` is unique within the kind.

    It is the id of a key or an operator, the user of a command, the name of a job, or the Node's
    station.
    """

    kind: ActorKind
    id: str


class Origin(StrEnum):
    """How a position came: by a person or a back office, with a file, or by a demand."""

    API = "api"
    LOAD = "load"
    DEMAND = "demand"
