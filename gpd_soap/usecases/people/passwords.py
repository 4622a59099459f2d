"""Passwords: what a new one must fulfil, and their hashes by scrypt.

SPEC: NIST SP 800-63B: a length and a list of common passwords, no rules of composition, no ageing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gpd_soap.usecases.access.wrong_keys import address_of
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.common_passwords import is_common
from gpd_soap.usecases.people.tokens import Random
from gpd_soap.validation.finding import FieldError

SHORTEST = 12
#: LIMIT: characters; longer texts would only cost time.
LONGEST = 256
SALT_BYTES = 16
DIGEST_BYTES = 32
#: LIMIT: 48 MiB; scrypt needs 128 * n * r bytes, 16 MiB for n=2^14 and r=8.
MOST_MEMORY = 48 << 20

#: LIMIT: computations of a process, the running one and those that wait: in all, of strangers
#: together, and of strangers of one address.  Each holds one of the three requests that a console
#: of four threads handles at once, so that strangers leave one, and an address leaves two.
MOST, MOST_OF_STRANGERS, MOST_OF_ADDRESS = 3, 2, 1
#: LIMIT: seconds that a computation waits for those before it; its caller can try again.
PATIENCE = 5.0


class Parameters(NamedTuple):
    """The cost of a hash."""

    n: int
    r: int
    p: int


#: SPEC: OWASP Password Storage Cheat Sheet, a row of the minimal parameters of scrypt.
NOW_USED = Parameters(2**14, 8, 5)


class Hashed(NamedTuple):
    """A stored hash, read."""

    parameters: Parameters
    salt: bytes
    digest: bytes


#: What is compared where nobody has the name: no password has this digest, and it takes as long.
NOBODY = Hashed(NOW_USED, bytes(SALT_BYTES), bytes(DIGEST_BYTES))


class Turns:
    """Lets one computation run at a time.  Threads may share it."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Wait at most `patience` seconds for other computations."""
        self._patience = patience
        # LIMIT: one computation at a time in a process, 16 MiB and a quarter of a second of a core.
        self._running = threading.BoundedSemaphore(1)
        self._lock, self._strangers, self._known = threading.Lock(), Counter[str](), 0

    @contextmanager
    def turn(self, caller: str | None) -> Iterator[None]:
        """Waits for the others; `caller` is the address of an unknown browser, or None.

        Raises SignInBusy at once if too many wait, and after the patience.
        """
        address = None if caller is None else address_of(caller)
        self._enter(address)
        try:
            if not self._running.acquire(timeout=self._patience):
                raise people_refusals.SignInBusy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._leave(address)

    def _enter(self, address: str | None) -> None:
        with self._lock:
            strangers = self._strangers.total()
            if strangers + self._known >= MOST:
                raise people_refusals.SignInBusy
            if address is None:
                self._known += 1
                return
            if strangers >= MOST_OF_STRANGERS or self._strangers[address] >= MOST_OF_ADDRESS:
                raise people_refusals.SignInBusy
            self._strangers[address] += 1

    def _leave(self, address: str | None) -> None:
        with self._lock:
            if address is None:
                self._known -= 1
                return
            self._strangers[address] -= 1
            # WHY: a counter keeps each address that was ever counted.
            self._strangers += Counter()


class Passwords:
    """Computes hashes, a bounded number at once.  Threads may share it."""

    def __init__(
        self, random: Random, parameters: Parameters = NOW_USED, patience: float = PATIENCE
    ) -> None:
        """Use `random` for salts; wait at most `patience` seconds for other computations."""
        self._random, self._parameters = random, parameters
        self._turns = Turns(patience)

    def hashed(self, password: str) -> str:
        """Return the text to store for a password.  Raises SignInBusy if too many are waiting."""
        parameters, salt = self._parameters, self._random(SALT_BYTES)
        with self._turns.turn(None):
            return _text(Hashed(parameters, salt, _scrypt(password, salt, parameters)))

    def matches(self, password: str, stored: str | None, caller: str | None = None) -> bool:
        """Return whether a password is that of a stored text; of None no password is.

        Takes as long for None.  `caller` is the address of an unknown browser, or None.  Raises
        SignInBusy if too many are waiting.
        """
        hashed = NOBODY._replace(parameters=self._parameters) if stored is None else read(stored)
        with self._turns.turn(caller):
            digest = _scrypt(password[:LONGEST], hashed.salt, hashed.parameters)
        return hmac.compare_digest(digest, hashed.digest) and len(password) <= LONGEST

    def is_outdated(self, stored: str) -> bool:
        """Return whether a stored text was computed with other parameters than those now used."""
        return read(stored).parameters != self._parameters


def problem_with(password: str, names: Iterable[str] = ()) -> FieldError | None:
    """Return why a new password is refused, or None; `names` are those of the operator."""
    if not SHORTEST <= len(_normal(password)) <= LONGEST:
        return FieldError("password", "length", f"{SHORTEST} to {LONGEST} characters")
    if is_common(_normal(password), names):
        return FieldError("password", "common", "a password that is not guessed first")
    return None


def read(stored: str) -> Hashed:
    """Return the parts of a stored text."""
    _, n, r, p, salt, digest = stored.split("$")
    parameters = Parameters(int(n), int(r), int(p))
    return Hashed(parameters, base64.b64decode(salt), base64.b64decode(digest))


def _text(hashed: Hashed) -> str:
    numbers = "$".join(map(str, hashed.parameters))
    salt, digest = (base64.b64encode(part).decode() for part in hashed[1:])
    return f"scrypt${numbers}${salt}${digest}"


def _normal(password: str) -> str:
    # WHY: keyboards write one character in several ways.
    return unicodedata.normalize("NFKC", password)


def _scrypt(password: str, salt: bytes, parameters: Parameters) -> bytes:
    return hashlib.scrypt(
        _normal(password).encode("utf-8", "surrogatepass"),
        salt=salt,
        maxmem=MOST_MEMORY,
        dklen=DIGEST_BYTES,
        **parameters._asdict(),
    )
