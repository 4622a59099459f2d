"""The role that serves: it can do all that serving takes, and cannot rewrite what happened."""

import inspect
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gpd_soap.cli.main import main
from gpd_soap.store import tables
from gpd_soap.store.database.grants import RIGHTS, UnusableRole, grant
from gpd_soap.store.store import Store
from tests import world
from tests.api import (
    test_audit,
    test_configuration,
    test_idempotency,
    test_journal,
    test_key_operations,
    test_life,
    test_listing,
    test_many,
    test_matching,
    test_receipts,
    test_report,
    test_worklist,
)
from tests.api.office import Admin, BackOffice, Clock, prepare
from tests.conftest import FreshDatabase
from tests.postgres import Postgres
from tests.test_messages import CASES, post_case, stored_rows

ROLE = "gpd_serving"


def create_role(postgres: Postgres) -> None:
    """Make the role, which outlives a test's database."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'gpd_serving'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE ROLE gpd_serving LOGIN")


def serving_url(url: str) -> str:
    """Return the same database's address for the role that serves."""
    assert "//postgres@" in url
    return url.replace("//postgres@", f"//{ROLE}@")


def granted(url: str, postgres: Postgres) -> str:
    """Give the role its rights on a database, and return the owner's address."""
    create_role(postgres)
    owner = Store(url)
    with owner.begin() as connection:
        grant(connection, ROLE)
    owner.close()
    return url


@pytest.fixture
def owned(fresh_database: FreshDatabase, postgres: Postgres) -> str:
    """A database whose role that serves has its rights; the owner's address."""
    return granted(fresh_database("postgresql", prepare), postgres)


@pytest.fixture
def serving(owned: str) -> Iterator[Store]:
    """A store of the role that serves."""
    store = Store(serving_url(owned))
    yield store
    store.close()


def test_every_table_has_its_rights():
    """A new table is either served or forgotten: this says which."""
    assert set(RIGHTS) == {*tables.metadata.tables, "alembic_version"}


def test_columns_that_may_change_are_there():
    """A right on a column that was renamed would stop the command."""
    for name, rights in RIGHTS.items():
        columns = {column for right in rights for column in _columns(right)}
        if columns:
            assert columns <= set(tables.metadata.tables[name].c.keys())


def _columns(right: str) -> list[str]:
    return right.partition("(")[2].rstrip(")").split(", ") if "(" in right else []


#: The admin face's own tests, by what they ask for: each is run again under the role that serves.
FLOWS = [
    pytest.param(flow, id=f"{module.__name__.rpartition('.')[2]}-{name}")
    for module in (
        test_audit, test_configuration, test_idempotency, test_journal, test_key_operations,
        test_life, test_listing, test_many, test_matching, test_receipts, test_report,
        test_worklist,
    )
    for name, flow in vars(module).items()
    if name.startswith("test_") and [*inspect.signature(flow).parameters] in (["office"], ["admin"])
]  # fmt: skip
#: The message cases that leave something behind.
WRITING = [case for case in CASES if "[[then" in (case / "case.toml").read_text("utf-8")]


def test_there_are_flows_to_run():
    """A renamed fixture or file leaves no empty list behind."""
    assert len(FLOWS) > 40
    assert len(WRITING) > 20


@pytest.mark.parametrize("flow", FLOWS)
def test_admin_face_does_all_of_it_under_the_serving_role(
    flow: Callable[..., None], serving: Store
):
    """Whatever its own tests do as the owner it does with the rights of serving."""
    [wanted] = inspect.signature(flow).parameters
    flow(BackOffice(serving, Clock()) if wanted == "office" else Admin(serving))


@pytest.mark.parametrize("case", WRITING, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_node_face_keeps_what_it_should_under_the_serving_role(
    case: Path, fresh_database: FreshDatabase, postgres: Postgres
):
    """Each message that leaves something behind gets its answer and leaves it."""
    told = tomllib.loads((case / "case.toml").read_text("utf-8"))
    store = Store(serving_url(granted(fresh_database("postgresql", world.prepare), postgres)))
    asked = (case / "ask.xml").read_bytes()
    for _ in range(told.get("times", 1)):
        answered = post_case(partial(world.face, store), told, asked)

    assert answered.status == told.get("status", 200)
    assert told.get("then", {}) == stored_rows(store, asked)
    store.close()


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
        "TRUNCATE audit",
        "DELETE FROM journal",
        "UPDATE journal SET outcome = 'OK'",
        "DELETE FROM journal_rest",
        "DELETE FROM retired_number",
        "DELETE FROM api_key",
        "UPDATE api_key SET role = 'admin'",
        "UPDATE alembic_version SET version_num = ''",
        "CREATE TABLE more (id integer)",
        "DROP TABLE receipt",
        "ALTER TABLE audit RENAME TO other",
        "CREATE TRIGGER t AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION f()",
    ],
)
def test_serving_role_cannot_rewrite_what_happened(statement: str, serving: Store):
    """Whoever takes over a server leaves receipts, audit and journal as they are."""
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        serving.begin() as connection,
    ):
        connection.execute(text(statement))


def test_rights_of_an_older_version_are_taken_away(owned: str, serving: Store):
    """What the role could do before and need not now it can do no longer."""
    owner = Store(owned)
    with owner.begin() as connection:
        connection.execute(text(f"GRANT ALL ON receipt, audit TO {ROLE}"))
        grant(connection, ROLE)
    owner.close()

    with pytest.raises(ProgrammingError, match="permission"), serving.begin() as connection:
        connection.execute(text("DELETE FROM receipt"))


@pytest.mark.parametrize("role", ["nobody_there", "postgres"])
def test_role_that_cannot_be_bounded_is_refused(role: str, owned: str):
    """One that there is not, and one that can do everything."""
    owner = Store(owned)
    with pytest.raises(UnusableRole), owner.begin() as connection:
        grant(connection, role)
    owner.close()


def test_command_grants_and_says_what_is_missing(owned: str, database_url: str):
    """An operator runs it after an upgrade, and learns what to do before."""
    given = CliRunner().invoke(main, ["db", "grant", ROLE], env={"GPD_DATABASE_URL": owned})
    none = CliRunner().invoke(
        main, ["db", "grant", "nobody_there"], env={"GPD_DATABASE_URL": owned}
    )
    early = CliRunner().invoke(main, ["db", "grant", ROLE], env={"GPD_DATABASE_URL": database_url})

    assert (given.exit_code, given.output) == (0, "granted\n")
    assert (none.exit_code, "CREATE ROLE" in none.output) == (1, True)
    assert (early.exit_code, "db upgrade" in early.output) == (1, True)


def test_sqlite_has_no_roles(fresh_database: FreshDatabase):
    """It is said, and nothing is done."""
    store = Store(fresh_database("sqlite", prepare))
    with pytest.raises(UnusableRole, match="PostgreSQL alone"), store.begin() as connection:
        grant(connection, ROLE)
    store.close()
