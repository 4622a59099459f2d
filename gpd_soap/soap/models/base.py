"""The base class and the members of the contract's types as Spyne models."""

from __future__ import annotations

from typing import Any

from spyne import ComplexModel, Integer

NAMESPACE = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
COMMON = "http://pagopa-api.pagopa.gov.it/xsd/common-types/v1.0.0/"

# SPEC: XSD: paForNode.xsd has no elementFormDefault, so children have no namespace.
LOCAL: dict[str, Any] = {"sub_ns": "", "nillable": False}


class Amount(Integer):
    """An amount of euro: integer cents in memory, two decimals on the wire."""


def req(kind: Any, **more: Any) -> Any:
    """Return a mandatory member."""
    return kind.customize(min_occurs=1, max_occurs=1, **LOCAL, **more)


def opt(kind: Any, **more: Any) -> Any:
    """Return an optional member."""
    return kind.customize(min_occurs=0, max_occurs=1, **LOCAL, **more)


def many(kind: Any, most: int) -> Any:
    """Return a member that occurs once to `most` times."""
    return kind.customize(min_occurs=1, max_occurs=most, **LOCAL)


class Model(ComplexModel):
    """A type of the contract; members that are not given are None."""

    __namespace__ = NAMESPACE

    def __init__(self, **members: Any) -> None:
        """Take the members by name."""
        # WHY: Spyne's constructor checks every member of each message, which the schema has done.
        self.__dict__ = members
