"""Whose an identity is, and with which rights: the rule of the settings."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.features.oidc.claims import (
    Claims,
    display_name,
    matched_name,
    proves_two_factors,
    rights_of,
)
from gpd_soap.features.oidc.options import Options
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.people import credentials, identities, operators
from gpd_soap.store.people.identities import Identity
from gpd_soap.store.people.operators import Operator, Rights
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.rights import needs_second_factor
from gpd_soap.usecases.people.tokens import Random

ID_BYTES = 6


class Entry(NamedTuple):
    """Who enters.  `rights` are those of the provider for a managed operator, and else None.

    The operator has them.  `proved` is whether nothing more is to be proved here.
    """

    operator: Operator
    identity: Identity
    rights: Rights | None
    proved: bool


def enter(
    connection: Transaction, claims: Claims, options: Options, random: Random, now: datetime
) -> Entry:
    """Returns who enters with verified claims, and stores an identity that is new.

    Raises IdentityRefused, IdentityExists, and SecondFactorNeeded if the provider proved too little
    and nothing more can be proved here.
    """
    rights = _allowed(claims, options)
    row = identities.with_operator(connection, options.issuer, claims["sub"])
    if row is None:
        row = _new(connection, claims, options, random, now)
    operators.lock(connection, row[1].id)
    # WHY: until it was locked, the operator could be suspended, and the identity removed.
    row = identities.with_operator(connection, options.issuer, claims["sub"])
    if row is None or row[1].disabled_at is not None:
        raise people_refusals.IdentityRefused
    identity, operator = row
    given = rights if identity.managed else None
    if identity.managed and given is None:
        raise people_refusals.IdentityRefused
    if given is not None:
        operator = operator._replace(**given._asdict())
    identities.use(connection, identity.id, now)
    return Entry(operator, identity, given, _is_proved(connection, operator, claims, options))


def link(connection: Transaction, identity: Identity, claims: Claims, options: Options) -> None:
    """Stores an identity of an operator who has signed in otherwise.

    Raises IdentityRefused and IdentityExists.
    """
    _allowed(claims, options)
    operators.lock(connection, identity.operator)
    _store(connection, identity)


def _allowed(claims: Claims, options: Options) -> Rights | None:
    """Returns the rights of the groups.  Raises IdentityRefused if a group is needed."""
    rights = rights_of(claims, options)
    if options.rights and rights is None:
        raise people_refusals.IdentityRefused
    return rights


def _new(
    connection: Transaction, claims: Claims, options: Options, random: Random, now: datetime
) -> tuple[Identity, Operator]:
    """Stores the identity of the operator whom the claims name, or of a new operator.

    Raises IdentityRefused and IdentityExists.
    """
    name = matched_name(claims, options)
    operator = None if name is None else operators.called(connection, name)
    managed = operator is None and options.create
    if managed:
        operator = _created(connection, claims, options, random(ID_BYTES).hex(), now)
    if operator is None or operator.disabled_at is not None:
        raise people_refusals.IdentityRefused
    operators.lock(connection, operator.id)
    identity = Identity(
        random(ID_BYTES).hex(), operator.id, options.issuer, claims["sub"], managed, now
    )
    _store(connection, identity)
    return identity, operator


def _store(connection: Transaction, identity: Identity) -> None:
    """Inserts an identity; its operator is locked.  Raises IdentityExists."""
    # WHY: an address that was given to another person must not open the account of the one before.
    own = identities.of(connection, identity.operator)
    if any(each.issuer == identity.issuer for each in own):
        raise people_refusals.IdentityExists
    if not identities.add(connection, identity):
        raise people_refusals.IdentityExists


def _created(
    connection: Transaction, claims: Claims, options: Options, operator_id: str, now: datetime
) -> Operator:
    """Stores an operator without rights of its own."""
    name = display_name(claims)
    if operators.called(connection, name) is not None:
        name = f"{name[: operators.LONGEST_NAME - len(operator_id) - 1]} {operator_id}"
    operator = Operator(
        id=operator_id,
        name=name,
        mail=None,
        role=Role.READER,
        organizations=(),
        scopes=frozenset(),
        created_at=now,
        created_by=options.issuer[: operators.LONGEST_NAME],
        disabled_at=None,
    )
    if not operators.add(connection, operator):
        raise people_refusals.IdentityExists
    return operator


def _is_proved(
    connection: Transaction, operator: Operator, claims: Claims, options: Options
) -> bool:
    """Returns whether enough was proved.  Raises SecondFactorNeeded if no more can be."""
    if proves_two_factors(claims, options):
        return True
    credential = credentials.of(connection, operator.id)
    if credential is not None and credential.totp_secret is not None:
        return False
    if needs_second_factor(operator):
        raise people_refusals.SecondFactorNeeded
    return True
