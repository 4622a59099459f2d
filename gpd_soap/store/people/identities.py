"""The identities of operators at an OpenID provider: an issuer and a subject."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.people.operators import OPERATOR, Operator, columns, operator_of

IDENTITY = tables.operator_identity.c


class Identity(NamedTuple):
    """An identity; the rights of a `managed` operator come from the provider at each sign-in."""

    id: str
    operator: str
    issuer: str
    subject: str
    managed: bool
    created_at: datetime
    last_used_at: datetime | None = None


def add(connection: Connection, identity: Identity) -> bool:
    """Insert an identity; return False if it is somebody's.

    The transaction cannot go on after that.
    """
    try:
        connection.execute(insert(tables.operator_identity), identity._asdict())
    except IntegrityError as error:
        if is_duplicate(error):
            return False
        raise
    return True


def with_operator(
    connection: Connection, issuer: str, subject: str
) -> tuple[Identity, Operator] | None:
    """Return an identity and its operator, also a suspended one, or None."""
    statement = (
        select(*_columns(), *columns())
        .join_from(tables.operator_identity, tables.operator, IDENTITY.operator == OPERATOR.id)
        .where(IDENTITY.issuer == issuer, IDENTITY.subject == subject)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    width = len(Identity._fields)
    return Identity._make(row[:width]), operator_of(row[width:])


def of(connection: Connection, operator_id: str) -> list[Identity]:
    """Return the identities of an operator, the oldest first."""
    statement = select(*_columns()).where(IDENTITY.operator == operator_id)
    rows = connection.execute(statement.order_by(IDENTITY.created_at, IDENTITY.id))
    return [Identity._make(row) for row in rows]


def use(connection: Connection, identity_id: str, now: datetime) -> None:
    """Store the instant of a use."""
    used = update(tables.operator_identity).where(IDENTITY.id == identity_id)
    connection.execute(used.values(last_used_at=now))


def remove(connection: Connection, operator_id: str, identity_id: str) -> bool:
    """Remove an identity of an operator; return False if the operator has none with this id."""
    removed = delete(tables.operator_identity).where(
        IDENTITY.operator == operator_id, IDENTITY.id == identity_id
    )
    return connection.execute(removed).rowcount == 1


def remove_all(connection: Connection, operator_id: str) -> None:
    """Remove every identity of an operator."""
    connection.execute(delete(tables.operator_identity).where(IDENTITY.operator == operator_id))


def _columns() -> list[Any]:
    return [IDENTITY[name] for name in Identity._fields]
