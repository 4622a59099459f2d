"""A visit to the provider: what is sent with the browser, and what comes back with it.

All that a visit needs is derived from one secret, which the browser keeps in a cookie.  The store
has a digest alone, so that a copy of the database ends no visit.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import parse_qs

#: LIMIT: characters of the query that comes back, so that a forged one costs little time.
LONGEST_QUERY = 8192


class Visit(NamedTuple):
    """The address to which to send the browser, and the secret for its cookie.

    The cookie lasts ten minutes and is SameSite=Lax, because the browser comes from another site.
    """

    address: str
    secret: str


class Returned(NamedTuple):
    """What came back: the query of the address, the secret of the cookie, the caller's address."""

    query: str
    secret: str
    caller: str


class Secrets(NamedTuple):
    """What a visit needs.  SPEC: OpenID Connect Core 1.0, 3.1.2.1; RFC 7636."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The digest of the verifier that goes with the browser."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


def secrets_of(secret: str) -> Secrets:
    """Return what is derived from the secret of a visit."""
    return Secrets(*(_derived(secret, name) for name in Secrets._fields))


def parameters(query: str) -> dict[str, str]:
    """Return the parameters of a query; one that is there twice is left out."""
    try:
        parsed = parse_qs(query[:LONGEST_QUERY], max_num_fields=32)
    except ValueError:
        return {}
    return {name: values[0] for name, values in parsed.items() if len(values) == 1}


def is_same(one: str, other: str) -> bool:
    """Return whether two secrets are equal, in a time that does not depend on it."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _derived(secret: str, name: str) -> str:
    key = secret.encode("utf-8", "replace")
    return _text(hmac.new(key, name.encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
