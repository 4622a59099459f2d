"""Forgets who had an account: operators suspended, and keys revoked, longer ago than a term."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.retention.columns import FORGOTTEN

OPERATOR, KEY = tables.operator.c, tables.api_key.c
#: Tables with rows of one operator: factors, links and sessions.
OWNED = (
    tables.operator_credential,
    tables.operator_recovery_code,
    tables.operator_invitation,
    tables.operator_session,
    tables.operator_passkey,
    tables.operator_identity,
    tables.operator_ceremony,
)
#: The beginning of the name that a forgotten operator or key has, before its id.
PREFIX = f"{FORGOTTEN} "


def _old_operators(until: datetime) -> ColumnElement[bool]:
    suspended = OPERATOR.disabled_at <= literal(until, tables.Instant)
    return and_(suspended, OPERATOR.name != PREFIX + OPERATOR.id)


def _old_keys(until: datetime) -> ColumnElement[bool]:
    revoked = KEY.revoked_at <= literal(until, tables.Instant)
    return and_(revoked, KEY.name != PREFIX + KEY.id)


def count(connection: Connection, until: datetime) -> int:
    """Returns how many accounts ended before `until` and are still named."""
    old = (tables.operator, _old_operators(until)), (tables.api_key, _old_keys(until))
    return sum(
        connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
        for table, condition in old
    )


def forget(connection: Connection, until: datetime) -> int:
    """Replaces the names and addresses of accounts that ended before `until`; returns how many."""
    overwrite_deleted(connection)
    old = select(OPERATOR.id).where(_old_operators(until)).order_by(OPERATOR.id)
    ids = list(connection.execute(old.with_for_update()).scalars())
    for table in OWNED:
        connection.execute(delete(table).where(table.c.operator.in_(ids)))
    name: Any = PREFIX + OPERATOR.id
    changes = {
        "name": name,
        "name_key": func.lower(name),
        "mail": None,
        "mail_key": None,
        "created_by": "",
    }
    connection.execute(update(tables.operator).where(OPERATOR.id.in_(ids)).values(changes))
    keys = update(tables.api_key).where(_old_keys(until)).values(name=PREFIX + KEY.id)
    return len(ids) + connection.execute(keys).rowcount
