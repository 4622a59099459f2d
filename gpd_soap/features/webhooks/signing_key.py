"""Signatures that a public key verifies: Standard Webhooks 1.0.0, version v1a, with ed25519.

One key signs for every subscription of the installation, beside the secret of each.  A receiver
that knows the public key alone can verify what it receives, and cannot sign.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gpd_soap.settings import SettingsError

PREFIX = "whpk_"
_UNUSABLE = "GPD_WEBHOOK_KEY: the file needs a private ed25519 key in PEM"


class SigningKey:
    """The private key of the installation.  Threads may share it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        """Takes the key, and derives the public one."""
        self._private = private
        #: The public key as Standard Webhooks writes it.
        self.public = PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode()

    def sign(self, signed: bytes) -> str:
        """Returns the signature of the signed bytes of an attempt."""
        return "v1a," + base64.b64encode(self._private.sign(signed)).decode()


def read_key(file: str) -> SigningKey | None:
    """Returns the key of a PEM file; None without a file.

    Raises SettingsError if the file has no private ed25519 key; its text never repeats a value.
    """
    if not file:
        return None
    try:
        private = serialization.load_pem_private_key(Path(file).read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(f"GPD_WEBHOOK_KEY: cannot read the file: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(_UNUSABLE) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SettingsError(_UNUSABLE)
    return SigningKey(private)
