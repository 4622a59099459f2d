"""A console with passkeys, on a new database of each kind."""

from collections.abc import Iterator

import pytest

from gpd_soap.features.passkeys.manage import Passkeys
from gpd_soap.features.passkeys.relying_party import relying_party
from gpd_soap.features.passkeys.sign_in import PasskeySignIn, Presented
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.features.passkeys.authenticator import Device
from tests.usecases.people.conftest import prepare
from tests.usecases.people.people import CALLER, Account, People

ORIGIN = "https://console.esempio.invalid"


class Console(People):
    """The use cases about people, with passkeys."""

    def __init__(self, store: Store, origin: str = ORIGIN) -> None:
        super().__init__(store)
        party = relying_party(origin)
        self.passkeys = Passkeys(store, party, self.random)
        self.by_passkey = PasskeySignIn(store, party, self.random)

    def add(self, token: str, device: Device, name: str = "Chiave blu") -> Passkey:
        """Add a passkey of a device to the operator of a session."""
        options = self.passkeys.begin(token, self.now)
        return self.passkeys.finish(token, device.create(options), name, self.now)

    def with_passkey(self, account: Account, device: Device) -> Passkey:
        """Sign in by password and code, and add a passkey."""
        return self.add(self.sign_in(account), device)

    def present(self, answer: str, caller: str = CALLER) -> str:
        """Sign in by an answer of a device; return the id of the session."""
        return self.by_passkey.finish(Presented(answer, caller), self.now)

    def sign_in_by(self, device: Device) -> str:
        """Sign in by a device; return the id of the session."""
        return self.present(device.get(self.by_passkey.begin(self.now)))


@pytest.fixture(params=KINDS)
def console(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Console]:
    """Yield the use cases on an empty database."""
    store = Store(fresh_database(request.param, prepare))
    yield Console(store)
    store.close()


@pytest.fixture
def device() -> Device:
    """Return a device at a page of the console."""
    return Device(ORIGIN)
