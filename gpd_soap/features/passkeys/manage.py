"""What operators do with their own passkeys: add the first or another, list them, remove one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gpd_soap.features.passkeys import devices
from gpd_soap.features.passkeys.devices import Made, NotVerified
from gpd_soap.features.passkeys.relying_party import RelyingParty
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import invitations, operators, passkeys, sessions
from gpd_soap.store.people.operators import Operator
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.tables import operator_passkey as table
from gpd_soap.store.tables.base import max_length
from gpd_soap.usecases.people import ceremonies
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import raised_session_of, session_of
from gpd_soap.usecases.people.ceremonies import Kind
from gpd_soap.usecases.people.factors import can_sign_in
from gpd_soap.usecases.people.invitations import valid_invitation
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.tokens import Random, new_token
from gpd_soap.validation.finding import FieldError

#: LIMIT: 10 passkeys of an operator, more than one person has devices.
MOST = 10
LONGEST_NAME = max_length(table.c.name)
ID_BYTES = 6


class Passkeys:
    """The passkeys of operators.

    Adding and removing one needs a session in which a factor was proved lately.
    """

    def __init__(self, database: Database, party: RelyingParty, random: Random) -> None:
        """`random` makes challenges and ids."""
        self._database, self._party, self._random = database, party, random

    def own(self, session_token: str, now: datetime) -> list[Passkey]:
        """Returns the passkeys of the operator of a session.  Raises SessionNotValid."""
        _, operator = session_of(self._database, session_token, now)
        return read_only(self._database, lambda c: passkeys.of(c, operator.id))

    def begin(self, session_token: str, now: datetime) -> str:
        """Returns what a device is to make, as JSON for navigator.credentials.create.

        Raises SessionNotValid, StepUpNeeded and TooManyPasskeys.
        """
        session, operator = raised_session_of(self._database, session_token, now)
        return self._begin(Kind.PASSKEY_ADD, operator, session.digest, now)

    def finish(self, session_token: str, answer: str, name: str, now: datetime) -> Passkey:
        """Stores the passkey that a device has made.

        Raises SessionNotValid, StepUpNeeded, UnfitPasskeyName, PasskeyRefused, PasskeyExists and
        TooManyPasskeys.
        """
        session, operator = raised_session_of(self._database, session_token, now)
        name = _fit(name)
        made = self._made(Kind.PASSKEY_ADD, answer, now, (operator.id, session.digest))
        passkey = self._passkey(operator, made, name, now)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            # WHY: a reset between the two steps ends the session, and must end this too.
            if sessions.with_operator(connection, session.digest) is None:
                raise people_refusals.SessionNotValid
            _add(connection, passkey)
            record_operator(connection, operator.id, "add passkey", now, passkey.id)

        in_transaction(self._database, work)
        return passkey

    def begin_acceptance(self, invitation_token: str, now: datetime) -> str:
        """Returns what a device is to make to accept an invitation.  Raises InvitationNotValid."""
        invitation, operator = read_only(
            self._database, lambda c: valid_invitation(c, invitation_token, now)
        )
        return self._begin(Kind.PASSKEY_ACCEPT, operator, invitation.digest, now)

    def accept(self, invitation_token: str, answer: str, name: str, now: datetime) -> Passkey:
        """Stores the first passkey of an operator, who needs no password, and ends the invitation.

        Raises InvitationNotValid, UnfitPasskeyName, PasskeyRefused and PasskeyExists; the
        invitation stays valid after all but the first.
        """
        invitation, operator = read_only(
            self._database, lambda c: valid_invitation(c, invitation_token, now)
        )
        name = _fit(name)
        made = self._made(Kind.PASSKEY_ACCEPT, answer, now, (operator.id, invitation.digest))
        passkey = self._passkey(operator, made, name, now)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            valid_invitation(connection, invitation_token, now)
            if not invitations.end(connection, invitation.digest, now):
                raise people_refusals.InvitationNotValid
            _add(connection, passkey)
            sessions.end_all(connection, operator.id)
            record_operator(connection, operator.id, "accept invitation, passkey", now, passkey.id)

        in_transaction(self._database, work)
        return passkey

    def remove(self, session_token: str, passkey_id: str, now: datetime) -> None:
        """Removes a passkey of the operator of a session, and ends the operator's other sessions.

        Raises SessionNotValid, StepUpNeeded, PasskeyNotFound, and LastFactor if nothing else would
        open the console for this operator.
        """
        session, operator = raised_session_of(self._database, session_token, now)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            if not passkeys.remove(connection, operator.id, passkey_id):
                raise people_refusals.PasskeyNotFound
            if not can_sign_in(connection, operator):
                raise people_refusals.LastFactor
            # WHY: whoever has the removed passkey may have a session that it began.
            sessions.end_others(connection, operator.id, session.digest)
            record_operator(connection, operator.id, "remove passkey", now, passkey_id)

        in_transaction(self._database, work)

    def _begin(self, kind: Kind, operator: Operator, bound_to: str, now: datetime) -> str:
        existing = read_only(self._database, lambda c: passkeys.of(c, operator.id))
        _check_number(existing)
        token = new_token(self._random)
        ceremonies.begin(self._database, kind, token, now, (operator.id, bound_to))
        return devices.creation_options(self._party, operator, token, existing)

    def _made(self, kind: Kind, answer: str, now: datetime, owner: tuple[str, str]) -> Made:
        """Returns the passkey of an answer, and ends its ceremony.  Raises PasskeyRefused."""
        try:
            challenge = devices.challenge_in(answer)
            ceremony = ceremonies.take(self._database, challenge, now)
            if not ceremonies.is_for(ceremony, kind, owner):
                raise people_refusals.PasskeyRefused
            return devices.verified_creation(self._party, answer, challenge)
        except NotVerified as error:
            raise people_refusals.PasskeyRefused from error

    def _passkey(self, operator: Operator, made: Made, name: str, now: datetime) -> Passkey:
        return Passkey(
            id=self._random(ID_BYTES).hex(),
            operator=operator.id,
            credential=made.credential,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            rp_id=self._party.id,
            transports=made.transports,
            created_at=now,
        )


def _add(connection: Transaction, passkey: Passkey) -> None:
    """Inserts a passkey; its operator is locked.  Raises PasskeyExists and TooManyPasskeys."""
    _check_number(passkeys.of(connection, passkey.operator))
    if not passkeys.add(connection, passkey):
        raise people_refusals.PasskeyExists


def _check_number(existing: Iterable[Passkey]) -> None:
    if len(list(existing)) >= MOST:
        raise people_refusals.TooManyPasskeys


def _fit(name: str) -> str:
    """Returns a name without blanks around it.  Raises UnfitPasskeyName."""
    name = name.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        expected = f"1 to {LONGEST_NAME} printable characters"
        raise people_refusals.UnfitPasskeyName([FieldError("name", "name", expected)])
    return name
