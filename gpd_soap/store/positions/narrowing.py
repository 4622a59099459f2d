"""What a list of notices is narrowed to: states, and due dates."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_

from gpd_soap.core.searching.notice_state import NoticeState
from gpd_soap.store.rows import OPTION, Organization
from gpd_soap.store.states import in_notice_state


class Narrowing(NamedTuple):
    """Any of these states, due between two instants; empty or None where nothing is narrowed."""

    states: tuple[NoticeState, ...] = ()
    due_since: datetime | None = None
    due_until: datetime | None = None

    def of_states(self, organization: Organization, now: datetime) -> list[ColumnElement[bool]]:
        """SQL conditions: the notice is in one of the states at `now`."""
        states = [in_notice_state(organization, state, now) for state in self.states]
        return [or_(*states)] if states else []

    def of_due_dates(self) -> list[ColumnElement[bool]]:
        """SQL conditions: the notice is due between the instants."""
        conditions = []
        if self.due_since is not None:
            conditions.append(OPTION.due_at >= self.due_since)
        if self.due_until is not None:
            conditions.append(OPTION.due_at <= self.due_until)
        return conditions
