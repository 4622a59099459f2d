"""Random secrets: tokens of links and sessions, and recovery codes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

#: Returns so many random bytes; `secrets.token_bytes` outside tests.
Random = Callable[[int], bytes]

TOKEN_BYTES = 32
#: LIMIT: a longer token is none of ours, and its digest is not computed.
LONGEST_TOKEN = 64
RECOVERY_CODES = 10
#: LIMIT: 80 bits, so that a digest cannot be reversed by trying every code.
RECOVERY_BYTES = 10
GROUP = 4


def new_token(random: Random) -> str:
    """Return a token of 256 random bits."""
    return base64.urlsafe_b64encode(random(TOKEN_BYTES)).decode().rstrip("=")


def token_digest(token: str) -> str:
    """Return the digest under which a token is stored; a token that is too long has none."""
    if len(token) > LONGEST_TOKEN:
        return ""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_recovery_codes(random: Random) -> tuple[str, ...]:
    """Return ten recovery codes, as they are shown once."""
    return tuple(_grouped(random(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))


def recovery_digest(code: str) -> str:
    """Return the digest of a recovery code; case, blanks and dashes are ignored."""
    return token_digest("".join(code.split()).replace("-", "").lower())


def _grouped(random_bytes: bytes) -> str:
    text = base64.b32encode(random_bytes).decode().lower()
    return "-".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))
