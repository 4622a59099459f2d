"""Invites, lists, suspends and resets operators; the caller has checked who may do that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import (
    ceremonies,
    credentials,
    identities,
    invitations,
    operators,
    passkeys,
    sessions,
)
from gpd_soap.store.people.identities import Identity
from gpd_soap.store.people.invitations import Invitation
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.tables import operator as table
from gpd_soap.store.tables.base import truncate
from gpd_soap.usecases.access.organizations import check_registered
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people import rights
from gpd_soap.usecases.people.invitations import LASTS
from gpd_soap.usecases.people.tokens import Random, new_token, token_digest
from gpd_soap.usecases.people.totp import SECRET_BYTES
from gpd_soap.validation.queries.operators import NewOperator

T = TypeVar("T")

ID_BYTES = 6


class OperatorDetails(NamedTuple):
    """An operator with what is known of factors and sessions, without any secret."""

    operator: Operator
    has_password: bool
    has_totp: bool
    recovery_codes: int
    last_use: datetime | None
    invited_until: datetime | None
    passkeys: tuple[Passkey, ...]
    identities: tuple[Identity, ...]


class Operators:
    """The operators.  Each method that names one takes the name, the mail address or the id."""

    def __init__(self, database: Database, random: Random, record: Record = unrecorded) -> None:
        """`record` writes each change to the audit, in the transaction of the change."""
        self._database, self._random, self._record = database, random, record

    def every(self) -> list[Operator]:
        """Returns all operators, also suspended ones, the oldest first."""
        return read_only(self._database, operators.every)

    def details(self, name: str) -> OperatorDetails:
        """Returns what is known of an operator.  Raises OperatorNotFound."""
        return read_only(self._database, lambda c: _details(c, _named(c, name)))

    def invite(self, new: NewOperator, by: str, now: datetime) -> tuple[Operator, str]:
        """Adds an operator, and returns it with the token of its invitation, shown this once.

        Raises InvalidOperator if the role cannot have a scope, OrganizationNotRegistered if an
        organization is not registered, and OperatorExists if somebody has the name or the mail
        address.
        """
        role, scopes = Role(new.role), frozenset(map(Scope, new.scopes))
        problem = rights.problem_with_scopes(role, scopes)
        if problem is not None:
            raise people_refusals.InvalidOperator([problem])
        operator = Operator(
            id=self._random(ID_BYTES).hex(),
            name=new.name,
            mail=new.mail,
            role=role,
            organizations=tuple(sorted(set(new.organizations))),
            scopes=scopes,
            created_at=now,
            created_by=truncate(by, table.c.created_by),
            disabled_at=None,
        )

        def work(connection: Transaction) -> str:
            check_registered(connection, new.organizations)
            if not operators.add(connection, operator):
                raise people_refusals.OperatorExists
            return self._invited(connection, operator, now)

        return operator, in_transaction(self._database, work)

    def reset(self, name: str, now: datetime) -> tuple[Operator, str]:
        """Removes the factors of an operator and ends its sessions; returns a new invitation.

        Raises OperatorNotFound, and OperatorSuspended if the operator must be resumed first.
        """

        def work(connection: Transaction, operator: Operator) -> tuple[Operator, str]:
            if operator.disabled_at is not None:
                raise people_refusals.OperatorSuspended
            credentials.remove(connection, operator.id)
            passkeys.remove_all(connection, operator.id)
            identities.remove_all(connection, operator.id)
            ceremonies.remove_all(connection, operator.id)
            sessions.end_all(connection, operator.id)
            return operator, self._invited(connection, operator, now)

        return self._change(name, work)

    def suspend(self, name: str, now: datetime) -> Operator:
        """Suspends an operator, and ends its sessions and its invitation.  Raises OperatorNotFound.

        A suspended operator stays suspended since its first day.
        """

        def work(connection: Transaction, operator: Operator) -> Operator:
            if operator.disabled_at is None:
                operators.set_disabled(connection, operator.id, now)
            sessions.end_all(connection, operator.id)
            invitations.end_all(connection, operator.id, now)
            ceremonies.remove_all(connection, operator.id)
            self._record(connection, Subject(resource=operator.id))
            return operator

        return self._change(name, work)

    def resume(self, name: str) -> Operator:
        """Lets a suspended operator sign in again, with its factors.  Raises OperatorNotFound."""

        def work(connection: Transaction, operator: Operator) -> Operator:
            operators.set_disabled(connection, operator.id, None)
            self._record(connection, Subject(resource=operator.id))
            return operator

        return self._change(name, work)

    def end_sessions(self, name: str) -> int:
        """Ends the sessions of an operator; returns how many.  Raises OperatorNotFound."""

        def work(connection: Transaction, operator: Operator) -> int:
            self._record(connection, Subject(resource=operator.id))
            return sessions.end_all(connection, operator.id)

        return self._change(name, work)

    def remove_passkey(self, name: str, passkey_id: str) -> None:
        """Removes a passkey, and ends the sessions of its operator.

        Raises OperatorNotFound and PasskeyNotFound.
        """

        def work(connection: Transaction, operator: Operator) -> None:
            if not passkeys.remove(connection, operator.id, passkey_id):
                raise people_refusals.PasskeyNotFound
            sessions.end_all(connection, operator.id)
            self._record(connection, Subject(resource=operator.id))

        self._change(name, work)

    def remove_identity(self, name: str, identity_id: str) -> None:
        """Removes an identity at an OpenID provider, and ends the sessions of its operator.

        Raises OperatorNotFound and IdentityNotFound.
        """

        def work(connection: Transaction, operator: Operator) -> None:
            if not identities.remove(connection, operator.id, identity_id):
                raise people_refusals.IdentityNotFound
            sessions.end_all(connection, operator.id)
            self._record(connection, Subject(resource=operator.id))

        self._change(name, work)

    def _change(self, name: str, work: Callable[[Transaction, Operator], T]) -> T:
        def locked(connection: Transaction) -> T:
            operator = _named(connection, name)
            operators.lock(connection, operator.id)
            return work(connection, operator)

        return in_transaction(self._database, locked)

    def _invited(self, connection: Transaction, operator: Operator, now: datetime) -> str:
        token, secret = new_token(self._random), self._random(SECRET_BYTES)
        invitation = Invitation(token_digest(token), operator.id, secret, now)
        invitations.add(connection, invitation)
        self._record(connection, Subject(resource=operator.id))
        return token


def _named(connection: Transaction, name: str) -> Operator:
    """Returns the operator with this name, mail address or id.  Raises OperatorNotFound."""
    operator = operators.called(connection, name) or operators.with_id(connection, name)
    if operator is None:
        raise people_refusals.OperatorNotFound
    return operator


def _details(connection: Transaction, operator: Operator) -> OperatorDetails:
    credential = credentials.of(connection, operator.id)
    invited_at = invitations.last_open(connection, operator.id)
    return OperatorDetails(
        operator,
        has_password=credential is not None,
        has_totp=credential is not None and credential.totp_secret is not None,
        recovery_codes=credentials.unused_codes(connection, operator.id),
        last_use=sessions.last_use(connection, operator.id),
        invited_until=None if invited_at is None else invited_at + LASTS,
        passkeys=tuple(passkeys.of(connection, operator.id)),
        identities=tuple(identities.of(connection, operator.id)),
    )
