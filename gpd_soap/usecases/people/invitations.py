"""Accepts an invitation: a link that works once, for an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import credentials, invitations, operators, sessions
from gpd_soap.store.people.credentials import Credential
from gpd_soap.store.people.invitations import Invitation
from gpd_soap.store.people.operators import Operator
from gpd_soap.usecases.people import passwords, totp
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.passwords import Passwords
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.rights import needs_second_factor
from gpd_soap.usecases.people.tokens import (
    Random,
    new_recovery_codes,
    recovery_digest,
    token_digest,
)

#: LIMIT: an hour, so that the link in an old mail opens nothing.
LASTS = timedelta(hours=1)


class Enrolment(NamedTuple):
    """What the page of an invitation shows: for whom it is, and the secret for an application."""

    operator: Operator
    needs_second_factor: bool
    secret: str
    address: str


class Invitations:
    """The invitations, as those see them who have the link."""

    def __init__(self, database: Database, passwords_: Passwords, random: Random) -> None:
        """`random` makes recovery codes."""
        self._database, self._passwords, self._random = database, passwords_, random

    def look(self, token: str, now: datetime) -> Enrolment:
        """Returns what an invitation offers, and changes nothing.  Raises InvitationNotValid."""
        invitation, operator = read_only(self._database, lambda c: valid_invitation(c, token, now))
        secret = invitation.totp_secret
        return Enrolment(
            operator,
            needs_second_factor(operator),
            totp.shown_secret(secret),
            totp.enrolment_address(secret, operator.name),
        )

    def accept(self, token: str, password: str, code: str | None, now: datetime) -> tuple[str, ...]:
        """Stores the factors, ends the invitation, and returns the recovery codes, shown this once.

        `code` proves that the application has the secret; without it there is no second factor, and
        no recovery code.  Raises InvitationNotValid, UnfitPassword, SecondFactorNeeded, CodeRefused
        and SignInBusy; the invitation stays valid after all but the first.
        """
        invitation, operator = read_only(self._database, lambda c: valid_invitation(c, token, now))
        problem = passwords.problem_with(password, _names(operator))
        if problem is not None:
            raise people_refusals.UnfitPassword([problem])
        step = _proved_step(invitation, operator, code, now)
        codes = () if step is None else new_recovery_codes(self._random)
        credential = Credential(
            operator.id,
            self._passwords.hashed(password),
            now,
            None if step is None else invitation.totp_secret,
            step,
        )

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            valid_invitation(connection, token, now)
            if not invitations.end(connection, invitation.digest, now):
                raise people_refusals.InvitationNotValid
            digests = [recovery_digest(each) for each in codes]
            credentials.put(connection, credential, digests)
            sessions.end_all(connection, operator.id)
            record_operator(connection, operator.id, "accept invitation", now)

        in_transaction(self._database, work)
        return codes


def valid_invitation(
    connection: Transaction, token: str, now: datetime
) -> tuple[Invitation, Operator]:
    """Returns an invitation that can be accepted.  Raises InvitationNotValid."""
    invitation = invitations.open_one(connection, token_digest(token))
    if invitation is None or now - invitation.created_at >= LASTS:
        raise people_refusals.InvitationNotValid
    operator = operators.with_id(connection, invitation.operator)
    if operator is None or operator.disabled_at is not None:
        raise people_refusals.InvitationNotValid
    return invitation, operator


def _proved_step(
    invitation: Invitation, operator: Operator, code: str | None, now: datetime
) -> int | None:
    """Returns the step of the code, or None if there is no code and none is needed."""
    if code is None:
        if needs_second_factor(operator):
            raise people_refusals.SecondFactorNeeded
        return None
    step = totp.matching_step(invitation.totp_secret, code, now)
    if step is None:
        raise people_refusals.CodeRefused
    return step


def _names(operator: Operator) -> list[str]:
    return [name for name in (operator.name, operator.mail) if name is not None]
