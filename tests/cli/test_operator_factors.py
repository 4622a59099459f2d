"""`gpd-soap operator` about passkeys, identities and the OpenID provider."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store.people import identities, passkeys
from gpd_soap.store.people.identities import Identity
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.features.oidc.harness import CLIENT, SECRET
from tests.features.oidc.provider import Provider, serving
from tests.usecases.people.conftest import prepare
from tests.usecases.people.people import NAME, NOW, People

KEY = Passkey("k1", "", b"id", b"key", 3, "Chiave blu", "console.esempio.invalid", ("usb",), NOW)
IDENTITY = Identity("i1", "", "https://id.esempio.invalid", "sub-anna", True, NOW, NOW)


@pytest.fixture
def url(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the commands, with an operator who has a passkey and an identity."""
    address = fresh_database("sqlite", prepare)
    store = Store(address)
    operator = People(store).account().operator.id
    with store.begin() as connection:
        passkeys.add(connection, KEY._replace(operator=operator))
        passkeys.mark_cloned(connection, "k1", NOW)
        identities.add(connection, IDENTITY._replace(operator=operator))
    store.close()
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return address


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, ["operator", *arguments])


@pytest.mark.usefixtures("url")
def test_show_prints_passkeys_and_identities():
    """It prints the ids by which they are removed, and what is wrong with them."""
    shown = run("show", NAME).stdout

    assert (
        "passkey k1  Chiave blu  for console.esempio.invalid  made 2026-11-27  used none, copied,"
        " unusable since 2026-11-27\n"
    ) in shown
    assert (
        "identity i1  sub-anna at https://id.esempio.invalid  rights of the provider"
        "  made 2026-11-27  used 2026-11-27 10:00\n"
    ) in shown


def test_passkey_and_identity_are_removed_once(url: str):
    """Each removal leaves a row of the audit, and a second one says what to do."""
    for command, name in (("remove-passkey", "k1"), ("remove-identity", "i1")):
        assert run(command, NAME, name).stdout == "removed\n"
        again = run(command, NAME, name)
        assert (again.exit_code, "gpd-soap operator show" in again.stderr) == (1, True)
        assert "gpd-soap operator list" in run(command, "Nessuno", name).stderr

    assert "\npasskey" not in run("show", NAME).stdout
    audit = CliRunner().invoke(main, ["audit"]).stdout
    store = Store(url)
    operator = People(store).operators.details(NAME).operator.id
    store.close()
    for command in ("remove-passkey", "remove-identity"):
        assert f"operator {command}" in audit
    assert operator in audit


def test_check_of_the_provider_prints_what_to_register(monkeypatch: pytest.MonkeyPatch):
    """It ends with 1 and a reason where the provider cannot be used."""
    provider = Provider(CLIENT, SECRET, lambda: datetime.now(UTC))
    with serving(provider):
        monkeypatch.setenv("GPD_CONSOLE_URL", "https://console.esempio.invalid")
        monkeypatch.setenv("GPD_OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("GPD_OIDC_CLIENT_ID", CLIENT)
        good = run("check-provider")
        provider.faults = {"other-metadata"}
        bad = run("check-provider")
        monkeypatch.setenv("GPD_OIDC_RIGHTS", "tributi=reader:77777777777:load")
        wrong = run("check-provider")
    monkeypatch.delenv("GPD_OIDC_ISSUER")
    monkeypatch.delenv("GPD_OIDC_CLIENT_ID")
    monkeypatch.delenv("GPD_OIDC_RIGHTS")
    none = run("check-provider")

    assert "https://console.esempio.invalid/console/oidc/callback\n" in good.stdout
    assert (bad.exit_code, "names another issuer" in bad.stderr) == (1, True)
    assert (wrong.exit_code, "for a reader: persons" in wrong.stderr) == (1, True)
    assert (none.exit_code, "GPD_OIDC_ISSUER" in none.stderr) == (1, True)
