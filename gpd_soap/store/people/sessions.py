"""The sessions of operators, stored under the digest of their id.  An ended session has no row."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from gpd_soap.store import tables
from gpd_soap.store.people.operators import (
    OPERATOR,
    Operator,
    Rights,
    columns,
    operator_of,
    rights_of_row,
    rights_to_row,
)

SESSION = tables.operator_session.c


class Session(NamedTuple):
    """A session; `proved` is whether every factor that sign-in asks for was proved.

    `raised_at` is when a factor was proved last.  `rights` are those that an OpenID provider gave,
    in place of the operator's.
    """

    digest: str
    operator: str
    started_at: datetime
    used_at: datetime
    raised_at: datetime
    proved: bool
    rights: Rights | None = None


def add(connection: Connection, session: Session, id_token: str | None = None) -> None:
    """Insert a session; `id_token` is what its OpenID provider wants to see at its end."""
    row = {**_row(session), "id_token": id_token}
    connection.execute(insert(tables.operator_session), row)


def with_operator(connection: Connection, digest: str) -> tuple[Session, Operator] | None:
    """Return a session and its operator, unless the operator is suspended; one query by key.

    The operator has the rights of the session, if it has any.
    """
    statement = (
        select(*_columns(), *columns())
        .join_from(tables.operator_session, tables.operator, SESSION.operator == OPERATOR.id)
        .where(SESSION.digest == digest, OPERATOR.disabled_at.is_(None))
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    width = len(Session._fields)
    session, operator = Session._make(row[:width]), operator_of(row[width:])
    rights = rights_of_row(session.rights)
    if rights is not None:
        session, operator = session._replace(rights=rights), operator._replace(**rights._asdict())
    return session, operator


def of(connection: Connection, operator_id: str) -> list[Session]:
    """Return the sessions of an operator that have a row, the one used last first."""
    statement = select(*_columns()).where(SESSION.operator == operator_id)
    rows = connection.execute(statement.order_by(SESSION.used_at.desc(), SESSION.digest))
    return [Session._make(row) for row in rows]


def id_token_of(connection: Connection, digest: str) -> str | None:
    """Return what the OpenID provider of a session wants to see at its end, or None."""
    return connection.execute(select(SESSION.id_token).where(SESSION.digest == digest)).scalar()


def touch(connection: Connection, digest: str, now: datetime) -> None:
    """Store that a session was used."""
    connection.execute(
        update(tables.operator_session).where(SESSION.digest == digest).values(used_at=now)
    )


def replace(connection: Connection, digest: str, session: Session) -> bool:
    """Put a session in the place of another; return False if that one has ended meanwhile."""
    replaced = update(tables.operator_session).where(SESSION.digest == digest)
    return connection.execute(replaced.values(**_row(session))).rowcount == 1


def end(connection: Connection, digest: str) -> bool:
    """End a session; return False if there is none."""
    ended = delete(tables.operator_session).where(SESSION.digest == digest)
    return connection.execute(ended).rowcount == 1


def end_all(connection: Connection, operator_id: str) -> int:
    """End every session of an operator; return how many there were."""
    ended = delete(tables.operator_session).where(SESSION.operator == operator_id)
    return connection.execute(ended).rowcount


def end_others(connection: Connection, operator_id: str, digest: str) -> None:
    """End the sessions of an operator but one."""
    others = delete(tables.operator_session).where(
        SESSION.operator == operator_id, SESSION.digest != digest
    )
    connection.execute(others)


def end_older(connection: Connection, until: datetime) -> None:
    """Remove the sessions that began before `until`, so that the table stays small."""
    connection.execute(delete(tables.operator_session).where(SESSION.started_at < until))


def last_use(connection: Connection, operator_id: str) -> datetime | None:
    """Return when the sessions of an operator that have not ended were used last, or None."""
    statement = select(func.max(SESSION.used_at)).where(SESSION.operator == operator_id)
    return connection.execute(statement).scalar()


def _row(session: Session) -> dict[str, Any]:
    return {**session._asdict(), "rights": rights_to_row(session.rights)}


def _columns() -> list[Any]:
    return [SESSION[name] for name in Session._fields]
