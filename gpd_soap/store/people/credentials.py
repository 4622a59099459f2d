"""What operators know and have: password hashes, TOTP secrets, recovery codes as digests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from gpd_soap.store import tables

CREDENTIAL = tables.operator_credential.c
CODE = tables.operator_recovery_code.c


class Credential(NamedTuple):
    """The factors of an operator; `totp_step` is the last step of which a code was used."""

    operator: str
    password: str
    changed_at: datetime
    totp_secret: bytes | None
    totp_step: int | None


def of(connection: Connection, operator_id: str) -> Credential | None:
    """Return the factors of an operator, or None if no invitation was accepted."""
    statement = select(*(CREDENTIAL[name] for name in Credential._fields))
    row = connection.execute(statement.where(CREDENTIAL.operator == operator_id)).first()
    return None if row is None else Credential._make(row)


def put(connection: Connection, credential: Credential, codes: Iterable[str]) -> None:
    """Store the factors of an operator, and the digests of its codes, in place of older ones."""
    remove(connection, credential.operator)
    connection.execute(insert(tables.operator_credential), credential._asdict())
    put_codes(connection, credential.operator, codes)


def put_codes(connection: Connection, operator_id: str, codes: Iterable[str]) -> None:
    """Store the digests of recovery codes of an operator, in place of older ones."""
    connection.execute(delete(tables.operator_recovery_code).where(CODE.operator == operator_id))
    rows = [{"operator": operator_id, "digest": digest} for digest in codes]
    if rows:
        connection.execute(insert(tables.operator_recovery_code), rows)


def remove(connection: Connection, operator_id: str) -> None:
    """Remove all factors of an operator."""
    connection.execute(delete(tables.operator_recovery_code).where(CODE.operator == operator_id))
    connection.execute(delete(tables.operator_credential).where(CREDENTIAL.operator == operator_id))


def set_password(
    connection: Connection, operator_id: str, old: str, password: str, changed_at: datetime
) -> bool:
    """Store another hash of a password; return False if the stored one is no longer `old`."""
    changed = update(tables.operator_credential).where(
        CREDENTIAL.operator == operator_id, CREDENTIAL.password == old
    )
    values = {"password": password, "changed_at": changed_at}
    return connection.execute(changed.values(**values)).rowcount == 1


def use_step(connection: Connection, operator_id: str, step: int) -> bool:
    """Store the step of which a code is used; return False if it or a later one was used."""
    later = or_(CREDENTIAL.totp_step.is_(None), CREDENTIAL.totp_step < step)
    used = update(tables.operator_credential).where(CREDENTIAL.operator == operator_id, later)
    return connection.execute(used.values(totp_step=step)).rowcount == 1


def use_code(connection: Connection, operator_id: str, digest: str, now: datetime) -> bool:
    """Mark a recovery code as used; return False if there is none, or it was used."""
    used = update(tables.operator_recovery_code).where(
        CODE.operator == operator_id, CODE.digest == digest, CODE.used_at.is_(None)
    )
    return connection.execute(used.values(used_at=now)).rowcount == 1


def unused_codes(connection: Connection, operator_id: str) -> int:
    """Return how many recovery codes an operator has left."""
    statement = select(func.count()).where(CODE.operator == operator_id, CODE.used_at.is_(None))
    return connection.execute(statement).scalar_one()
