"""Decides whether the operator of a session may do something; ends sessions."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import sessions
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.rights import scopes_of
from gpd_soap.usecases.people.session_rules import LONGEST, is_alive, is_raised, needs_touch
from gpd_soap.usecases.people.tokens import token_digest


class Need(NamedTuple):
    """What an operation needs.

    `organization` is None where it is about every organization.  `scope` is None where every
    operator may do it.  `recent` asks for a factor that was proved within ten minutes.
    """

    organization: str | None
    scope: Scope | None = None
    recent: bool = False


class Sessions:
    """The sessions of operators.  Nothing is cached: a suspended one is refused at once."""

    def __init__(self, database: Database) -> None:
        """Use `database` for every session."""
        self._database = database

    def operator(self, token: str, now: datetime) -> Operator:
        """Returns the operator of a session, and counts the use.  Raises SessionNotValid."""
        return self._current(token, now)[1]

    def authorize(self, token: str, need: Need, now: datetime) -> Operator:
        """Returns the operator of a session who may do what is needed.

        Raises SessionNotValid, OrganizationForbidden, ScopeForbidden, or StepUpNeeded; which of
        them does not depend on whether anything exists.
        """
        session, operator = self._current(token, now)
        check(operator, need)
        if need.recent and not is_raised(session, now):
            raise people_refusals.StepUpNeeded
        return operator

    def confirm(
        self, connection: Transaction, *, token: str, operator: Operator, now: datetime
    ) -> None:
        """Raises SessionNotValid unless the session still has the rights of `operator`.

        It is for the transaction of a change, which begins after the session was looked at.
        """
        row = sessions.with_operator(connection, token_digest(token))
        if row is None or not row[0].proved or not is_alive(row[0], now):
            raise people_refusals.SessionNotValid
        if _rights(row[1]) != _rights(operator):
            raise people_refusals.SessionNotValid

    def sign_out(self, token: str, now: datetime) -> None:
        """Ends a session; does nothing if it has ended."""
        digest = token_digest(token)

        def work(connection: Transaction) -> None:
            row = sessions.with_operator(connection, digest)
            if sessions.end(connection, digest) and row is not None:
                record_operator(connection, row[1].id, "sign out", now)

        in_transaction(self._database, work)

    def end_all(self, token: str, now: datetime) -> int:
        """Ends every session of an operator, also this one; returns how many.

        Raises SessionNotValid.
        """
        _, operator = self._current(token, now)

        def work(connection: Transaction) -> int:
            record_operator(connection, operator.id, "end sessions", now)
            return sessions.end_all(connection, operator.id)

        return in_transaction(self._database, work)

    def _current(self, token: str, now: datetime) -> tuple[Session, Operator]:
        digest = token_digest(token)
        row = read_only(self._database, lambda c: sessions.with_operator(c, digest))
        if row is None or not row[0].proved or not is_alive(row[0], now):
            raise people_refusals.SessionNotValid
        if needs_touch(row[0], now):
            in_transaction(self._database, lambda c: sessions.touch(c, digest, now))
        return row


def _rights(operator: Operator) -> tuple[object, ...]:
    return operator.role, operator.organizations, operator.scopes


def session_of(
    database: Database, token: str, now: datetime, *, proved: bool = True
) -> tuple[Session, Operator]:
    """Returns a session that lasts, in the named state, with its operator; counts no use.

    Raises SessionNotValid.
    """
    row = read_only(database, lambda c: sessions.with_operator(c, token_digest(token)))
    if row is None or not is_alive(row[0], now) or row[0].proved is not proved:
        raise people_refusals.SessionNotValid
    return row


def raised_session_of(database: Database, token: str, now: datetime) -> tuple[Session, Operator]:
    """Returns a session in which a factor was proved lately.

    Raises SessionNotValid and StepUpNeeded.
    """
    session, operator = session_of(database, token, now)
    if not is_raised(session, now):
        raise people_refusals.StepUpNeeded
    return session, operator


def open_session(
    connection: Transaction, session: Session, deed: str, id_token: str | None = None
) -> None:
    """Stores a session, removes those that are over, and records the deed that began it."""
    sessions.end_older(connection, session.started_at - LONGEST)
    sessions.add(connection, session, id_token)
    record_operator(connection, session.operator, deed, session.started_at)


def check(operator: Operator, need: Need) -> None:
    """Raises OrganizationForbidden or ScopeForbidden if an operator may not do what is needed."""
    code = need.organization
    if not (operator.serves_every if code is None else operator.serves(code)):
        raise refusals.OrganizationForbidden
    if need.scope is not None and need.scope not in scopes_of(operator):
        raise people_refusals.ScopeForbidden
