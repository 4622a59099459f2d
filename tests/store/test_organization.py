"""Each statement that the program runs names the organization for each of its relations."""

import inspect
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, and_, delete, event, exists, select, update
from sqlalchemy.sql.base import Executable

from gpd_soap.store import tables
from gpd_soap.store.database import session
from gpd_soap.store.store import Store
from tests import compiled, world
from tests.api.interleaved import OPERATIONS, RECEIPTS
from tests.api.interleaved import outcome as outcome_of
from tests.api.office import Admin, BackOffice, Clock, Face, prepare
from tests.api.serial_orders import SettlementSteps, new_run
from tests.conftest import KINDS, FreshDatabase
from tests.shared_world import SharedDatabase, SharedWorld
from tests.store.relations import unbound
from tests.store.test_grants import FLOWS, WRITING
from tests.test_messages import post_case

#: Functions whose statements are for every organization, and why.
OF_EVERY_ORGANIZATION = {
    "purge._remove": "a schedule removes what is past its term, of every organization",
    "journal.tally.read": "an operator counts the exchanges of every organization",
    "journal.entries.page": "an operator searches the journal of every organization",
    "journal.entries.find": "an operator reads an entry of any organization",
    "journal.entries._navs": "an operator searches the journal of every organization",
    "database.paging.fetch_page": "lists of organizations, keys and changes are for operators",
    "receipts.worklist.page": "the worklist of receipts of no registered organization",
    "receipts.worklist.read": "a case of no registered organization",
    "receipts.worklist.raw": "a case of no registered organization",
    "receipts.worklist.lock": "a case of no registered organization",
    "receipts.worklist.resolve": "a case of no registered organization",
    "receipts.worklist.unregistered": "receipts of no registered organization",
    "statistics._rows": "metrics count the rows of every organization",
    "store.Store.last_probe": "health shows the last probe of any station",
    "usecases.loading.configure.organizations": "a file may name any organization",
    "jobs.read.locate": "an operator reads a job of any organization",
    "jobs.queue.due": "a worker looks for the jobs of every organization",
    "jobs.read.organizations": "schedules are for every organization",
    "configuration.references.dependents": "a station is removed when no organization refers to it",
}
#: Initial positions from which the operations run each of their statements.
WITH_EVERY_STATEMENT = ("lone", "draft")
Runs = dict[str, list[str]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Yields the relations without an organization, by the function that ran the statement."""
    by_caller: Runs = defaultdict(list)
    made = session.Statement.__init__
    read: set[Any] = set()

    def note(statement: Any) -> None:
        if isinstance(statement, Executable):
            name, shape = caller(), shape_of(statement)
            if shape is None or (name, shape) not in read:
                by_caller[name] += unbound(statement)
                read.add((name, shape))

    def before(_: object, statement: Any, *__: object) -> None:
        note(statement)

    def make(self: Any, statement: Any, *rest: Any, **more: Any) -> None:
        note(statement)
        made(self, statement, *rest, **more)

    # WHY: the statements of the node face are seen when they are compiled.
    monkeypatch.setattr(compiled, "KEPT", {})
    monkeypatch.setattr(session.Statement, "__init__", make)
    event.listen(Engine, "before_execute", before)
    yield by_caller
    event.remove(Engine, "before_execute", before)


def shape_of(statement: Any) -> Any:
    """Returns what statements have in common that differ in values alone, or None."""
    key = statement._generate_cache_key()
    return None if key is None else key.key


def caller() -> str:
    """Returns the function of the program that runs a statement, without the package."""
    frame = sys._getframe(1)
    while not (name := frame.f_globals["__name__"]).startswith("gpd_soap."):
        assert frame.f_back is not None
        if name.startswith("tests.") and name != __name__:
            return "tests"
        frame = frame.f_back
    name = name.removeprefix("gpd_soap.").removeprefix("store.")
    return f"{name}.{frame.f_code.co_qualname.partition('.<locals>')[0]}"


def wrong(runs: Runs) -> Runs:
    """Returns the functions whose statements lack the organization."""
    return {
        name: sorted(set(relations))
        for name, relations in runs.items()
        if relations and name != "tests" and name not in OF_EVERY_ORGANIZATION
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_statement_of_the_operations_names_the_organization(
    kind: str, fresh_database: FreshDatabase, runs: Runs
):
    """Every change of a position, and the receipts of the Node, with what they read."""
    store = Store(fresh_database(kind, prepare))
    for before in WITH_EVERY_STATEMENT:
        for name in OPERATIONS:
            outcome_of(OPERATIONS[name], new_run(store, before))
        for sent in RECEIPTS.values():
            SettlementSteps(new_run(store, before), sent).finish()
    store.close()

    assert len(runs) > 20
    assert wrong(runs) == {}


def test_every_statement_of_the_rest_api_names_the_organization(
    fresh_database: FreshDatabase, runs: Runs
):
    """The flows are those of the serving role."""
    with closing(SharedDatabase(fresh_database("sqlite", prepare))) as shared:
        store, face = shared.store, Face(shared.store)
        for flow in FLOWS:
            test: Any = flow.values[0]
            [fixture] = inspect.signature(test).parameters
            admin = fixture == "admin"
            test(Admin(store, face=face) if admin else BackOffice(store, Clock(), face=face))
            shared.reset()

    assert len(runs) > 50
    assert wrong(runs) == {}


def test_every_statement_of_the_node_names_the_organization(
    fresh_database: FreshDatabase, runs: Runs
):
    """The messages are those that write rows."""
    with closing(SharedWorld(fresh_database("sqlite", world.prepare))) as shared:
        for case in WRITING:
            facts = tomllib.loads((case / "case.toml").read_text("utf-8"))
            post_case(shared.face, facts, (case / "ask.xml").read_bytes())
            shared.reset()

    assert len(runs) > 10
    assert wrong(runs) == {}


OPTION, OTHER = tables.payment_option.c, tables.payment_option.alias("other").c
POSITION = tables.position.c
OF_OPTION = and_(POSITION.organization == OPTION.organization, POSITION.iupd == OPTION.iupd)
OURS = OPTION.organization == "77777777777"


@pytest.mark.parametrize(
    "statement",
    [
        select(OPTION.nav),
        select(OPTION.nav).where(OPTION.nav == "1"),
        select(OPTION.nav).where(OPTION.organization == OPTION.iupd),
        select(OPTION.nav).where(OURS | (OPTION.nav == "1")),
        select(OPTION.nav).where(~OURS),
        select(OPTION.nav).join_from(tables.payment_option, tables.position, OF_OPTION).where(OURS),
        select(OPTION.nav).where(OURS, exists().where(OTHER.organization == OPTION.organization)),
        select(select(OPTION.nav).subquery()),
        select(select(OPTION.nav).cte()),
        update(tables.payment_option).where(OPTION.nav == "1"),
        update(tables.payment_option).where(OURS, OPTION.iupd.in_(select(POSITION.iupd))),
        delete(tables.payment_option).where(OPTION.nav == "1"),
        select(tables.organization.c.name),
    ],
    ids=str,
)
def test_relation_without_the_organization_is_seen(statement: Executable):
    """The check itself."""
    assert unbound(statement) != []


@pytest.mark.parametrize(
    "statement",
    [
        select(OPTION.nav).where(OURS),
        select(tables.broker.c.fiscal_code),
        select(OPTION.nav).where(OURS, exists().where(OTHER.organization == "1")),
        select(OPTION.nav).where(
            OURS, exists().where(OTHER.organization == "1", OPTION.nav == "1")
        ),
        select(OPTION.nav)
        .join_from(
            tables.payment_option, tables.position, and_(OF_OPTION, POSITION.organization == "1")
        )
        .where(OURS),
        update(tables.payment_option).where(OURS),
    ],
    ids=str,
)
def test_relation_with_the_organization_is_let_through(statement: Executable):
    """A relation of an outer block is bound there."""
    assert unbound(statement) == []
