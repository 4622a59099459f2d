"""The files of the settings, which are read before anything is sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from gpd_soap.features.webhooks.options import options_of
from gpd_soap.settings import Settings, SettingsError

PEM = serialization.Encoding.PEM


@pytest.fixture(scope="module")
def issued() -> trustme.LeafCert:
    """A certificate with its key."""
    return trustme.CA().issue_cert("noi.example.it")


def chain_of(issued: trustme.LeafCert) -> bytes:
    """Both in one file."""
    return issued.private_key_and_cert_chain_pem.bytes()


def without_key(issued: trustme.LeafCert) -> bytes:
    """The certificate alone."""
    return issued.cert_chain_pems[0].bytes()


def with_password(issued: trustme.LeafCert) -> bytes:
    """A key that nobody can use without its password."""
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    locked = serialization.BestAvailableEncryption(b"segreta")
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(PEM, kind, locked) + without_key(issued)


def test_files_are_known_by_their_names(issued: trustme.LeafCert, tmp_path: Path):
    """A subscription names them."""
    (tmp_path / "noi.pem").write_bytes(chain_of(issued))
    named = (f"noi={tmp_path}/noi.pem",)

    identities = options_of(
        Settings(webhook_certificates=named, webhook_authorities=named)
    ).identities

    assert identities.certificates == identities.authorities == {"noi": f"{tmp_path}/noi.pem"}


@pytest.mark.parametrize("make", [without_key, with_password, lambda _: b"", None])
def test_unusable_certificate_is_refused_at_the_start(
    issued: trustme.LeafCert, tmp_path: Path, make: Callable[[trustme.LeafCert], bytes] | None
):
    """The text names the setting and the name, and nothing is read from the terminal."""
    if make is not None:
        (tmp_path / "noi.pem").write_bytes(make(issued))

    with pytest.raises(SettingsError, match=r"^GPD_WEBHOOK_CERTIFICATES: .* of noi"):
        options_of(Settings(webhook_certificates=(f"noi={tmp_path}/noi.pem",)))


@pytest.mark.parametrize("content", [b"", b"nothing", None])
def test_unusable_authority_is_refused_at_the_start(tmp_path: Path, content: bytes | None):
    """Otherwise every receiver of it would look as if it were down."""
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)

    with pytest.raises(SettingsError, match=r"^GPD_WEBHOOK_AUTHORITIES: .* of nostra"):
        options_of(Settings(webhook_authorities=(f"nostra={tmp_path}/ca.pem",)))
