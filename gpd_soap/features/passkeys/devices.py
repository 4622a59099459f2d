"""What is sent to devices, and whether what they answer holds.  SPEC: WebAuthn Level 2, 7.

The user must be verified by the device, with a PIN or a finger, so that a passkey is two factors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json,
    parse_authentication_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gpd_soap.features.passkeys.relying_party import RelyingParty
from gpd_soap.store.people.operators import Operator
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.usecases.people.ceremonies import LASTS

T = TypeVar("T")

#: LIMIT: characters of an answer; an attestation with certificates has some 10,000.
LONGEST_ANSWER = 32 * 1024
#: How a device names the console.
NAME = "gpd-soap"
_MILLISECONDS = int(LASTS.total_seconds() * 1000)


class NotVerified(Exception):
    """The answer of a device does not hold; the text says why, for tests and for the log."""


class Made(NamedTuple):
    """A passkey that a device has made."""

    credential: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


class Answered(NamedTuple):
    """What the answer of a device says before it is verified.

    `challenge` is the token of the ceremony; `user` the id of an operator, which may be missing.
    """

    challenge: str
    credential: bytes
    user: str | None


def creation_options(
    party: RelyingParty, operator: Operator, token: str, existing: Iterable[Passkey]
) -> str:
    """Returns what navigator.credentials.create takes, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=operator.id.encode(),
        user_name=operator.name,
        challenge=base64url_to_bytes(token),
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(existing),
    )
    return options_to_json(options)


def request_options(party: RelyingParty, token: str, allowed: Iterable[Passkey] = ()) -> str:
    """Returns what navigator.credentials.get takes, as JSON; without `allowed`, any passkey may."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=base64url_to_bytes(token),
        timeout=_MILLISECONDS,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def challenge_in(answer: str) -> str:
    """Returns the token of the ceremony that an answer belongs to.  Raises NotVerified."""
    return _holding(lambda: _challenge(_object(answer)))


def read_request(answer: str) -> Answered:
    """Returns what an answer to a request says.  Raises NotVerified if it cannot be read."""

    def read() -> Answered:
        parsed = parse_authentication_credential_json(_object(answer))
        handle = parsed.response.user_handle
        user = None if handle is None else handle.decode()
        return Answered(_challenge(_object(answer)), parsed.raw_id, user)

    return _holding(read)


def verified_creation(party: RelyingParty, answer: str, token: str) -> Made:
    """Returns the passkey that an answer holds.  Raises NotVerified."""

    def verify() -> Made:
        content = _object(answer)
        _refuse_frames(content)
        verified = webauthn.verify_registration_response(
            credential=content,
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        return Made(
            verified.credential_id,
            verified.credential_public_key,
            verified.sign_count,
            _transports(content),
        )

    return _holding(verify)


def verified_request(party: RelyingParty, answer: str, token: str, passkey: Passkey) -> int:
    """Returns the counter of the device that answered with a passkey.  Raises NotVerified."""

    def verify() -> int:
        content = _object(answer)
        _refuse_frames(content)
        return webauthn.verify_authentication_response(
            credential=content,
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            # WHY: the library compares counters before signatures, so that anybody could show a
            # lower one; ours are compared once the signature holds.
            credential_current_sign_count=0,
            require_user_verification=True,
        ).new_sign_count

    return _holding(verify)


def is_cloned(passkey: Passkey, sign_count: int) -> bool:
    """Return whether a counter shows that two devices have this passkey."""
    return bool(sign_count or passkey.sign_count) and sign_count <= passkey.sign_count


def _holding(read: Callable[[], T]) -> T:
    try:
        return read()
    except Exception as error:
        # WHY: an attacker writes the answer, and the parsers of its formats fail in many ways.
        raise NotVerified(f"{type(error).__name__}: {error}") from error


def _object(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("the answer is too long")
    content = json.loads(answer)
    if not isinstance(content, dict):
        raise TypeError("the answer is no object")
    return content


def _client_data(content: dict[str, Any]) -> dict[str, Any]:
    data = json.loads(base64url_to_bytes(content["response"]["clientDataJSON"]))
    if not isinstance(data, dict):
        raise TypeError("the client's data are no object")
    return data


def _challenge(content: dict[str, Any]) -> str:
    return bytes_to_base64url(base64url_to_bytes(_client_data(content)["challenge"]))


def _refuse_frames(content: dict[str, Any]) -> None:
    if _client_data(content).get("crossOrigin", False) is not False:
        raise ValueError("the page was in a frame of another site")


def _transports(content: dict[str, Any]) -> tuple[str, ...]:
    """Returns the ways to reach a device, of those that we know."""
    named = content["response"].get("transports", ())
    return tuple(sorted(each.value for each in AuthenticatorTransport if each.value in named))


def _descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential,
            transports=[AuthenticatorTransport(name) for name in each.transports],
        )
        for each in passkeys
    ]
