"""Passkeys: added, used, listed, removed."""

import json

import pytest

from gpd_soap.features.passkeys.manage import MOST
from gpd_soap.features.passkeys.sign_in import Presented
from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.passkeys.authenticator import Device, decoded
from tests.features.passkeys.harness import Console, deeds
from tests.usecases.people.people import CALLER, NAME, PASSWORD


def test_passkey_opens_a_session_with_both_factors_proved(console: Console, device: Device):
    """Nothing is typed, and what needs a recent factor is allowed."""
    passkey = console.with_passkey(console.account(), device)
    console.later(hours=1)

    token = console.sign_in_by(device)

    assert console.authorize(token, recent=True).name == NAME
    [stored] = console.passkeys.own(token, console.now)
    assert (stored.name, stored.sign_count, stored.transports) == ("Chiave blu", 1, ("usb",))
    assert stored.last_used_at == console.now
    assert passkey.last_used_at is None
    assert {"add passkey", "sign in, passkey"} <= set(deeds(console))


def test_options_demand_that_the_device_verifies_its_user(console: Console, device: Device):
    """They name the console's host, and no passkey that a stranger could count."""
    token = console.sign_in(console.account())
    creation = json.loads(console.passkeys.begin(token, console.now))
    console.add(token, device)
    request = json.loads(console.by_passkey.begin(console.now))

    assert creation["rp"]["id"] == request["rpId"] == "console.esempio.invalid"
    assert creation["authenticatorSelection"]["userVerification"] == "required"
    assert creation["authenticatorSelection"]["residentKey"] == "required"
    assert creation["attestation"] == "none"
    assert request["userVerification"] == "required"
    assert request["allowCredentials"] == []
    again = json.loads(console.passkeys.begin(token, console.now))
    assert [decoded(each["id"]) for each in again["excludeCredentials"]] == [
        device.held[0].credential
    ]


def test_invitation_is_accepted_by_a_passkey_alone(console: Console, device: Device):
    """Such an operator has no password, and none opens the console."""
    link = console.invite()
    options = console.passkeys.begin_acceptance(link, console.now)
    console.passkeys.accept(link, device.create(options), "Portatile", console.now)

    assert console.authorize(console.sign_in_by(device), recent=True).name == NAME
    with pytest.raises(people_refusals.SignInRefused):
        console.password_step(NAME, PASSWORD)
    with pytest.raises(people_refusals.InvitationNotValid):
        console.passkeys.begin_acceptance(link, console.now)


def test_operator_has_several_passkeys(console: Console, device: Device):
    """Each opens the console, and each is listed with its name."""
    token = console.sign_in(console.account())
    console.add(token, device, "Telefono")
    console.later(seconds=1)
    console.add(token, device, "Chiave")
    first, second = device.held

    for held in (first, second):
        console.present(device.get(console.by_passkey.begin(console.now), held))
    assert [each.name for each in console.passkeys.own(token, console.now)] == [
        "Telefono",
        "Chiave",
    ]


def test_step_up_by_a_passkey_replaces_the_session(console: Console, device: Device):
    """The id before is worth nothing, and the new one may do what needs a recent factor."""
    console.with_passkey(console.account(), device)
    token = console.sign_in_by(device)
    console.later(minutes=11)
    with pytest.raises(people_refusals.StepUpNeeded):
        console.authorize(token, recent=True)

    options = console.by_passkey.begin_step_up(token, console.now)
    presented = Presented(device.get(options), CALLER)
    raised = console.by_passkey.finish_step_up(token, presented, console.now)

    assert console.authorize(raised, recent=True).name == NAME
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)


def test_passkeys_change_only_shortly_after_a_proof(console: Console, device: Device):
    """Who finds an open console adds and removes none."""
    token = console.sign_in(console.account())
    passkey = console.add(token, device)
    options = console.passkeys.begin(token, console.now)
    console.later(minutes=9, seconds=59)

    for call in (
        lambda: console.passkeys.begin(token, console.now),
        lambda: console.passkeys.finish(token, device.create(options), "Altra", console.now),
        lambda: console.passkeys.remove(token, passkey.id, console.now),
    ):
        with pytest.raises(people_refusals.StepUpNeeded):
            call()


def test_removed_passkey_signs_nobody_in_and_ends_other_sessions(console: Console, device: Device):
    """A lost device loses its access at once."""
    account = console.account()
    console.with_passkey(account, device)
    lost = console.sign_in_by(device)
    token = console.sign_in(account)
    [passkey] = console.passkeys.own(token, console.now)

    console.passkeys.remove(token, passkey.id, console.now)

    assert console.authorize(token).name == NAME
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(lost)
    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(device)
    with pytest.raises(people_refusals.PasskeyNotFound):
        console.passkeys.remove(token, passkey.id, console.now)


def test_last_factor_is_not_removed(console: Console, device: Device):
    """An operator without a password keeps the only passkey."""
    link = console.invite()
    options = console.passkeys.begin_acceptance(link, console.now)
    passkey = console.passkeys.accept(link, device.create(options), "Una", console.now)
    token = console.sign_in_by(device)

    with pytest.raises(people_refusals.LastFactor):
        console.passkeys.remove(token, passkey.id, console.now)
    assert len(console.passkeys.own(token, console.now)) == 1


def test_passkey_of_another_operator_is_not_removed(console: Console, device: Device):
    """The answer is that of a passkey that does not exist."""
    passkey = console.with_passkey(console.account(), device)
    other = console.sign_in(console.account("Bruno Inventato"))

    with pytest.raises(people_refusals.PasskeyNotFound):
        console.passkeys.remove(other, passkey.id, console.now)
    console.sign_in_by(device)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "riga\nnuova", "\x1b[2J"])
def test_unfit_name_of_a_passkey_is_refused(console: Console, device: Device, name: str):
    """The challenge is not used up, so that the operator types another."""
    token = console.sign_in(console.account())
    answer = device.create(console.passkeys.begin(token, console.now))

    with pytest.raises(people_refusals.UnfitPasskeyName):
        console.passkeys.finish(token, answer, name, console.now)
    assert console.passkeys.finish(token, answer, " Blu ", console.now).name == "Blu"


def test_operator_has_at_most_ten_passkeys(console: Console, device: Device):
    """The eleventh is refused, also where it was begun in time."""
    token = console.sign_in(console.account())
    begun = console.passkeys.begin(token, console.now)
    for number in range(MOST):
        console.add(token, device, str(number))

    with pytest.raises(people_refusals.TooManyPasskeys):
        console.passkeys.begin(token, console.now)
    with pytest.raises(people_refusals.TooManyPasskeys):
        console.passkeys.finish(token, device.create(begun), "Ultima", console.now)


def test_suspended_operator_does_not_sign_in_by_a_passkey(console: Console, device: Device):
    """After resuming, the same passkey works."""
    console.with_passkey(console.account(), device)
    begun = console.by_passkey.begin(console.now)
    console.operators.suspend(NAME, console.now)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.present(device.get(begun))
    console.operators.resume(NAME)
    assert console.sign_in_by(device)


def test_reset_removes_passkeys_and_those_that_were_begun(console: Console, device: Device):
    """A device that somebody else has is worth nothing after it."""
    token = console.sign_in(console.account())
    console.add(token, device)
    begun = console.passkeys.begin(token, console.now)
    console.operators.reset(NAME, console.now)

    with pytest.raises(people_refusals.PasskeyRefused):
        console.sign_in_by(device)
    with pytest.raises(people_refusals.SessionNotValid):
        console.passkeys.finish(token, device.create(begun), "Altra", console.now)
    assert console.operators.details(NAME).passkeys == ()


def test_administrator_removes_a_passkey(console: Console, device: Device):
    """Every session of its operator ends."""
    passkey = console.with_passkey(console.account(), device)
    token = console.sign_in_by(device)

    console.operators.remove_passkey(NAME, passkey.id)

    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)
    with pytest.raises(people_refusals.PasskeyNotFound):
        console.operators.remove_passkey(NAME, passkey.id)
