"""Errors of the store on which an operator must act."""

from __future__ import annotations

from gpd_soap.core.errors import OperatorError

#: PostgreSQL's code for a deadlock, such as with the creation of a partition.
DEADLOCK = "40P01"


class StoreError(OperatorError):
    """A failure of the database on which an operator must act."""

    hint = "check GPD_DATABASE_URL, then run `gpd-soap health`"


class UnusableDatabase(StoreError):
    """The database address is one that we cannot use."""


class StaleSchema(StoreError):
    """The database lacks tables that this version needs."""

    hint = "run `gpd-soap db upgrade`"


class LaterSchema(StaleSchema):
    """The database has the tables of a later version."""

    hint = (
        "run the version that upgraded the database, or a later one; if another program did,"
        " give gpd-soap a database of its own"
    )


class LocksHeld(StoreError):
    """Other sessions kept a lock on a table that a command changes."""

    hint = (
        "see who is at work: SELECT pid, application_name, xact_start FROM pg_stat_activity"
        " ORDER BY xact_start; when the oldest have ended, run the command again"
    )


class Contended(StoreError):
    """Other sessions kept changing the same position; the sender must try again."""


class AlreadyStored(StoreError):
    """A key that should be new is in the store already."""

    hint = (
        "an organization can use each NAV and IUV only once, even after a deletion,"
        " and an IUPD for one position at a time"
    )


class QuarantineFull(StoreError):
    """Too many messages wait in quarantine; the sender must keep its message."""

    hint = "resolve the messages of no organization on the worklist"


def sqlstate(error: BaseException | None) -> str | None:
    """Returns PostgreSQL's code for an error of the driver, or for SQLAlchemy's of that error.

    It is None for any other error, and where no server has answered.
    """
    code: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return code
