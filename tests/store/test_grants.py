"""The serving role: it can do all that serving needs, and cannot change the past."""

import inspect
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gpd_soap import clock
from gpd_soap.cli.main import main
from gpd_soap.store import tables
from gpd_soap.store.database.grants import RIGHTS, UnusableRole, grant
from gpd_soap.store.database.until import Until
from gpd_soap.store.purge import Kind, purge
from gpd_soap.store.store import Store
from gpd_soap.usecases.loads.undo import Way
from tests import world
from tests.api import (
    test_audit,
    test_configuration,
    test_configuration_values,
    test_document_batches,
    test_documents,
    test_idempotency,
    test_journal,
    test_key_operations,
    test_life,
    test_listing,
    test_many,
    test_matching,
    test_matching_races,
    test_receipts,
    test_report,
    test_reprocessing,
    test_search,
    test_worklist,
)
from tests.api.office import ONE, Admin, BackOffice, Clock, Face, prepare
from tests.api.print_service import test_access, test_folders, test_printed_notices
from tests.conftest import FreshDatabase, LendDatabase, WorldOf
from tests.features.oidc import harness as oidc
from tests.features.oidc import provider
from tests.features.passkeys import harness as passkeys
from tests.postgres import Postgres
from tests.shared_world import SharedDatabase
from tests.test_messages import CASES, post_case, stored_rows
from tests.usecases.loads.files import as_csv, line
from tests.usecases.loads.harness import LoadHarness
from tests.usecases.people import people
from tests.waiting import until_locked_out

ROLE = "gpd_serving"


def create_role(postgres: Postgres) -> None:
    """Creates the role, which stays after a test's database."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'gpd_serving'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE ROLE gpd_serving LOGIN")


def serving_url(url: str) -> str:
    """Returns the address of the same database for the serving role."""
    assert "//postgres@" in url
    return url.replace("//postgres@", f"//{ROLE}@")


def granted(url: str, postgres: Postgres) -> str:
    """Grants the role its rights on a database.  Returns the owner's address."""
    create_role(postgres)
    owner = Store(url)
    with owner.begin() as connection:
        grant(connection, ROLE)
    owner.close()
    return url


@pytest.fixture
def owned(fresh_database: FreshDatabase, postgres: Postgres) -> str:
    """Returns the owner's address of a database with a serving role."""
    return granted(fresh_database("postgresql", prepare), postgres)


@pytest.fixture
def serving(owned: str) -> Iterator[Store]:
    """Yields a store of the serving role."""
    store = Store(serving_url(owned))
    yield store
    store.close()


def test_rights_name_every_table():
    """A new table without rights fails here."""
    assert set(RIGHTS) == {*tables.metadata.tables, "alembic_version"}


def test_rights_on_columns_name_existing_columns():
    """A right on a renamed column would make the command fail."""
    for name, rights in RIGHTS.items():
        columns = {column for right in rights for column in _columns(right)}
        if columns:
            assert columns <= set(tables.metadata.tables[name].c.keys())


def _columns(right: str) -> list[str]:
    return right.partition("(")[2].rstrip(")").split(", ") if "(" in right else []


@pytest.fixture(scope="module")
def serving_of(postgres: Postgres) -> Iterator[Callable[[SharedDatabase], Store]]:
    """Yields a function that returns the serving role's store over a shared database."""
    opened: dict[str, Store] = {}

    def serving_of(shared: SharedDatabase) -> Store:
        if shared.url not in opened:
            opened[shared.url] = Store(serving_url(granted(shared.url, postgres)))
        return opened[shared.url]

    yield serving_of
    for store in opened.values():
        store.close()


@pytest.fixture(scope="module")
def face_of() -> Callable[[Store], Face]:
    """Returns the admin face over a store, built once."""
    return cache(Face)


def test_serving_role_moves_no_document(owned: str, monkeypatch: pytest.MonkeyPatch):
    """The command says who can, in one line."""
    monkeypatch.setenv("GPD_DATABASE_URL", serving_url(owned))
    refused = CliRunner().invoke(main, ["documents", "move"])

    assert refused.exit_code == 1
    assert "the owner of the tables alone can move documents" in refused.output


#: Tests of the REST API, chosen by their fixtures; each runs again under the serving role.
FLOWS = [
    pytest.param(flow, id=f"{module.__name__.rpartition('.')[2]}-{name}")
    for module in (
        test_access, test_audit, test_configuration, test_configuration_values,
        test_document_batches, test_documents, test_folders, test_idempotency, test_journal,
        test_key_operations, test_life, test_listing, test_many, test_matching,
        test_matching_races, test_printed_notices, test_receipts, test_report, test_reprocessing,
        test_search, test_worklist,
    )
    for name, flow in vars(module).items()
    if name.startswith("test_") and [*inspect.signature(flow).parameters] in (["office"], ["admin"])
]  # fmt: skip
#: The message cases that write rows.
WRITING = [case for case in CASES if "[[then" in (case / "case.toml").read_text("utf-8")]


def test_flows_and_writing_cases_are_many():
    """A renamed fixture or file would leave an empty list."""
    assert len(FLOWS) > 40
    assert len(WRITING) > 20


@pytest.mark.parametrize("flow", FLOWS)
def test_rest_api_flow_under_the_serving_role_succeeds(
    flow: Callable[..., None],
    shared_database: LendDatabase,
    serving_of: Callable[[SharedDatabase], Store],
    face_of: Callable[[Store], Face],
):
    """The flow is that of the owner, with the rights of serving."""
    [fixture] = inspect.signature(flow).parameters
    store = serving_of(shared_database("postgresql", prepare))
    face = face_of(store)
    flow(BackOffice(store, Clock(), face=face) if fixture == "office" else Admin(store, face=face))
    # WHY: a row that is written later would be among those of the next test.
    assert store.journal.flush()
    assert store.access_trail.flush()


def test_life_of_an_operator_under_the_serving_role_succeeds(serving: Store):
    """Operators are invited, sign in and are suspended with the rights of serving."""
    people.journey(serving)


def test_life_of_passkeys_under_the_serving_role_succeeds(serving: Store):
    """They are added, used, found to be copied and removed with the rights of serving."""
    passkeys.journey(serving)


def test_load_of_a_file_under_the_serving_role_succeeds(serving: Store):
    """It works from the trial to the undo, and to the removal at its term."""
    harness = LoadHarness(serving)
    load = harness.loaded(as_csv([line(1), line(2, codice_fiscale="0123456789")]))
    assert harness.to_mend(load)
    harness.loads.undo(load.organization, load.id, Way.DELETE)
    harness.work()
    assert harness.iupds() == []
    assert purge(serving, Kind.FILES, Until(harness.now)) == 1


def test_life_with_a_provider_under_the_serving_role_succeeds(serving: Store):
    """Identities are added, used and removed, and operators made, with the rights of serving."""
    with provider.serving(provider.Provider(oidc.CLIENT, oidc.SECRET, clock.utc_now)) as served:
        oidc.journey(serving, served)


@pytest.mark.parametrize("case", WRITING, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_node_message_under_the_serving_role_writes_the_same(
    case: Path, shared_world: WorldOf, serving_of: Callable[[SharedDatabase], Store]
):
    """Each message gets its answer and leaves its rows."""
    expected = tomllib.loads((case / "case.toml").read_text("utf-8"))
    store = serving_of(shared_world("postgresql"))
    request = (case / "ask.xml").read_bytes()
    for _ in range(expected.get("times", 1)):
        answer = post_case(partial(world.face, store), expected, request)

    assert answer.status == expected.get("status", 200)
    assert expected.get("then", {}) == stored_rows(store, request)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM receipt",
        "UPDATE receipt SET amount = 1",
        "UPDATE receipt SET raw = ''",
        "UPDATE receipt SET nav = '', iuv = '', receipt_id = ''",
        "TRUNCATE receipt",
        "DELETE FROM quarantine",
        "UPDATE quarantine SET raw = ''",
        "DELETE FROM audit",
        "UPDATE audit SET key_name = ''",
        "UPDATE audit SET actor = 'nobody', nav = NULL",
        "TRUNCATE audit",
        "DELETE FROM journal",
        "UPDATE journal SET outcome = 'OK'",
        "DELETE FROM journal_rest",
        "DELETE FROM retired_number",
        "INSERT INTO retention_term VALUES ('77777777777', 'positions', 12)",
        "UPDATE receipt SET forgotten_at = now()",
        "DELETE FROM api_key",
        "UPDATE api_key SET role = 'admin'",
        "UPDATE api_key SET expires_at = NULL",
        "DELETE FROM demand",
        "DELETE FROM operator",
        "UPDATE operator SET role = 'admin'",
        "UPDATE operator SET organizations = '[]', scopes = '[]'",
        "DELETE FROM operator_invitation",
        "UPDATE operator_invitation SET operator = ''",
        "UPDATE operator_passkey SET public_key = '', operator = ''",
        "UPDATE operator_identity SET operator = '', subject = ''",
        "UPDATE operator_ceremony SET kind = '', operator = ''",
        "UPDATE alembic_version SET version_num = ''",
        "CREATE TABLE more (id integer)",
        "DROP TABLE receipt",
        "ALTER TABLE audit RENAME TO other",
        "CREATE TRIGGER t AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION f()",
    ],
)
def test_statement_against_the_past_under_the_serving_role_is_denied(
    statement: str, shared_database: LendDatabase, serving_of: Callable[[SharedDatabase], Store]
):
    """An attacker on a server cannot change receipts, audit or journal."""
    store = serving_of(shared_database("postgresql", prepare))
    # WHY: a statement that is not denied is never committed, since other tests use the database.
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        store.engine.connect() as connection,
    ):
        connection.execute(text(statement))


def test_grant_revokes_the_rights_of_an_older_version(owned: str, serving: Store):
    """The role loses every right that serving does not need."""
    owner = Store(owned)
    with owner.begin() as connection:
        connection.execute(text(f"GRANT ALL ON receipt, audit TO {ROLE}"))
        grant(connection, ROLE)
    owner.close()

    with pytest.raises(ProgrammingError, match="permission"), serving.begin() as connection:
        connection.execute(text("DELETE FROM receipt"))


@pytest.mark.parametrize("role", ["nobody_there", "postgres"])
def test_grant_to_a_missing_role_or_a_superuser_is_refused(role: str, owned: str):
    """The rights of a superuser cannot be limited."""
    owner = Store(owned)
    with pytest.raises(UnusableRole), owner.begin() as connection:
        grant(connection, role)
    owner.close()


def test_grant_command_grants_or_names_the_missing_step(owned: str, database_url: str):
    """An operator runs the command after each upgrade."""
    given = CliRunner().invoke(main, ["db", "grant", ROLE], env={"GPD_DATABASE_URL": owned})
    none = CliRunner().invoke(
        main, ["db", "grant", "nobody_there"], env={"GPD_DATABASE_URL": owned}
    )
    early = CliRunner().invoke(main, ["db", "grant", ROLE], env={"GPD_DATABASE_URL": database_url})

    assert (given.exit_code, given.output) == (0, "granted\n")
    assert (none.exit_code, "CREATE ROLE" in none.output) == (1, True)
    assert (early.exit_code, "db upgrade" in early.output) == (1, True)


def test_trail_and_last_use_under_the_serving_role_are_written(serving: Store):
    """The writer adds rows and updates one column of a key."""
    office = Admin(serving)
    office.create()
    assert office.get(ONE).status == 200
    assert serving.access_trail.flush(20)

    [key] = [each for each in office.get("/keys").body["keys"] if "lastUsedAt" in each]
    [row] = office.get("/audit?kind=read").body["changes"]
    assert (row["keyId"], row["iupd"]) == (key["id"], "POSIZIONE-1")


def test_purge_under_the_serving_role_names_the_owner(owned: str):
    """An operator reads who can run it, and nothing is removed."""
    serving = {"GPD_DATABASE_URL": serving_url(owned)}
    refused = CliRunner().invoke(main, ["purge"], env=serving)
    done = CliRunner().invoke(main, ["purge"], env={"GPD_DATABASE_URL": owned})

    assert (refused.exit_code, "owner of the tables" in refused.output) == (1, True)
    assert done.exit_code == 0, done.output


def test_grant_beside_another_grant_waits_for_it(owned: str):
    """Two machines are upgraded at once; PostgreSQL would end one with an internal error."""
    owner = Store(owned)

    def grant_again() -> None:
        with owner.begin() as connection:
            grant(connection, ROLE)

    with ThreadPoolExecutor(1) as pool:
        with owner.begin() as connection:
            grant(connection, ROLE)
            second = pool.submit(grant_again)
            until_locked_out(owner, 1)
        second.result(60)
    owner.close()


def test_grant_on_sqlite_is_refused(fresh_database: FreshDatabase):
    """SQLite has no roles."""
    store = Store(fresh_database("sqlite", prepare))
    with pytest.raises(UnusableRole, match="PostgreSQL alone"), store.begin() as connection:
        grant(connection, ROLE)
    store.close()
