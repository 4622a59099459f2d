"""Signs operators in, and proves factors again during a session.

Whether a name exists, is suspended or has no password yet shows neither in the answer nor in its
time.  LIMIT: a hash with other parameters than those now used takes another time, until its owner
signs in once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import credentials, operators, sessions
from gpd_soap.store.people.credentials import Credential
from gpd_soap.store.people.operators import Operator
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases.people import attempts, browsers, passwords, totp
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.attempts import (
    Counted,
    by_address,
    by_browser,
    by_code,
    by_name,
    refuse,
)
from gpd_soap.usecases.people.authorize import open_session, raised_session_of, session_of
from gpd_soap.usecases.people.passwords import Passwords
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.rights import needs_second_factor
from gpd_soap.usecases.people.tokens import Random, new_token, recovery_digest, token_digest

#: LIMIT: characters; neither a name nor a mail address is longer.
LONGEST_NAME = 256


class SignedIn(NamedTuple):
    """The id of a session; unless it is `proved`, it is good for the second factor alone."""

    token: str
    proved: bool


class Proof(NamedTuple):
    """What an operator presents in a session: a code or a password, and the caller's address."""

    token: str
    text: str
    caller: str


class SignIn:
    """Signing in.  Each method raises TooManyAttempts if it comes too soon after failed ones."""

    def __init__(self, database: Database, passwords_: Passwords, random: Random) -> None:
        """`random` makes the ids of sessions."""
        self._database, self._passwords, self._random = database, passwords_, random

    def sign_in(
        self, name: str, password: str, caller: str, now: datetime, marks: str = ""
    ) -> SignedIn:
        """Begins a session, which needs a second factor if the operator has or needs one.

        `name` may be the mail address.  `marks` are those of the browser.  Raises SignInRefused,
        SecondFactorNeeded if the operator needs a second factor and has none, and SignInBusy.
        """
        name = _as_stored(name)
        mark = self._mark(name, marks)
        counted = [by_browser(mark)] if mark else [by_name(name), by_address(caller)]
        attempts.begin(self._database, counted, now)
        operator, credential = read_only(self._database, lambda c: _active(c, name))
        stored = None if credential is None else credential.password
        try:
            matches = self._passwords.matches(password, stored, None if mark else caller)
        except people_refusals.SignInBusy:
            # WHY: nobody has looked at the password, so that nothing was guessed.
            in_transaction(self._database, lambda c: attempts.take_back(c, counted, now))
            raise
        if not matches or operator is None or credential is None:
            refuse(caller, people_refusals.SignInRefused())
        has_second = credential.totp_secret is not None
        if needs_second_factor(operator) and not has_second:
            raise people_refusals.SecondFactorNeeded
        token = new_token(self._random)
        session = Session(token_digest(token), operator.id, now, now, now, proved=not has_second)
        credential = self._with_new_hash(credential, password)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            if _active(connection, name) != (operator, credential):
                raise people_refusals.SignInRefused
            open_session(connection, session, _deed("sign in", session))
            attempts.succeed(connection, counted, now)

        in_transaction(self._database, work)
        return SignedIn(token, session.proved)

    def prove(self, proof: Proof, now: datetime) -> str:
        """Ends signing in by a code of the application or a recovery code; returns the new id.

        Raises SessionNotValid and CodeRefused.
        """
        session, operator = session_of(self._database, proof.token, now, proved=False)
        counted = [by_code(operator.id)]
        attempts.begin(self._database, counted, now)
        raised = session._replace(started_at=now, used_at=now, raised_at=now, proved=True)
        return self._raise(proof, operator, raised, counted, "prove code")

    def step_up(self, proof: Proof, now: datetime) -> str:
        """Proves a factor again: a code, or the password of who has no second factor.

        Returns the new id of the session.  Raises SessionNotValid, CodeRefused and SignInBusy.
        """
        session, operator = session_of(self._database, proof.token, now)
        counted = [by_code(operator.id)]
        attempts.begin(self._database, counted, now)
        raised = session._replace(used_at=now, raised_at=now)
        return self._raise(proof, operator, raised, counted, "step up")

    def change_password(self, proof: Proof, password: str, now: datetime) -> None:
        """Stores a new password and ends every session; `proof` has the old password.

        Raises SessionNotValid, StepUpNeeded, UnfitPassword, CodeRefused if the old one is wrong,
        and SignInBusy.
        """
        _, operator = raised_session_of(self._database, proof.token, now)
        names = [each for each in (operator.name, operator.mail) if each is not None]
        problem = passwords.problem_with(password, names)
        if problem is not None:
            raise people_refusals.UnfitPassword([problem])
        counted = [by_code(operator.id)]
        attempts.begin(self._database, counted, now)
        credential = read_only(self._database, lambda c: credentials.of(c, operator.id))
        if credential is None or not self._passwords.matches(proof.text, credential.password):
            refuse(proof.caller, people_refusals.CodeRefused())
        old, new = credential.password, self._passwords.hashed(password)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            if not credentials.set_password(connection, operator.id, old, new, now):
                raise people_refusals.SessionNotValid
            sessions.end_all(connection, operator.id)
            attempts.succeed(connection, counted, now)
            record_operator(connection, operator.id, "change password", now)

        in_transaction(self._database, work)

    def _raise(
        self,
        proof: Proof,
        operator: Operator,
        raised: Session,
        counted: list[Counted],
        deed: str,
    ) -> str:
        """Replaces the session if the proof holds; returns the id of the new one."""
        now, token = raised.raised_at, new_token(self._random)
        credential = read_only(self._database, lambda c: credentials.of(c, operator.id))
        if credential is not None and credential.totp_secret is None:
            right = self._passwords.matches(proof.text, credential.password)
        else:
            right = True

        def work(connection: Transaction) -> bool:
            operators.lock(connection, operator.id)
            current = credentials.of(connection, operator.id)
            if not right or current is None or current != credential:
                return False
            if current.totp_secret is not None and not _use(connection, current, proof.text, now):
                return False
            new = raised._replace(digest=token_digest(token))
            if not sessions.replace(connection, raised.digest, new):
                raise people_refusals.SessionNotValid
            attempts.succeed(connection, counted, now)
            record_operator(connection, operator.id, deed, now)
            return True

        if not in_transaction(self._database, work):
            refuse(proof.caller, people_refusals.CodeRefused())
        return token

    def _mark(self, name: str, marks: str) -> str | None:
        """Returns the mark of a browser that has signed in this name before, or None."""
        if not marks:
            return None
        _operator, credential = read_only(self._database, lambda c: _active(c, name))
        return browsers.known_mark(marks, credential)

    def _with_new_hash(self, credential: Credential, password: str) -> Credential:
        """Returns the factors, with a new hash of the password if the parameters have changed."""
        if not self._passwords.is_outdated(credential.password):
            return credential
        new = credential._replace(password=self._passwords.hashed(password))
        in_transaction(
            self._database,
            lambda c: credentials.set_password(
                c, new.operator, credential.password, new.password, new.changed_at
            ),
        )
        return new


def _as_stored(name: str) -> str:
    """Returns a name as a form sent it, without what no database takes, and not too long."""
    return name[:LONGEST_NAME].encode("utf-8", "replace").decode().replace("\0", "")


def _active(connection: Transaction, name: str) -> tuple[Operator | None, Credential | None]:
    """Returns who has a name and may sign in, with the factors; None for each that is missing."""
    operator = operators.called(connection, name)
    # WHY: the factors of nobody are looked up too, so that both cases send the same statements.
    credential = credentials.of(connection, "" if operator is None else operator.id)
    if operator is None or operator.disabled_at is not None:
        return None, None
    return operator, credential


def _use(connection: Transaction, credential: Credential, text: str, now: datetime) -> bool:
    """Uses up a code of the application or a recovery code; returns False if it is not valid."""
    assert credential.totp_secret is not None
    if not totp.looks_like_code(text):
        digest = recovery_digest(text)
        return credentials.use_code(connection, credential.operator, digest, now)
    step = totp.matching_step(credential.totp_secret, text, now)
    return step is not None and credentials.use_step(connection, credential.operator, step)


def _deed(deed: str, session: Session) -> str:
    return deed if session.proved else f"{deed}, password"
