"""Operators for tests, with a clock and random bytes that a test controls."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from gpd_soap.store.people.operators import Operator
from gpd_soap.store.store import Store
from gpd_soap.usecases.people import passwords, totp
from gpd_soap.usecases.people.authorize import Need, Sessions
from gpd_soap.usecases.people.invitations import Invitations
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.usecases.people.passwords import Parameters, Passwords
from gpd_soap.usecases.people.sign_in import Proof, SignedIn, SignIn
from gpd_soap.validation.queries.operators import NewOperator

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ORGANIZATION, OTHER = "77777777777", "88888888888"
NAME, MAIL = "Anna Inventata", "anna@esempio.invalid"
PASSWORD = "tavolo verde zoppica 7"  # noqa: S105  # invented
NEW_PASSWORD = "sedia blu galleggia 9"  # noqa: S105  # invented
CALLER = "192.0.2.7"
#: Parameters of scrypt that cost nothing.
CHEAP = Parameters(16, 1, 1)


class Numbered:
    """Returns bytes that never repeat and are the same in each run."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, size: int) -> bytes:
        """Return so many bytes."""
        self._number += 1
        return hashlib.shake_256(str(self._number).encode()).digest(size)


class Account(NamedTuple):
    """An operator who has accepted the invitation."""

    operator: Operator
    secret: bytes
    codes: tuple[str, ...]


class People:
    """Every use case on one store."""

    def __init__(self, store: Store, parameters: Parameters = CHEAP) -> None:
        self.store, self.now, self.random = store, NOW, Numbered()
        hashes = Passwords(self.random, parameters)
        self.operators = Operators(store, self.random)
        self.invitations = Invitations(store, hashes, self.random)
        self.signing = SignIn(store, hashes, self.random)
        self.sessions = Sessions(store)

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)

    def invite(self, name: str = NAME, role: str = "writer", **fields: object) -> str:
        """Invite an operator; return the token."""
        given = {"name": name, "role": role, "organizations": [ORGANIZATION], "scopes": []}
        new = NewOperator.model_validate({**given, **fields})
        return self.operators.invite(new, "root", self.now)[1]

    def secret(self, token: str) -> bytes:
        """Return the secret that the page of an invitation shows."""
        shown = self.invitations.look(token, self.now).address
        return _secret_in(shown)

    def accept(self, token: str, password: str = PASSWORD) -> Account:
        """Accept an invitation with a code, and wait for the next step."""
        operator, secret = self.invitations.look(token, self.now).operator, self.secret(token)
        codes = self.invitations.accept(token, password, self.code(secret), self.now)
        self.later(seconds=totp.STEP_SECONDS)
        return Account(operator, secret, codes)

    def account(self, name: str = NAME, role: str = "writer", **fields: object) -> Account:
        """Return a new operator who has accepted."""
        return self.accept(self.invite(name, role, **fields))

    def code(self, secret: bytes) -> str:
        """Return the code of this step."""
        return totp.code_of(secret, totp.step_at(self.now))

    def password_step(self, name: str = NAME, password: str = PASSWORD) -> SignedIn:
        """Sign in by the password."""
        return self.signing.sign_in(name, password, CALLER, self.now)

    def sign_in(self, account: Account, password: str = PASSWORD) -> str:
        """Sign in by both factors, and wait for the next step; return the id of the session."""
        first = self.password_step(account.operator.name, password)
        token = self.signing.prove(self.proof(first.token, self.code(account.secret)), self.now)
        self.later(seconds=totp.STEP_SECONDS)
        return token

    def proof(self, token: str, text: str) -> Proof:
        """Return what an operator presents."""
        return Proof(token, text, CALLER)

    def authorize(self, token: str, **need: object) -> Operator:
        """Authorize an operation, by default one on our organization."""
        fields = {"organization": ORGANIZATION, **need}
        return self.sessions.authorize(token, Need(**fields), self.now)  # type: ignore[arg-type]  # the fields of a need


def record_hashes(monkeypatch: pytest.MonkeyPatch) -> list[Parameters]:
    """Return a list that gets the parameters of each hash that is computed from now on."""
    computed: list[Parameters] = []
    real = passwords._scrypt

    def recorded(password: str, salt: bytes, parameters: Parameters) -> bytes:
        computed.append(parameters)
        return real(password, salt, parameters)

    monkeypatch.setattr(passwords, "_scrypt", recorded)
    return computed


def _secret_in(address: str) -> bytes:
    [text] = parse_qs(urlsplit(address).query)["secret"]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def journey(store: Store) -> None:
    """Do everything that operators and their administrators do."""
    people = People(store)
    account = people.account(mail=MAIL, scopes=["persons"])
    token = people.sign_in(account)
    people.later(minutes=2)
    people.authorize(token)
    token = people.signing.step_up(people.proof(token, people.code(account.secret)), people.now)
    people.authorize(token, recent=True)
    people.sessions.sign_out(token, people.now)
    first = people.password_step(MAIL)
    token = people.signing.prove(people.proof(first.token, account.codes[0]), people.now)
    people.signing.change_password(people.proof(token, PASSWORD), NEW_PASSWORD, people.now)
    people.later(minutes=1)
    people.sessions.end_all(people.sign_in(account, NEW_PASSWORD), people.now)
    people.operators.suspend(NAME, people.now)
    people.operators.resume(NAME)
    people.operators.end_sessions(NAME)
    _, link = people.operators.reset(NAME, people.now)
    people.accept(link)
    assert people.operators.details(NAME).recovery_codes == 10
    assert len(people.operators.every()) == 1
