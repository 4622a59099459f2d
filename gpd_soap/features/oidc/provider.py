"""The OpenID provider: what it publishes, its keys, and the exchange of a code for an ID token."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from gpd_soap.features.oidc.fetch import Fetch, Unavailable
from gpd_soap.features.oidc.options import Options

WELL_KNOWN = "/.well-known/openid-configuration"
#: LIMIT: an hour after which what the provider publishes is read again.
KEPT = timedelta(hours=1)
OK = 200
#: Hosts of this machine, to which a provider of this machine may send without TLS.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class CodeRefused(Exception):
    """The provider gave no ID token for a code."""


class Published(NamedTuple):
    """What a provider publishes of itself, of that which is used here."""

    authorization: str
    token: str
    keys: str
    end_session: str | None
    names_issuer: bool
    takes_basic: bool
    read_at: datetime


class Provider:
    """One provider.  Threads may share it; each process reads what it publishes by itself."""

    def __init__(self, options: Options, fetch: Fetch) -> None:
        """`fetch` sends the requests."""
        self._options, self._fetch = options, fetch
        self._published: Published | None = None
        self._keys: dict[str, Any] | None = None

    def published(self, now: datetime) -> Published:
        """Returns what the provider publishes, read within the hour.  Raises Unavailable."""
        known = self._published
        if known is not None and timedelta() <= now - known.read_at < KEPT:
            return known
        # WHY: no lock, because threads that wait for each other would wait for a slow one in turn.
        read = self._read(now)
        self._published, self._keys = read, None
        return read

    def keys(self, now: datetime, *, again: bool = False) -> dict[str, Any]:
        """Returns the provider's keys; `again` reads them even if they are known.

        Raises Unavailable.
        """
        published = self.published(now)
        known = self._keys
        if known is not None and not again:
            return known
        answer = self._fetch.get(published.keys)
        if answer.status != OK or not isinstance(answer.content.get("keys"), list):
            raise Unavailable("the provider has no keys")
        self._keys = answer.content
        return answer.content

    def id_token(self, code: str, verifier: str, now: datetime) -> str:
        """Returns the ID token that the provider gives for a code.

        `verifier` is that of PKCE.  Raises CodeRefused and Unavailable.
        """
        published, options = self.published(now), self._options
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": options.redirect_uri,
            "code_verifier": verifier,
            "client_id": options.client_id,
        }
        headers: dict[str, str] = {}
        if options.client_secret and published.takes_basic:
            headers["Authorization"] = _basic(options.client_id, options.client_secret)
        elif options.client_secret:
            form["client_secret"] = options.client_secret
        answer = self._fetch.post(published.token, form, headers)
        if answer.status in (400, 401, 403):
            raise CodeRefused
        token = answer.content.get("id_token")
        if answer.status != OK or not isinstance(token, str):
            raise Unavailable("the provider gave no ID token")
        return token

    def authorization_address(self, query: Mapping[str, str], now: datetime) -> str:
        """Returns the address at which the browser signs in.  Raises Unavailable."""
        return _with_query(self.published(now).authorization, query)

    def end_address(self, query: Mapping[str, str], now: datetime) -> str | None:
        """Returns the address that ends the provider's session, or None if it has none.

        Raises Unavailable.
        """
        end = self.published(now).end_session
        return None if end is None else _with_query(end, query)

    def _read(self, now: datetime) -> Published:
        answer = self._fetch.get(self._options.issuer.rstrip("/") + WELL_KNOWN)
        content = answer.content
        if answer.status != OK:
            raise Unavailable("the provider publishes nothing about itself")
        # SPEC: OpenID Connect Discovery 1.0, 4.3: the issuer is exactly the one that was asked.
        if content.get("issuer") != self._options.issuer:
            raise Unavailable("the provider names another issuer")
        methods = content.get("token_endpoint_auth_methods_supported")
        end = content.get("end_session_endpoint")
        return Published(
            authorization=self._address(content.get("authorization_endpoint")),
            token=self._address(content.get("token_endpoint")),
            keys=self._address(content.get("jwks_uri")),
            end_session=None if end is None else self._address(end),
            names_issuer=content.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
            read_at=now,
        )

    def _address(self, value: object) -> str:
        """Returns an address that may be used.  Raises Unavailable."""
        address = urlsplit(value) if isinstance(value, str) else urlsplit("")
        issuer = urlsplit(self._options.issuer)
        is_local = issuer.scheme == address.scheme == "http" and address.hostname in LOCAL
        if address.hostname and (address.scheme == "https" or is_local):
            return address.geturl()
        raise Unavailable("the provider publishes an address that cannot be used")


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"


def _basic(client_id: str, secret: str) -> str:
    # SPEC: RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
