"""Signatures, to the byte: four libraries of Standard Webhooks agree on these values."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gpd_soap.features.webhooks import signing
from gpd_soap.features.webhooks.options import options_of
from gpd_soap.features.webhooks.signing import Credential
from gpd_soap.features.webhooks.signing_key import SigningKey, read_key
from gpd_soap.settings import Settings, SettingsError

FIRST, SECOND = bytes(range(0x20)), bytes(range(0x20, 0x40))
MASTER = bytes(range(0x40, 0x60))
ID, SECONDS = "evt_0001", 1795766400
NOW = datetime.fromtimestamp(SECONDS, UTC)
BODY = (
    b'{"specversion":"1.0","id":"evt_0001","source":"/organizations/77777777777",'
    b'"type":"receipt.applied","time":"2026-11-27T08:00:00Z","subject":"TARI-1",'
    b'"data":{"nav":"347000000000000124","amount":10000}}'
)
BY_FIRST = "v1,UiLXEaQv52/ogS3C6oPmegSR4oYguBscUdCs1CFucMw="
BY_SECOND = "v1,zx+m9foDAzfzHeL35oqumkrqQj/ZZ7CrVwBzYrMoVXQ="
DERIVED = "whsec_N7L//VrTKCnLou3j1BkjzDjCfmMPv51hHGz56skbUAo="
OF_GENERATION_2 = "whsec_IJdnDsKoYEfve87ebIRho6AEmgHmlFAesUBJWgV2tuc="


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (FIRST, BODY, BY_FIRST),
        (SECOND, BODY, BY_SECOND),
        (
            FIRST,
            '{"description":"Perché no €"}'.encode(),
            "v1,hkJeDgeeS0WjMddAOVb19uI2kXFmgLDRR9PjtDTilns=",
        ),
    ],
    ids=["first secret", "second secret", "UTF-8"],
)
def test_signature_is_the_published_one(secret: bytes, body: bytes, signature: str):
    """The id, the seconds and the bytes as sent are signed."""
    assert signing.sign(secret, signing.signed_bytes(ID, SECONDS, body)) == signature


def test_text_of_a_secret_is_the_published_one():
    """A receiver's library takes it as it is."""
    assert signing.secret_text(FIRST) == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize(("generation", "text"), [(1, DERIVED), (2, OF_GENERATION_2)])
def test_secret_is_derived_from_the_master(generation: int, text: str):
    """Each generation of each subscription has its own."""
    secret = signing.secret_of(MASTER, "77777777777", "sub_1", generation)

    assert signing.secret_text(secret) == text


@pytest.mark.parametrize(
    ("generation", "days", "texts"),
    [
        (1, None, [DERIVED]),
        (2, 6.9, [OF_GENERATION_2, DERIVED]),
        (2, 7, [OF_GENERATION_2]),
    ],
    ids=["never rotated", "within seven days", "after seven days"],
)
def test_secret_before_signs_for_seven_days(generation: int, days: float | None, texts: list[str]):
    """The newest is first."""
    rotated_at = None if days is None else NOW - timedelta(days=days)
    credential = Credential("77777777777", "sub_1", generation, rotated_at)

    secrets = signing.secrets_of(MASTER, credential, NOW)

    assert [signing.secret_text(each) for each in secrets] == texts


def test_headers_have_a_signature_by_each_secret():
    """A blank parts them, the newest first."""
    assert signing.headers([SECOND, FIRST], ID, NOW, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": str(SECONDS),
        "webhook-signature": f"{BY_SECOND} {BY_FIRST}",
    }


@pytest.mark.parametrize("secret", [FIRST, SECOND])
def test_published_library_accepts_either_secret(secret: bytes):
    """It is the receiver's own, unchanged."""
    now = datetime.now(UTC)
    headers = signing.headers([SECOND, FIRST], ID, now, BODY)

    assert Webhook(signing.secret_text(secret)).verify(BODY, headers)["id"] == ID


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "evt_0002"}),
        (BODY, {"webhook-timestamp": "+1"}),
        (BODY, {"webhook-timestamp": "-301"}),
        (BODY, {"webhook-timestamp": "+301"}),
    ],
    ids=["a blank more", "another id", "another second", "too old", "of the future"],
)
def test_published_library_refuses_what_was_not_signed(body: bytes, changed: dict[str, str]):
    """A signature is of one id, one second and one body."""
    now = datetime.now(UTC)
    seconds = int(now.timestamp())
    if changed.get("webhook-timestamp") in ("-301", "+301"):
        now += timedelta(seconds=int(changed["webhook-timestamp"]))
        changed = {}
    elif "webhook-timestamp" in changed:
        changed = {"webhook-timestamp": str(seconds + 1)}
    headers = signing.headers([FIRST], ID, now, BODY) | changed

    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_text(FIRST)).verify(body, headers)


def test_signature_by_the_key_is_the_published_one():
    """The public key is the published one too, as a receiver stores it."""
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(FIRST))

    assert key.public == "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    assert key.sign(signing.signed_bytes(ID, SECONDS, BODY)) == (
        "v1a,LFCYV8kmpd/AMGPm6gIUVcDr1kqqpUrQGrVJpQuN+zUuy3/ziWXPy8SgMYC3epSsFxjKYhkkPWz0buTmF/R3Bw=="
    )


def test_library_that_knows_secrets_alone_accepts_a_message_with_both():
    """The signature of the key comes last, and is passed over."""
    now, key = datetime.now(UTC), SigningKey(Ed25519PrivateKey.generate())
    headers = signing.headers([FIRST], ID, now, BODY, key)

    versions = [each.partition(",")[0] for each in headers["webhook-signature"].split()]
    assert versions == ["v1", "v1a"]
    assert Webhook(signing.secret_text(FIRST)).verify(BODY, headers)["id"] == ID


def test_key_is_read_from_a_file(tmp_path: Path):
    """The file is as openssl writes it; without a file there is no key."""
    private, file = Ed25519PrivateKey.from_private_bytes(FIRST), tmp_path / "webhook.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = read_key(str(file))

    assert key is not None
    assert key.public == SigningKey(private).public
    assert read_key("") is None
    assert options_of(Settings(webhook_key=str(file))).key is not None


OTHER_KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "GPD_WEBHOOK_KEY: cannot read the file: No such file or directory"),
        (b"parola-segreta", "GPD_WEBHOOK_KEY: the file needs a private ed25519 key in PEM"),
        (OTHER_KEY, "GPD_WEBHOOK_KEY: the file needs a private ed25519 key in PEM"),
    ],
    ids=["no file", "no key", "key of another algorithm"],
)
def test_unusable_key_is_refused_at_the_start(tmp_path: Path, content: bytes | None, expected: str):
    """The text does not repeat what the file has."""
    file = tmp_path / "webhook.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError) as refused:
        read_key(str(file))
    assert str(refused.value) == expected
