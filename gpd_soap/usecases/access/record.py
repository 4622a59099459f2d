"""Records a change in the audit, in the transaction of the change.

Use cases call a `Record`.  The API passes none: it writes its rows after the answer, because a
refused request leaves one too.
"""

from __future__ import annotations

from typing import Protocol

from gpd_soap.clock import Clock
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import NOTHING, ActorKind, Change, Subject
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.tables import audit as table
from gpd_soap.store.tables.base import truncate


class Record(Protocol):
    """Writes what was changed; `organization` is NOT_GIVEN if the change is of none or many."""

    def __call__(
        self, connection: Transaction, subject: Subject = NOTHING, organization: str = NOT_GIVEN
    ) -> None:
        """Write the row of a change."""


def unrecorded(
    connection: Transaction, subject: Subject = NOTHING, organization: str = NOT_GIVEN
) -> None:
    """Write nothing; a `Record`."""


class CommandRecord:
    """Makes the rows of a command, and writes those of its changes; a `Record`."""

    def __init__(self, user: str, command: str, clock: Clock) -> None:
        """`user` is the user of the machine, `command` the words after the program's name."""
        self._user, self._command, self._clock = user, command, clock

    def __call__(
        self, connection: Transaction, subject: Subject = NOTHING, organization: str = NOT_GIVEN
    ) -> None:
        """Write the row of a change."""
        audit.write_change(connection, self.row(audit.COMMAND, subject, organization))

    def row(self, method: str, subject: Subject, organization: str) -> Change:
        """Return the row of a change, audit.COMMAND, or of a reading, audit.READ."""
        return Change(
            organization=organization,
            requested_at=self._clock(),
            key_id=NOT_GIVEN,
            key_name=NOT_GIVEN,
            method=method,
            path=self._command,
            status=0,
            request_id=NOT_GIVEN,
            actor_kind=ActorKind.COMMAND,
            actor=truncate(self._user, table.c.actor),
            **subject._asdict(),
        )
