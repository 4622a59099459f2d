"""Signatures of what is sent: Standard Webhooks 1.0.0, version v1, and the secrets for them.

A secret is derived from the installation's master secret, so that the database holds none.
SPEC: Standard Webhooks 1.0.0: the signed bytes are the id, the seconds of the attempt and the body
as it is sent, with full stops between them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

PREFIX = "whsec_"
#: LIMIT: 32 bytes, as long as the digest that is made of them.
SHORTEST_MASTER = 32
#: LIMIT: 7 days in which a receiver may still check with the secret before.
ROTATION = timedelta(days=7)


class Credential(NamedTuple):
    """What a subscription's secret is derived from; `rotated_at` is None before the first time."""

    organization: str
    subscription: str
    generation: int
    rotated_at: datetime | None


def secret_of(master: bytes, organization: str, subscription: str, generation: int) -> bytes:
    """Returns the secret of one generation of a subscription."""
    text = f"gpd-soap webhook\n{organization}\n{subscription}\n{generation}"
    return hmac.digest(master, text.encode(), hashlib.sha256)


def secrets_of(master: bytes, credential: Credential, now: datetime) -> list[bytes]:
    """Returns the secrets that sign at `now`: the newest first, then the one before for a while."""
    organization, subscription, generation, rotated_at = credential
    generations = [generation]
    if generation > 1 and rotated_at is not None and now < rotated_at + ROTATION:
        generations.append(generation - 1)
    return [secret_of(master, organization, subscription, each) for each in generations]


def secret_text(secret: bytes) -> str:
    """Returns a secret as a receiver's library takes it."""
    return PREFIX + base64.b64encode(secret).decode()


def sign(secret: bytes, message_id: str, seconds: int, body: bytes) -> str:
    """Returns the signature of an attempt; `seconds` is its Unix time."""
    assert "." not in message_id
    signed = b"%s.%d.%s" % (message_id.encode(), seconds, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def headers(
    secrets: Sequence[bytes], message_id: str, now: datetime, body: bytes
) -> dict[str, str]:
    """Returns the headers of an attempt at `now`, with a signature by each secret."""
    seconds = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(sign(each, message_id, seconds, body) for each in secrets),
    }
