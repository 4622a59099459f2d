"""Records in the audit what a command changes, in the transaction of the change, or reads.

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
    """Writes the rows of a command; a `Record`."""

    def __init__(self, user: str, command: str, clock: Clock, method: str = audit.COMMAND) -> None:
        """`user` is the user of the machine, `command` the words after the program's name.

        `method` is audit.READ for a command that reads a person's data.
        """
        self._user, self._command, self._clock, self._method = user, command, clock, method

    def __call__(
        self, connection: Transaction, subject: Subject = NOTHING, organization: str = NOT_GIVEN
    ) -> None:
        """Write the row."""
        change = Change(
            organization=organization,
            requested_at=self._clock(),
            key_id=NOT_GIVEN,
            key_name=NOT_GIVEN,
            method=self._method,
            path=self._command,
            status=0,
            request_id=NOT_GIVEN,
            actor_kind=ActorKind.COMMAND,
            actor=truncate(self._user, table.c.actor),
            **subject._asdict(),
        )
        audit.write_change(connection, change)
