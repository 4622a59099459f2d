"""Passkeys of Chromium's own device, made and used by the script of a page."""

from pathlib import Path

import pytest

from gpd_soap.features.passkeys.sign_in import Presented
from gpd_soap.store.store import Store
from gpd_soap.usecases.people import refusals as people_refusals
from tests.conftest import FreshDatabase
from tests.features.passkeys.chromium import browser, page
from tests.features.passkeys.harness import Console
from tests.usecases.people.conftest import prepare
from tests.usecases.people.people import CALLER, NAME


def test_browser_makes_a_passkey_and_signs_in_by_it(fresh_database: FreshDatabase, tmp_path: Path):
    """What is sent to it and what it answers need no change on the way."""
    store = Store(fresh_database("sqlite", prepare))
    with page() as origin, page() as other, browser(tmp_path) as chromium:
        console = Console(store, origin)
        link = console.invite()
        chromium.open(origin)
        made = chromium.create(console.passkeys.begin_acceptance(link, console.now))
        console.passkeys.accept(link, made, "Chromium", console.now)
        for _ in range(2):
            token = console.present(chromium.get(console.by_passkey.begin(console.now)))
        answer = chromium.get(console.by_passkey.begin_step_up(token, console.now))
        token = console.by_passkey.finish_step_up(token, Presented(answer, CALLER), console.now)
        again = chromium.create(console.passkeys.begin(token, console.now))

        assert console.authorize(token, recent=True).name == NAME
        [passkey] = console.passkeys.own(token, console.now)
        assert (passkey.transports, passkey.sign_count > 1) == (("internal",), True)
        assert again == "InvalidStateError"

        chromium.open(other)
        elsewhere = chromium.get(console.by_passkey.begin(console.now))
        with pytest.raises(people_refusals.PasskeyRefused):
            console.present(elsewhere)

        chromium.open(origin)
        chromium.call("WebAuthn.setUserVerified", authenticatorId=chromium.device,
                      isUserVerified=False)  # fmt: skip
        assert chromium.get(console.by_passkey.begin(console.now)) == "NotAllowedError"
    store.close()
