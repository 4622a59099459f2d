"""Signatures of what is sent: Standard Webhooks 1.0.0, and the secrets for version v1.

A secret is derived from the installation's master secret, so that the database holds none.
SPEC: Standard Webhooks 1.0.0: the signed bytes are the id, the seconds of the attempt and the sent
body, with full stops between them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.features.webhooks.signing_key import SigningKey

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


def signed_bytes(message_id: str, seconds: int, body: bytes) -> bytes:
    """Returns what is signed of an attempt; `seconds` is its Unix time."""
    assert "." not in message_id
    return b"%s.%d.%s" % (message_id.encode(), seconds, body)


def sign(secret: bytes, signed: bytes) -> str:
    """Returns the signature of these bytes by a secret (version v1)."""
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def headers(
    secrets: Sequence[bytes],
    message_id: str,
    now: datetime,
    body: bytes,
    key: SigningKey | None = None,
) -> dict[str, str]:
    """Returns the headers of an attempt at `now`, with a signature by each secret and the key."""
    seconds = int(now.timestamp())
    signed = signed_bytes(message_id, seconds, body)
    signatures = [sign(each, signed) for each in secrets]
    if key is not None:
        signatures.append(key.sign(signed))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }
