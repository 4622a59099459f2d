"""Signs operators in by passkeys, and proves factors again by them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.features.passkeys import devices
from gpd_soap.features.passkeys.devices import Answered, NotVerified
from gpd_soap.features.passkeys.relying_party import RelyingParty
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import operators, passkeys, sessions
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases.people import attempts, ceremonies
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.attempts import by_ceremony
from gpd_soap.usecases.people.authorize import open_session, session_of
from gpd_soap.usecases.people.ceremonies import Kind
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.tokens import Random, new_token, token_digest


class Presented(NamedTuple):
    """What a device answered, as JSON, and the address of the caller."""

    answer: str
    caller: str


class PasskeySignIn:
    """Signing in by a passkey, which proves both factors."""

    def __init__(self, database: Database, party: RelyingParty, random: Random) -> None:
        """`random` makes challenges and the ids of sessions."""
        self._database, self._party, self._random = database, party, random

    def begin(self, now: datetime) -> str:
        """Returns what a device is to sign, as JSON for navigator.credentials.get."""
        token = new_token(self._random)
        ceremonies.begin(self._database, Kind.PASSKEY_SIGN_IN, token, now)
        return devices.request_options(self._party, token)

    def finish(self, presented: Presented, now: datetime) -> str:
        """Begins a session for the owner of the passkey that signed; returns its id.

        Raises PasskeyRefused, and TooManyAttempts if it comes too soon after failed ones.
        """
        counted = [by_ceremony(presented.caller)]
        attempts.begin(self._database, counted, now)
        answered = self._taken(Kind.PASSKEY_SIGN_IN, presented, now)
        token = new_token(self._random)

        def work(connection: Transaction) -> bool:
            passkey = _locked(connection, answered)
            # SPEC: WebAuthn Level 2, 7.2, step 6: without allowed ones, the device names the user.
            if passkey is None or answered.user != passkey.operator:
                return False
            if not self._uses(connection, passkey, presented.answer, answered.challenge, now):
                return False
            session = Session(token_digest(token), passkey.operator, now, now, now, proved=True)
            open_session(connection, session, "sign in, passkey")
            attempts.succeed(connection, counted, now)
            return True

        if not in_transaction(self._database, work):
            attempts.refuse(presented.caller, people_refusals.PasskeyRefused())
        return token

    def begin_step_up(self, session_token: str, now: datetime) -> str:
        """Returns what one of the operator's devices is to sign.

        Raises SessionNotValid, and PasskeyNotFound if the operator has no passkey.
        """
        session, operator = session_of(self._database, session_token, now)
        own = read_only(self._database, lambda c: passkeys.of(c, operator.id))
        usable = [each for each in own if _is_usable(each, self._party)]
        if not usable:
            raise people_refusals.PasskeyNotFound
        token, owner = new_token(self._random), (operator.id, session.digest)
        ceremonies.begin(self._database, Kind.PASSKEY_STEP_UP, token, now, owner)
        return devices.request_options(self._party, token, usable)

    def finish_step_up(self, session_token: str, presented: Presented, now: datetime) -> str:
        """Proves the factors of a session again; returns its new id.

        Raises SessionNotValid, PasskeyRefused and TooManyAttempts.
        """
        session, operator = session_of(self._database, session_token, now)
        counted = [by_ceremony(presented.caller)]
        attempts.begin(self._database, counted, now)
        owner = (operator.id, session.digest)
        answered = self._taken(Kind.PASSKEY_STEP_UP, presented, now, owner)
        token = new_token(self._random)
        raised = session._replace(digest=token_digest(token), used_at=now, raised_at=now)

        def work(connection: Transaction) -> bool:
            passkey = _locked(connection, answered)
            if passkey is None or passkey.operator != operator.id:
                return False
            if not self._uses(connection, passkey, presented.answer, answered.challenge, now):
                return False
            if not sessions.replace(connection, session.digest, raised):
                raise people_refusals.SessionNotValid
            attempts.succeed(connection, counted, now)
            record_operator(connection, operator.id, "step up, passkey", now, passkey.id)
            return True

        if not in_transaction(self._database, work):
            attempts.refuse(presented.caller, people_refusals.PasskeyRefused())
        return token

    def _taken(
        self, kind: Kind, presented: Presented, now: datetime, owner: tuple[str, str] | None = None
    ) -> Answered:
        """Ends the ceremony of an answer, and returns what it says.  Raises PasskeyRefused."""
        try:
            answered = devices.read_request(presented.answer)
        except NotVerified:
            attempts.refuse(presented.caller, people_refusals.PasskeyRefused())
        ceremony = ceremonies.take(self._database, answered.challenge, now)
        if not ceremonies.is_for(ceremony, kind, owner):
            attempts.refuse(presented.caller, people_refusals.PasskeyRefused())
        return answered

    def _uses(
        self, connection: Transaction, passkey: Passkey, answer: str, challenge: str, now: datetime
    ) -> bool:
        """Returns whether a device has signed with a passkey that is not cloned."""
        try:
            sign_count = devices.verified_request(self._party, answer, challenge, passkey)
        except NotVerified:
            return False
        if devices.is_cloned(passkey, sign_count):
            passkeys.mark_cloned(connection, passkey.id, now)
            record_operator(connection, passkey.operator, "passkey cloned", now, passkey.id)
            return False
        passkeys.use(connection, passkey.id, sign_count, now)
        return True


def _locked(connection: Transaction, answered: Answered) -> Passkey | None:
    """Returns the passkey of an answer, with its operator locked; None if it opens nothing."""
    passkey = passkeys.with_credential(connection, answered.credential)
    if passkey is None:
        return None
    operators.lock(connection, passkey.operator)
    passkey = passkeys.with_credential(connection, answered.credential)
    if passkey is None or passkey.cloned_at is not None:
        return None
    operator = operators.with_id(connection, passkey.operator)
    return passkey if operator is not None and operator.disabled_at is None else None


def _is_usable(passkey: Passkey, party: RelyingParty) -> bool:
    return passkey.rp_id == party.id and passkey.cloned_at is None
