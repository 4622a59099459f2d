"""Whether an ID token holds.  SPEC: OpenID Connect Core 1.0, 3.1.3.7."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key
from joserfc.util import urlsafe_b64decode

from gpd_soap.features.oidc.claims import Claims

#: Signatures with a public key; neither `none` nor one with a secret that both sides have.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
#: LIMIT: a minute by which the clocks of the provider and of this machine may differ.
SKEW = timedelta(minutes=1)
#: LIMIT: characters of a token, so that a hostile answer costs little time.
LONGEST_TOKEN = 32 * 1024
LONGEST_SUBJECT = 255
_KINDS = ("RSA", "EC", "OKP")

#: Returns the published keys; True reads them again.
Keys = Callable[[bool], dict[str, Any]]


class NotTrusted(Exception):
    """An ID token does not hold; the text is the reason, without anything of the token."""


def verified(token: str, keys: Keys, expected: tuple[str, str, str], now: datetime) -> Claims:
    """Returns the claims of a token whose signature and claims hold.

    `expected` is the issuer, the client id and the nonce.  Raises NotTrusted, and what `keys`
    raises.
    """
    claims = _signed(token, keys)
    issuer, client_id, nonce = expected
    if claims.get("iss") != issuer:
        raise NotTrusted("issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", client_id if len(audiences) == 1 else None)
    if client_id not in audiences or party != client_id:
        raise NotTrusted("audience")
    _check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise NotTrusted("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotTrusted("subject")
    return claims


def _signed(token: str, keys: Keys) -> Claims:
    """Returns the claims of a token whose signature holds.  Raises NotTrusted."""
    kid = _header(token).get("kid")
    key = _key(keys(False), kid) or _key(keys(True), kid)
    if key is None:
        raise NotTrusted("key")
    try:
        return jwt.decode(token, key, algorithms=ALGORITHMS).claims
    except UnsupportedAlgorithmError:
        raise NotTrusted("algorithm") from None
    except BadSignatureError:
        raise NotTrusted("signature") from None
    except (JoseError, ValueError, TypeError) as error:
        raise NotTrusted(f"token: {type(error).__name__}") from None


def _header(token: str) -> dict[str, Any]:
    """Returns the header of a token.  Raises NotTrusted."""
    try:
        header = json.loads(urlsafe_b64decode(token[:LONGEST_TOKEN].partition(".")[0].encode()))
    except (ValueError, RecursionError):
        raise NotTrusted("token: no header") from None
    if not isinstance(header, dict) or len(token) > LONGEST_TOKEN:
        raise NotTrusted("token: no header")
    if header.get("alg") not in ALGORITHMS:
        raise NotTrusted("algorithm")
    return header


def _key(published: dict[str, Any], kid: object) -> Key | None:
    """Returns the key that a token names; of a token that names none, the only key."""
    usable = [
        each
        for each in published["keys"]
        if isinstance(each, dict)
        and each.get("kty") in _KINDS
        and each.get("use", "sig") == "sig"
        and (kid is None or each.get("kid") == kid)
    ]
    if len(usable) != 1:
        return None
    try:
        return JWKRegistry.import_key(usable[0])
    except (JoseError, ValueError, TypeError):
        return None


def _check_times(claims: Claims, now: datetime) -> None:
    """Raises NotTrusted if a token has expired, or was not issued yet."""
    expires, issued = (_number(claims.get(each)) for each in ("exp", "iat"))
    if expires is None or expires <= (now - SKEW).timestamp():
        raise NotTrusted("expired")
    if issued is None or issued > (now + SKEW).timestamp():
        raise NotTrusted("issued later")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
