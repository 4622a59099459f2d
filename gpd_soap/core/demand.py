"""Spontaneous payments: the demand made at a PSP, and the notice issued for it.

Source: Spontaneous payments, rules 1 to 3.
"""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.payment import NoticeDue


class Demand(NamedTuple):
    """A request for a notice; `data` is the XML of the service, unchecked."""

    route: NodeRoute
    service_id: str
    subject_id: str
    data: bytes


class NoticeIssued(NamedTuple):
    """The notice for a demand; `again` is true if an earlier, equal demand issued it."""

    due: NoticeDue
    again: bool

    @property
    def rule(self) -> str:
        """The decision as text, for the journal."""
        return "demand: the notice made before" if self.again else "demand: a new notice"
