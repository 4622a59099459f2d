"""The instants before which rows are old: one for all organizations, others for some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, true


class Until(NamedTuple):
    """The instant before which rows are old, and those of organizations with their own."""

    instant: datetime
    of: Mapping[str, datetime] = {}

    @property
    def earliest(self) -> datetime:
        """The instant before which the rows of every organization are old."""
        return min(self.instant, *self.of.values()) if self.of else self.instant

    def of_organization(self, organization: str) -> datetime:
        """Returns the instant of an organization."""
        return self.of.get(organization, self.instant)

    def scopes(self, organization: Any) -> Iterator[tuple[ColumnElement[bool], datetime]]:
        """Yields a condition on the column of the organization, and the instant that goes with it.

        Each row meets one of the conditions.
        """
        yield organization.not_in(list(self.of)) if self.of else true(), self.instant
        for code, instant in self.of.items():
            yield organization == code, instant
