"""Attacks on passkeys: spoiled answers, used challenges, other operators' keys, copies."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from gpd_soap.features.passkeys import devices
from gpd_soap.features.passkeys.devices import NotVerified
from gpd_soap.features.passkeys.sign_in import Presented
from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.passkeys.authenticator import PRESENT, Device, decoded, encoded
from tests.features.passkeys.harness import ORIGIN, Console, deeds
from tests.usecases.people.people import CALLER, NAME

Spoil = Callable[[Device], Device]


SPOILED: dict[str, Spoil] = {
    "wrong origin": lambda device: replace(device, origin="https://console.esempio.invalid.evil"),
    "plain http": lambda device: replace(device, origin="http://console.esempio.invalid"),
    "other port": lambda device: replace(device, origin=f"{ORIGIN}:8443"),
    "wrong host": lambda device: replace(device, rp_id="altra.invalid"),
    "user not verified": lambda device: replace(device, flags=PRESENT),
    "user absent": lambda device: replace(device, flags=0),
    "frame of another site": lambda device: replace(device, client={"crossOrigin": True}),
    "wrong type": lambda device: replace(device, client={"type": "payment.get"}),
    "other challenge": lambda device: replace(device, client={"challenge": encoded(bytes(32))}),
}
each_attack = pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())


@each_attack
def test_spoiled_answer_signs_nobody_in(console: Console, device: Device, spoil: Spoil):
    """Its challenge is used up, so that nobody tries twice with one."""
    console.with_passkey(console.account(), device)
    options = console.by_passkey.begin(console.now)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(spoil(device).get(options))
    assert console.sign_in_by(device)
    if spoil is not SPOILED["other challenge"]:
        with pytest.raises(people_refusals.PasskeyRefused):
            console.present(device.get(options))


@each_attack
def test_spoiled_answer_adds_no_passkey(console: Console, device: Device, spoil: Spoil):
    """What a device makes is verified as what it signs."""
    token = console.sign_in(console.account())
    answer = spoil(device).create(console.passkeys.begin(token, console.now))

    with pytest.raises(people_refusals.PasskeyRefused):
        console.passkeys.finish(token, answer, "Falsa", console.now)
    assert console.passkeys.own(token, console.now) == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("wrong origin", "origin"),
        ("wrong host", "RP ID"),
        ("user not verified", "not verified"),
        ("user absent", "not present"),
        ("frame of another site", "frame"),
        ("wrong type", "type"),
        ("other challenge", "challenge"),
    ],
)
def test_spoiled_answer_is_refused_for_its_own_reason(
    console: Console, device: Device, spoil: str, reason: str
):
    """No attack is stopped by chance, by a check that is meant for another."""
    passkey = console.with_passkey(console.account(), device)
    options = console.by_passkey.begin(console.now)
    token = json.loads(options)["challenge"]
    party = console.by_passkey._party

    with pytest.raises(NotVerified, match=reason):
        devices.verified_request(party, SPOILED[spoil](device).get(options), token, passkey)
    devices.verified_request(party, device.get(options), token, passkey)


def test_challenge_works_once(console: Console, device: Device):
    """An answer that was overheard opens no second session."""
    console.with_passkey(console.account(), device)
    answer = device.get(console.by_passkey.begin(console.now))
    console.present(answer)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(answer)


def test_challenge_works_once_for_many_at_one_instant(console: Console, device: Device):
    """Eight requests with one answer open one session."""
    device.counts = False
    console.with_passkey(console.account(), device)
    answer, together = device.get(console.by_passkey.begin(console.now)), threading.Barrier(8)
    opened: list[str] = []

    def present(number: int) -> None:
        together.wait(60)
        with suppress(people_refusals.PasskeyRefused):
            opened.append(console.present(answer, f"192.0.2.{number}"))

    threads = [threading.Thread(target=present, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert len(opened) == 1


def test_challenge_lasts_ten_minutes(console: Console, device: Device):
    """An answer that was kept for later opens nothing."""
    console.with_passkey(console.account(), device)
    early, late = console.by_passkey.begin(console.now), console.by_passkey.begin(console.now)
    console.later(minutes=9, seconds=59)
    assert console.present(device.get(early))
    console.later(seconds=1)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(device.get(late))


def test_challenge_of_one_purpose_serves_no_other(console: Console, device: Device):
    """A challenge to sign in raises no session, and one to step up opens none."""
    console.with_passkey(console.account(), device)
    token = console.sign_in_by(device)
    to_step_up = device.get(console.by_passkey.begin_step_up(token, console.now))
    to_sign_in = device.get(console.by_passkey.begin(console.now))

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(to_step_up)
    with pytest.raises(people_refusals.PasskeyRefused):
        console.by_passkey.finish_step_up(token, Presented(to_sign_in, CALLER), console.now)


def test_challenge_of_another_session_raises_none(console: Console, device: Device):
    """A page of one session cannot be answered in another of the same operator."""
    console.with_passkey(console.account(), device)
    first, second = console.sign_in_by(device), console.sign_in_by(device)
    answer = device.get(console.by_passkey.begin_step_up(first, console.now))

    with pytest.raises(people_refusals.PasskeyRefused):
        console.by_passkey.finish_step_up(second, Presented(answer, CALLER), console.now)


def test_passkey_of_another_operator_raises_no_session(console: Console, device: Device):
    """Bruno's device does not prove that Anna is there."""
    other = Device(ORIGIN)
    console.with_passkey(console.account("Bruno Inventato"), other)
    console.with_passkey(console.account(), device)
    token = console.sign_in_by(device)
    options = console.by_passkey.begin_step_up(token, console.now)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.by_passkey.finish_step_up(token, Presented(other.get(options), CALLER), console.now)


def test_passkey_that_names_another_operator_signs_nobody_in(console: Console, device: Device):
    """A device that says whose it is cannot become somebody else's."""
    console.with_passkey(console.account(), device)
    other = console.account("Bruno Inventato")
    device.held[0].user = other.operator.id.encode()

    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(device)


def test_passkey_belongs_to_one_operator(console: Console, device: Device):
    """The same key is not added to a second operator."""
    console.with_passkey(console.account(), device)
    other = console.sign_in(console.account("Bruno Inventato"))
    copy = Device(ORIGIN)
    answer = json.loads(copy.create(console.passkeys.begin(other, console.now)))
    attestation = decoded(answer["response"]["attestationObject"])
    same = attestation.replace(copy.held[0].credential, device.held[0].credential)
    name = encoded(device.held[0].credential)
    answer["response"]["attestationObject"] = encoded(same)

    with pytest.raises(people_refusals.PasskeyExists):
        console.passkeys.finish(
            other, json.dumps({**answer, "id": name, "rawId": name}), "Copia", console.now
        )


def test_counter_that_goes_back_ends_the_passkey(console: Console, device: Device):
    """Of a passkey and its copy none opens the console, and the audit says so."""
    console.with_passkey(console.account(), device)
    held = device.held[0]
    copy = Device(ORIGIN, held=[replace(held)])
    console.sign_in_by(device)
    console.sign_in_by(device)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(copy)
    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(device)

    [stored] = console.operators.details(NAME).passkeys
    assert stored.cloned_at == console.now
    assert deeds(console).count("passkey cloned") == 1


def test_counter_without_a_signature_ends_no_passkey(console: Console, device: Device):
    """Who knows the number of a passkey cannot lock its owner out."""
    console.with_passkey(console.account(), device)
    console.sign_in_by(device)
    forged = Device(ORIGIN)
    forged.create(console.passkeys.begin(console.sign_in_by(device), console.now))
    forged.held[0].credential = device.held[0].credential
    forged.held[0].user = device.held[0].user

    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(forged)
    assert console.sign_in_by(device)


def test_device_without_a_counter_is_used_again_and_again(console: Console, device: Device):
    """Passkeys that are kept in a cloud have none."""
    device.counts = False
    console.with_passkey(console.account(), device)

    assert len({console.sign_in_by(device) for _ in range(3)}) == 3


def test_failures_of_an_address_make_it_wait(console: Console, device: Device):
    """A program that tries answers is slowed down, and another address is not."""
    console.with_passkey(console.account(), device)
    for _ in range(10):
        with pytest.raises(people_refusals.PasskeyRefused):
            console.present("{}")

    with pytest.raises(people_refusals.TooManyAttempts):
        console.present(device.get(console.by_passkey.begin(console.now)))
    assert console.present(device.get(console.by_passkey.begin(console.now)), "192.0.2.99")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "1",
        "\ud800",
        "{" * 5000,
        '{"response": 1}',
        '{"response": {"clientDataJSON": 5}}',
        '{"response": {"clientDataJSON": "e30"}}',
        '{"response": {"clientDataJSON": "W10"}}',
        " " * 100_000,
    ],
)
def test_malformed_answer_is_refused(console: Console, answer: str):
    """It is refused like a wrong one, without an error."""
    token = console.sign_in(console.account())

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(answer)
    with pytest.raises(people_refusals.PasskeyRefused):
        console.passkeys.finish(token, answer, "Chiave", console.now)


def test_answer_with_changed_bytes_is_refused(console: Console, device: Device):
    """Each part of an answer is covered, and no change ends in an error."""
    console.with_passkey(console.account(), device)
    for part in ("authenticatorData", "clientDataJSON", "signature", "userHandle"):
        for position in (0, 7, -1):
            answer = json.loads(device.get(console.by_passkey.begin(console.now)))
            data = bytearray(decoded(answer["response"][part]))
            data[position] ^= 0x15
            answer["response"][part] = encoded(bytes(data))
            with pytest.raises(people_refusals.PasskeyRefused):
                console.present(json.dumps(answer))
            console.later(minutes=2)
    assert console.sign_in_by(device)
