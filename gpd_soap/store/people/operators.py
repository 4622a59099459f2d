"""The operators: people with a role, organizations and scopes."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.store import tables
from gpd_soap.store.access.keys import ALL_ORGANIZATIONS, Role
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.tables.base import max_length

OPERATOR = tables.operator.c
LONGEST_NAME = max_length(OPERATOR.name)


class Scope(StrEnum):
    """A right that a role alone does not give."""

    PERSONS = "persons"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    REFUND = "refund"
    LOAD = "load"
    CONFIGURE = "configure"


class Rights(NamedTuple):
    """What an operator may do, and for which organizations."""

    role: Role
    organizations: tuple[str, ...]
    scopes: frozenset[Scope]


class Operator(NamedTuple):
    """A person who may sign in to the console."""

    id: str
    name: str
    mail: str | None
    role: Role
    organizations: tuple[str, ...]
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str
    disabled_at: datetime | None

    def serves(self, organization: str) -> bool:
        """Return whether the operator works for this organization."""
        return self.serves_every or organization in self.organizations

    @property
    def serves_every(self) -> bool:
        """Whether the operator works for every organization."""
        return ALL_ORGANIZATIONS in self.organizations


def folded(text: str) -> str:
    """Return the spelling by which a name or a mail address is compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def add(connection: Connection, operator: Operator) -> bool:
    """Insert an operator; return False if somebody has the name or the mail address.

    The transaction cannot go on after that.
    """
    mail = operator.mail
    row = {
        **operator._asdict(),
        "role": str(operator.role),
        "organizations": list(operator.organizations),
        "scopes": sorted(map(str, operator.scopes)),
        "name_key": folded(operator.name),
        "mail_key": None if mail is None else folded(mail),
    }
    try:
        connection.execute(insert(tables.operator), row)
    except IntegrityError as error:
        if is_duplicate(error):
            return False
        raise
    return True


def with_id(connection: Connection, operator_id: str) -> Operator | None:
    """Return the operator with this id, also a suspended one, or None."""
    return _first(connection, OPERATOR.id == operator_id)


def called(connection: Connection, text: str) -> Operator | None:
    """Return the operator of whom a text is the name or the mail address, also a suspended one."""
    key = folded(text)
    return _first(connection, or_(OPERATOR.name_key == key, OPERATOR.mail_key == key))


def every(connection: Connection) -> list[Operator]:
    """Return all operators, also suspended ones, the oldest first."""
    statement = select(*columns()).order_by(OPERATOR.created_at, OPERATOR.id)
    return [operator_of(row) for row in connection.execute(statement)]


def set_disabled(connection: Connection, operator_id: str, now: datetime | None) -> None:
    """Suspend an operator at `now`, or resume one with None."""
    connection.execute(
        update(tables.operator).where(OPERATOR.id == operator_id).values(disabled_at=now)
    )


def lock(connection: Connection, operator_id: str) -> None:
    """Lock the row of an operator, so that what changes its factors runs one at a time."""
    # WHY: SQLite's writing transactions run one at a time, and its dialect drops FOR UPDATE.
    connection.execute(select(OPERATOR.id).where(OPERATOR.id == operator_id).with_for_update())


def rights_to_row(rights: Rights | None) -> dict[str, Any] | None:
    """Return rights as JSON holds them."""
    if rights is None:
        return None
    role, organizations, scopes = rights
    return {
        "role": str(role),
        "organizations": list(organizations),
        "scopes": sorted(map(str, scopes)),
    }


def rights_of_row(value: Any) -> Rights | None:
    """Return the rights that JSON holds."""
    if value is None:
        return None
    scopes = frozenset(map(Scope, value["scopes"]))
    return Rights(Role(value["role"]), tuple(value["organizations"]), scopes)


def columns() -> list[Any]:
    """Return the columns of an operator, in the order of its fields."""
    return [OPERATOR[name] for name in Operator._fields]


def operator_of(row: Any) -> Operator:
    """Return the operator of a row with these columns."""
    operator = Operator._make(row)
    return operator._replace(
        role=Role(operator.role),
        organizations=tuple(operator.organizations),
        scopes=frozenset(map(Scope, operator.scopes)),
    )


def _first(connection: Connection, condition: Any) -> Operator | None:
    row = connection.execute(select(*columns()).where(condition)).first()
    return None if row is None else operator_of(row)
