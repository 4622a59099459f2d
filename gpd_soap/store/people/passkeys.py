"""The passkeys of operators: public keys, with the counters of their devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate

PASSKEY = tables.operator_passkey.c


class Passkey(NamedTuple):
    """A passkey; `credential` is the id that its device gave it, `rp_id` the host it is for.

    `sign_count` is the counter of the last use; some devices leave it at 0.
    """

    id: str
    operator: str
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    rp_id: str
    transports: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    cloned_at: datetime | None = None


def add(connection: Connection, passkey: Passkey) -> bool:
    """Insert a passkey; return False if somebody has it.

    The transaction cannot go on after that.
    """
    row = {**passkey._asdict(), "transports": list(passkey.transports)}
    try:
        connection.execute(insert(tables.operator_passkey), row)
    except IntegrityError as error:
        if is_duplicate(error):
            return False
        raise
    return True


def of(connection: Connection, operator_id: str) -> list[Passkey]:
    """Return the passkeys of an operator, the oldest first."""
    statement = _select().where(PASSKEY.operator == operator_id)
    rows = connection.execute(statement.order_by(PASSKEY.created_at, PASSKEY.id))
    return [_passkey(row) for row in rows]


def with_credential(connection: Connection, credential: bytes) -> Passkey | None:
    """Return the passkey to which a device gave this id, or None."""
    row = connection.execute(_select().where(PASSKEY.credential == credential)).first()
    return None if row is None else _passkey(row)


def use(connection: Connection, passkey_id: str, sign_count: int, now: datetime) -> None:
    """Store the counter and the instant of a use."""
    used = update(tables.operator_passkey).where(PASSKEY.id == passkey_id)
    connection.execute(used.values(sign_count=sign_count, last_used_at=now))


def mark_cloned(connection: Connection, passkey_id: str, now: datetime) -> None:
    """Store that there is a copy of a passkey, so that it opens nothing more."""
    marked = update(tables.operator_passkey).where(PASSKEY.id == passkey_id)
    connection.execute(marked.values(cloned_at=now))


def remove(connection: Connection, operator_id: str, passkey_id: str) -> bool:
    """Remove a passkey of an operator; return False if the operator has none with this id."""
    removed = delete(tables.operator_passkey).where(
        PASSKEY.operator == operator_id, PASSKEY.id == passkey_id
    )
    return connection.execute(removed).rowcount == 1


def remove_all(connection: Connection, operator_id: str) -> None:
    """Remove every passkey of an operator."""
    connection.execute(delete(tables.operator_passkey).where(PASSKEY.operator == operator_id))


def _select() -> Any:
    return select(*(PASSKEY[name] for name in Passkey._fields))


def _passkey(row: Any) -> Passkey:
    passkey = Passkey._make(row)
    return passkey._replace(transports=tuple(passkey.transports))
