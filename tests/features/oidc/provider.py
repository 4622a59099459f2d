"""A stand-in for an OpenID provider, with every fault: `python -m tests.features.oidc.provider`.

It signs with real keys, checks the client, the code and PKCE as a provider does, and fails as it is
asked to.  It knows invented people alone, and asks for no password.
"""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

PATH = "/realms/prova"
CURVES = {"ES256": "P-256", "ES384": "P-384"}
LASTS = 300
#: What goes wrong, and what a console must do.
FAULTS = {
    "wrong-issuer": "the token is of another issuer",
    "wrong-audience": "the token is for another client",
    "other-party": "the token is for several clients, and was given to another",
    "expired": "the token has expired",
    "issued-later": "the token is of tomorrow",
    "wrong-nonce": "the token is of another visit",
    "no-nonce": "the token is of no visit",
    "no-subject": "the token names nobody",
    "alg-none": "the token has no signature",
    "alg-hs256": "the token is signed with the public key as a secret",
    "alg-hs256-secret": "the token is signed with the client's secret",
    "forged": "another key signed under a published name",
    "unknown-key": "a key signed that is published nowhere",
    "not-a-token": "the token is a text",
    "no-token": "the answer has no token",
    "wrong-state": "the browser comes back with another state",
    "other-provider": "the browser comes back from another provider",
    "denied": "the browser comes back with an error",
    "no-code": "the browser comes back with nothing",
    "code-refused": "the code is refused",
    "old-proof": "the person proved nothing since yesterday",
    "no-proof-time": "the token does not say when the person proved something",
    "one-factor": "the person proved a password alone",
    "down": "each answer is an error of the server",
    "closed": "each connection is closed without an answer",
    "slow": "each answer comes after many seconds",
    "drip": "each answer comes a byte at a time",
    "huge": "each answer is endless",
    "not-json": "each answer is a page",
    "redirects": "each answer leads elsewhere",
    "other-metadata": "the published issuer is another",
    "plain-addresses": "the published addresses are of another machine without TLS",
    "no-keys": "no key is published",
    "odd-keys": "the published keys cannot be read",
}


class Person(NamedTuple):
    """Somebody who signs in there."""

    subject: str
    claims: dict[str, Any]


PEOPLE = {
    "anna": Person("sub-anna", {
        "name": "Anna Inventata", "preferred_username": "anna", "email": "anna@esempio.invalid",
        "email_verified": True, "groups": ["tributi"],
    }),
    "bruno": Person("sub-bruno", {
        "name": "Bruno Inventato", "preferred_username": "bruno", "email": "bruno@esempio.invalid",
        "email_verified": True, "groups": ["ragioneria"],
    }),
}  # fmt: skip


class Given(NamedTuple):
    """A code that was given, with what was asked for."""

    person: Person
    query: dict[str, str]
    proved_at: float


class Provider:
    """The provider; a test sets `faults`, `people` and `person` while it runs."""

    def __init__(self, client_id: str, secret: str, clock: Callable[[], datetime]) -> None:
        """Take tokens' times from `clock`."""
        self.client_id, self.secret, self.clock = client_id, secret, clock
        self.faults: set[str] = set()
        self.people, self.person = dict(PEOPLE), "anna"
        self.more: dict[str, Any] = {"amr": ["pwd", "mfa"]}
        self.methods = ["client_secret_basic"]
        self.requests: list[str] = []
        self.ended: list[dict[str, str]] = []
        self.issuer = ""
        self.interactive, self.takes_codes_twice = False, False
        self._codes: dict[str, Given] = {}
        self._number = 0
        self.rotate()

    def rotate(self, kind: str = "RS256") -> None:
        """Make a new key, and forget the one before."""
        self._number += 1
        self.algorithm = kind
        self.key: RSAKey | ECKey | OKPKey = rsa_key(self._number)
        if kind in CURVES:
            self.key = ECKey.generate_key(CURVES[kind])
        elif kind.startswith("Ed"):
            self.key = OKPKey.generate_key("Ed25519")
        self.kid = f"key-{self._number}"

    def metadata(self) -> dict[str, Any]:
        """Return what is published."""
        root = self.issuer
        if "plain-addresses" in self.faults:
            root = "http://altro.invalid/realms/prova"
        return {
            "issuer": self.issuer + ("/x" if "other-metadata" in self.faults else ""),
            "authorization_endpoint": f"{root}/authorize",
            "token_endpoint": f"{root}/token",
            "jwks_uri": f"{root}/keys",
            "end_session_endpoint": f"{root}/logout",
            "token_endpoint_auth_methods_supported": self.methods,
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        """Return the published keys, among others that nobody can use here."""
        named: dict[str, Any] = {"kid": self.kid, "use": "sig"}
        odd = ["x", {"kty": "oct", "k": "AAAA", **named}, {"kty": "RSA", "n": "!", "use": "enc"}]
        own = self.key.as_dict(private=False) | named
        if "odd-keys" in self.faults:
            own = {"kty": "RSA", "n": "!", "e": 5, **named}
        return {"keys": odd if "no-keys" in self.faults else [*odd, own]}

    def authorize(self, query: dict[str, str], name: str) -> str:
        """Return where the browser is sent, once somebody has signed in."""
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            raise ValueError("unknown client")
        if "openid" not in query["scope"].split() or query["code_challenge_method"] != "S256":
            raise ValueError("neither OpenID nor PKCE")
        answer = {"state": query["state"], "iss": self.issuer}
        code = secrets.token_urlsafe(16)
        now = self.clock().timestamp()
        self._codes[code] = Given(self.people[name], query, now)
        if "denied" in self.faults:
            answer |= {"error": "access_denied", "error_description": "Anna Inventata"}
        elif "no-code" not in self.faults:
            answer["code"] = code
        if "wrong-state" in self.faults:
            answer["state"] = "altro"
        if "other-provider" in self.faults:
            answer["iss"] = "https://altro.invalid"
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer to a code."""
        take = self._codes.get if self.takes_codes_twice else self._codes.pop
        given = take(form.get("code", ""), None)
        if given is None or "code-refused" in self.faults or not self._knows(form, authorization):
            return 400, {"error": "invalid_grant", "error_description": "Anna Inventata"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if encoded(digest) != given.query["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != given.query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        answer = {"access_token": "opaque", "token_type": "Bearer", "expires_in": LASTS}
        return 200, answer if "no-token" in self.faults else answer | {"id_token": self._id(given)}

    def _knows(self, form: dict[str, str], authorization: str) -> bool:
        if "client_secret_basic" in self.methods:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            name, _, secret = (unquote_plus(each) for each in pair.partition(":"))
            return (name, secret) == (self.client_id, self.secret)
        return (form["client_id"], form.get("client_secret")) == (self.client_id, self.secret)

    def _id(self, given: Given) -> str:
        now = int(self.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": given.person.subject,
            "aud": self.client_id,
            "exp": now + LASTS,
            "iat": now,
            "auth_time": int(given.proved_at),
            "nonce": given.query["nonce"],
            **given.person.claims,
            **self.more,
        }
        return self._signed(self._spoiled(claims, now))

    def _spoiled(self, claims: dict[str, Any], now: int) -> dict[str, Any]:
        wrong: dict[str, dict[str, Any]] = {
            "wrong-issuer": {"iss": f"{self.issuer}/altro"},
            "wrong-audience": {"aud": "altra-console"},
            "other-party": {"aud": [self.client_id, "altra-console"], "azp": "altra-console"},
            "expired": {"exp": now - 61},
            "issued-later": {"iat": now + 86_400},
            "wrong-nonce": {"nonce": "altro"},
            "no-nonce": {"nonce": None},
            "no-subject": {"sub": ""},
            "old-proof": {"auth_time": now - 86_400},
            "no-proof-time": {"auth_time": None},
            "one-factor": {"amr": ["pwd"], "acr": "1"},
        }
        for fault in self.faults & wrong.keys():
            claims |= wrong[fault]
        return {name: value for name, value in claims.items() if value is not None}

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.kid}
        if "not-a-token" in self.faults:
            return "non è un token"
        if "alg-none" in self.faults:
            return f"{part({**header, 'alg': 'none'})}.{part(claims)}."
        if "alg-hs256" in self.faults:
            return by_secret(header, claims, self.key.as_pem(private=False))
        if "alg-hs256-secret" in self.faults:
            return by_secret(header, claims, self.secret.encode())
        if "unknown-key" in self.faults:
            header["kid"] = "key-0"
        key = self.key
        if self.faults & {"forged", "unknown-key"}:
            key = rsa_key(0)
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])


@lru_cache
def rsa_key(_number: int) -> RSAKey:
    """Return one of the keys of this process, each made once."""
    return RSAKey.generate_key(2048)


def encoded(data: bytes) -> str:
    """Return bytes as tokens have them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(content: dict[str, Any]) -> str:
    """Return a part of a token."""
    return encoded(json.dumps(content).encode())


def by_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Return a token that is signed with a secret, as HS256."""
    signed = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


class Handler(BaseHTTPRequestHandler):
    """Answers the browser and the console."""

    provider: Provider

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer what is published, the sign-in and the end of a session."""
        address = urlsplit(self.path)
        self.provider.requests.append(f"GET {address.path}")
        if self._fails():
            return
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path.removeprefix(PATH):
            case "/.well-known/openid-configuration":
                self._json(200, self.provider.metadata())
            case "/keys":
                self._json(200, self.provider.keys())
            case "/authorize" if self.provider.interactive and "as" not in query:
                self._choose()
            case "/authorize":
                name = query.pop("as", self.provider.person)
                self._redirect(self.provider.authorize(query, name))
            case "/logout":
                self.provider.ended.append(query)
                self._redirect(query.get("post_logout_redirect_uri", "/"))
            case _:
                self._json(404, {})

    def do_POST(self) -> None:
        """Answer a code."""
        self.provider.requests.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self._fails():
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._json(*self.provider.token(form, self.headers.get("Authorization", "")))

    def _fails(self) -> bool:
        faults = self.provider.faults
        if faults & {"slow", "drip", "huge"}:
            self._trickle(next(iter(faults & {"slow", "drip", "huge"})))
        elif "redirects" in faults:
            self._redirect("https://altro.invalid/")
        elif "not-json" in faults:
            self._send(200, b"<html>Anna Inventata</html>", "text/html")
        elif "down" in faults:
            self._json(500, {"error": "server_error"})
        return bool(faults & {"slow", "drip", "huge", "redirects", "not-json", "down", "closed"})

    def _trickle(self, fault: str) -> None:
        content, pause = b" ", 0.05
        if fault == "huge":
            content, pause = b" " * 65_536, 0.0
        with suppress(OSError):
            if fault != "slow":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            for _ in range(200):
                time.sleep(pause)
                if fault != "slow":
                    self.wfile.write(content)

    def _choose(self) -> None:
        links = "".join(
            f'<li><a href="{self.path}&as={quote(name)}">{person.claims["name"]}</a></li>'
            for name, person in self.provider.people.items()
        )
        self._send(200, f"<h1>Chi sei?</h1><ul>{links}</ul>".encode(), "text/html; charset=utf-8")

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(provider: Provider, port: int = 0) -> Iterator[Provider]:
    """Serve a provider on this machine, while the block runs."""
    handler = type("Handler", (Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        provider.issuer = f"http://127.0.0.1:{server.server_port}{PATH}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()


def main() -> None:
    """Serve until interrupted, and print the settings of a console that uses it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), default=[])
    arguments = parser.parse_args()
    provider = Provider("console", "segreto-inventato", lambda: datetime.now(UTC))
    provider.interactive, provider.faults = True, set(arguments.fault)
    with serving(provider, arguments.port):
        sys.stdout.write(
            f"GPD_OIDC_ISSUER={provider.issuer}\nGPD_OIDC_CLIENT_ID={provider.client_id}\n"
            f"GPD_OIDC_CLIENT_SECRET={provider.secret}\nGPD_OIDC_MATCH_CLAIM=email\n"
        )
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
