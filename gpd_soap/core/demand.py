"""A spontaneous payment: what is asked for at a counter, and the notice made for it."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.payment import NoticeDue


class Demand(NamedTuple):
    """A request for a notice; `data` is the service's own XML, as bytes from outside."""

    claim: NodeRoute
    service_id: str
    subject_id: str
    data: bytes


class NoticeIssued(NamedTuple):
    """The notice that was made, or made before for the same demand."""

    due: NoticeDue
    again: bool

    @property
    def rule(self) -> str:
        """The decision in words, for the journal."""
        return "demand: the notice made before" if self.again else "demand: a new notice"
