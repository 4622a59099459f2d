"""Keys in the store and on the command line: the secret is shown once and stored as a digest."""

import re

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event, select, update

from gpd_soap.cli.keys import key
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Key, Role
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.keys import Keys
from gpd_soap.validation.queries.keys import NewKey
from tests.api.office import ALL, NOW, ORGANIZATION, BackOffice, Clock, prepare
from tests.conftest import FreshDatabase
from tests.validation.bodies import OTHER


def test_key_is_found_by_its_secret_alone(store: Store):
    """The stored value is not the secret."""
    with store.begin() as connection:
        made, token = keys.create(connection, "Ufficio", Role.WRITER, [OTHER, ORGANIZATION], NOW)

        assert re.fullmatch(r"gpd_[A-Za-z0-9_-]{43}", token)
        assert keys.find(connection, token) == made
        assert made.organizations == (OTHER, ORGANIZATION)
        for wrong in (token[:-1], token + "A", token.upper(), token.removeprefix("gpd_"), ""):
            assert keys.find(connection, wrong) is None
        stored = connection.execute(select(tables.api_key)).one()
        assert token not in map(str, stored)


def test_revoked_key_stays_in_the_list(store: Store):
    """The list shows when it was revoked."""
    with store.begin() as connection:
        made, token = keys.create(connection, "Ufficio", Role.READER, [ORGANIZATION], NOW)
        assert keys.revoke(connection, made.id, NOW)
        assert not keys.revoke(connection, made.id, NOW)
        assert not keys.revoke(connection, "none", NOW)

        assert keys.find(connection, token) is None
        assert keys.list_keys(connection) == [made._replace(revoked_at=NOW)]


@pytest.mark.parametrize("role", list(Role))
def test_key_without_an_organization_is_refused(quick_store: Store, role: Role):
    """Every organization is said aloud, by an administrator too; nothing is stored."""
    new = NewKey(name="Ufficio", role=str(role), organizations=[])  # type: ignore[arg-type]  # pydantic converts it
    with pytest.raises(refusals.OrganizationsNotNamed):
        Keys(quick_store).create(new, NOW)

    assert Keys(quick_store).every() == []
    assert not Key("", "", role, (), NOW, None).serves(ORGANIZATION)
    assert Key("", "", role, (keys.ALL_ORGANIZATIONS,), NOW, None).serves(ORGANIZATION)


def test_administrators_key_of_an_older_version_serves_every_organization(quick_store: Store):
    """It was stored without organizations, and shows the star that it stands for."""
    with quick_store.begin() as connection:
        token = keys.create(connection, "Ufficio", Role.ADMIN, ["*"], NOW)[1]
        connection.execute(update(tables.api_key).values(organizations=[]))

        stored = keys.find(connection, token)

    assert stored is not None
    assert (stored.organizations, stored.serves_every) == (("*",), True)


def test_request_looks_its_key_up_once(quick: BackOffice):
    """One statement searches the digest, and none runs if the text is no key."""
    statements: list[str] = []
    event.listen(
        quick.store.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement),
    )

    quick.get(ALL, key="not one of ours")
    assert not [each for each in statements if "api_key" in each]
    quick.get(ALL)
    assert len([each for each in statements if "api_key" in each]) == 1


@pytest.fixture
def database(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the commands find through the environment."""
    url = fresh_database("sqlite", prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return url


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(key, arguments)


def test_key_created_by_command_works_until_it_is_revoked_by_command(database: str):
    """Standard output holds the secret alone, so that it can be piped on."""
    made = run("create", "--name", "Tributi", "--role", "writer", "--organization", ORGANIZATION)
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    store = Store(database)
    office = BackOffice(store, Clock(), token)
    assert office.get(ALL).status == 200

    listed = run("list").output
    assert f"writer  {ORGANIZATION}" in listed
    assert token not in listed
    key_id = listed.split()[0]
    assert run("revoke", key_id).exit_code == 0

    assert office.get(ALL).status == 401
    assert "revoked" in run("list").output
    assert run("revoke", key_id).exit_code == 1
    store.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--name", "X", "--role", "writer"],
        ["--name", "X", "--role", "admin"],
        ["--name", "X", "--role", "admin", "--organization", "*", "--expires", "yesterday"],
        ["--name", "X", "--role", "admin", "--organization", "*", "--expires", "2026-03-15"],
        ["--name", "X", "--role", "owner"],
        ["--name", "", "--role", "admin"],
        ["--name", "X", "--role", "writer", "--organization", "1234"],
    ],
)
@pytest.mark.usefixtures("database")
def test_invalid_key_command_creates_no_key(arguments: list[str]):
    """The command fails and prints no secret."""
    refused = run("create", *arguments)

    assert refused.exit_code != 0
    assert "gpd_" not in refused.stdout
    assert run("list").output == ""
