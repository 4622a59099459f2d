"""One-time passwords from the clock.  SPEC: RFC 6238 with SHA-1, and RFC 4226, 5.3."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

#: What every authenticator application assumes.
STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
#: LIMIT: one step before and one after, for clocks that differ and for slow typing.
TOLERATED = (0, -1, 1)
ISSUER = "gpd-soap"


def step_at(now: datetime) -> int:
    """Return the number of the step of an instant."""
    return int(now.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """Return the step near `now` to which a code belongs, or None; blanks in it are ignored."""
    typed = "".join(code.split()).encode("utf-8", "surrogatepass")
    steps = [step_at(now) + shift for shift in TOLERATED]
    # WHY: each step is compared whatever came before, so that the duration says nothing.
    equal = [step for step in steps if hmac.compare_digest(code_of(secret, step).encode(), typed)]
    return equal[0] if equal else None


def looks_like_code(text: str) -> bool:
    """Return whether a text has the form of such a code, and so is no recovery code."""
    typed = "".join(text.split())
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def shown_secret(secret: bytes) -> str:
    """Return a secret as applications take it when it is typed."""
    return base64.b32encode(secret).decode().rstrip("=")


def enrolment_address(secret: bytes, name: str) -> str:
    """Return the address that an authenticator application reads from a QR code."""
    query = urlencode({"secret": shown_secret(secret), "issuer": ISSUER})
    return f"otpauth://totp/{quote(ISSUER)}:{quote(name, safe='')}?{query}"
