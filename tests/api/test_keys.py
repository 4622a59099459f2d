"""Keys: shown once, kept as a digest, found by one look-up, made and revoked by command."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event, select

from gpd_soap.cli.keys import key as command
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Key, Role, UnusableKey
from gpd_soap.store.store import Store
from tests.api.office import ALL, NOW, ORGANIZATION, Clock, Office, prepare
from tests.validation.bodies import OTHER


def test_a_key_is_found_by_what_its_holder_was_given(store: Store):
    """And by nothing else; what is kept is not what was given."""
    with store.begin() as connection:
        made, token = keys.create(connection, "Ufficio", Role.WRITER, [OTHER, ORGANIZATION], NOW)

        assert re.fullmatch(r"gpd_[A-Za-z0-9_-]{43}", token)
        assert keys.find(connection, token) == made
        assert made.organizations == (OTHER, ORGANIZATION)
        for wrong in (token[:-1], token + "A", token.upper(), token.removeprefix("gpd_"), ""):
            assert keys.find(connection, wrong) is None
        kept = connection.execute(select(tables.api_key)).one()
        assert token not in map(str, kept)


def test_a_revoked_key_stays_in_the_list(store: Store):
    """So that anyone can see that it was there, and when it ended."""
    with store.begin() as connection:
        made, token = keys.create(connection, "Ufficio", Role.READER, [ORGANIZATION], NOW)
        assert keys.revoke(connection, made.id, NOW)
        assert not keys.revoke(connection, made.id, NOW)
        assert not keys.revoke(connection, "none", NOW)

        assert keys.find(connection, token) is None
        assert keys.every(connection) == [made._replace(revoked_at=NOW)]


@pytest.mark.parametrize("role", [Role.READER, Role.WRITER])
def test_only_an_administrator_may_be_for_every_organization(quick_store: Store, role: Role):
    """A reader or a writer of none is a mistake."""
    with quick_store.begin() as connection, pytest.raises(UnusableKey):
        keys.create(connection, "Ufficio", role, [], NOW)

    assert Key("", "", Role.ADMIN, (), NOW, None).serves(ORGANIZATION)
    assert not Key("", "", role, (), NOW, None).serves(ORGANIZATION)


def test_a_request_asks_once_for_its_key(quick: Office):
    """One statement, by digest; what does not look like a key is not asked for at all."""
    asked: list[str] = []
    event.listen(
        quick.store.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: asked.append(statement),
    )

    quick.get(ALL, key="not one of ours")
    assert not [each for each in asked if "api_key" in each]
    quick.get(ALL)
    assert len([each for each in asked if "api_key" in each]) == 1


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the commands find."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    prepare(url)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return url


def run(*told: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(command, told)


def test_a_key_made_by_command_works_until_it_is_revoked_by_command(database: str):
    """The token stands alone on standard output, to be piped on."""
    made = run("create", "--name", "Tributi", "--role", "writer", "--organization", ORGANIZATION)
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    store = Store(database)
    office = Office(store, Clock(), token)
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
    "told",
    [
        ["--name", "X", "--role", "writer"],
        ["--name", "X", "--role", "owner"],
        ["--name", "", "--role", "admin"],
        ["--name", "X", "--role", "writer", "--organization", "1234"],
    ],
)
@pytest.mark.usefixtures("database")
def test_a_key_that_makes_no_sense_is_not_made(told: list[str]):
    """Nothing is printed that looks like one."""
    refused = run("create", *told)

    assert refused.exit_code != 0
    assert "gpd_" not in refused.stdout
    assert run("list").output == ""
