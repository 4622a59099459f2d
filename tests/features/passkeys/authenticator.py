"""A device that makes and uses passkeys, in software, written from the standard alone.

It does as a test says, also what no honest device does.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

#: SPEC: WebAuthn Level 2, 6.1: flags of authenticator data.
PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


def encoded(data: bytes) -> str:
    """Return bytes as the browser's JSON has them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return the bytes of such a text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Held:
    """A passkey on the device."""

    key: ec.EllipticCurvePrivateKey
    credential: bytes
    user: bytes
    counter: int = 0


@dataclass
class Device:
    """A device together with a browser, at a page of an origin.

    `rp_id` replaces the one of the options; `counts` says whether the device has a counter.
    """

    origin: str
    rp_id: str | None = None
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    client: dict[str, Any] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)

    def create(self, options: str) -> str:
        """Answer navigator.credentials.create."""
        asked_for = json.loads(options)
        key, number = ec.generate_private_key(ec.SECP256R1()), len(self.held)
        credential = hashlib.sha256(f"{id(self)} {number}".encode()).digest()
        held = Held(key, credential, decoded(asked_for["user"]["id"]))
        self.held.append(held)
        numbers = key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = bytes(16) + len(credential).to_bytes(2, "big") + credential + public
        data = self._data(asked_for["rp"]["id"], held, HAS_CREDENTIAL) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked_for["challenge"])
        response = {"attestationObject": encoded(attestation), "clientDataJSON": encoded(client)}
        return self._answer(held, {**response, "transports": ["usb", "new"]})

    def get(self, options: str, held: Held | None = None) -> str:
        """Answer navigator.credentials.get, by default with the passkey that was made last."""
        asked_for = json.loads(options)
        held = held or self.held[-1]
        held.counter += self.counts
        data = self._data(asked_for["rpId"], held)
        client = self._client("webauthn.get", asked_for["challenge"])
        signed = data + hashlib.sha256(client).digest()
        response = {
            "authenticatorData": encoded(data),
            "clientDataJSON": encoded(client),
            "signature": encoded(held.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": encoded(held.user),
        }
        return self._answer(held, response)

    def _data(self, rp_id: str, held: Held, more: int = 0) -> bytes:
        digest = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        return digest + bytes([self.flags | more]) + held.counter.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**data, **self.client}).encode()

    def _answer(self, held: Held, response: dict[str, Any]) -> str:
        name = encoded(held.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
