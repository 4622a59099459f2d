"""The use cases about people with passkeys, and a life of them."""

from sqlalchemy import select

from gpd_soap.features.passkeys.manage import Passkeys
from gpd_soap.features.passkeys.relying_party import relying_party
from gpd_soap.features.passkeys.sign_in import PasskeySignIn, Presented
from gpd_soap.store import tables
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.store import Store
from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.passkeys.authenticator import Device
from tests.usecases.people.people import CALLER, NAME, Account, People

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


def journey(store: Store) -> None:
    """Do everything that operators do with passkeys, a copy of one among it."""
    console, device = Console(store), Device(ORIGIN)
    account = console.account()
    console.with_passkey(account, device)
    token = console.sign_in_by(device)
    presented = Presented(device.get(console.by_passkey.begin_step_up(token, console.now)), CALLER)
    token = console.by_passkey.finish_step_up(token, presented, console.now)
    other = console.add(token, device, "Altra")
    console.passkeys.remove(token, other.id, console.now)
    device.held.pop()
    device.held[0].counter = 0
    try:
        console.sign_in_by(device)
    except people_refusals.PasskeyRefused:
        pass
    else:
        raise AssertionError("a counter went back")
    [cloned] = console.operators.details(NAME).passkeys
    console.operators.remove_passkey(NAME, cloned.id)
    _, link = console.operators.reset(NAME, console.now)
    options = console.passkeys.begin_acceptance(link, console.now)
    console.passkeys.accept(link, device.create(options), "Nuova", console.now)
    console.operators.reset(NAME, console.now)


def deeds(console: Console) -> list[str]:
    """Return what operators did, in its order."""
    statement = select(tables.audit.c.path).order_by(tables.audit.c.at, tables.audit.c.id)
    with console.store.reading() as connection:
        return list(connection.execute(statement).scalars())
