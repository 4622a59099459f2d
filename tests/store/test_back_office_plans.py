"""Every other list of the REST API reads by index, on both databases."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, literal, select

from gpd_soap.core.case_id import CaseKey
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.core.receipt import NEEDS_A_PERSON, ReceiptStatus
from gpd_soap.store import tables
from gpd_soap.store.access import audit, keys
from gpd_soap.store.access.audit import AuditFilter, Change
from gpd_soap.store.configuration import read as read_configuration
from gpd_soap.store.configuration import write as write_configuration
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.journal import entries, tally
from gpd_soap.store.journal import writer as journal
from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.receipts import history, listing, worklist
from gpd_soap.store.receipts import search as receipts
from gpd_soap.store.store import Store
from tests.conftest import KINDS, Databases
from tests.store.samples import NOW, ORGANIZATION, RAW, nav, prepare
from tests.store.test_plans import add_receipts, scans

MANY = 3000
#: The organizations that the tests do not query.
OTHERS = [str(88888888880 + number) for number in range(12)]
BIG = ("receipt", "quarantine", "journal", "audit", "tally")
#: Lists of nearly a whole table read it whole.
ALL_OF = {"audit of all": "audit", "worklist of nobody": "quarantine"}
FIRST = PageRequest(50, 0)
LISTED = receipts.ReceiptQuery(NOW - timedelta(days=1), NOW, None, None, None, (), 20, 0)
CASES = worklist.CaseQuery(None, False, None, None, 10, 0)
OF_NOTICE = history.HistoryQuery(nav(7), None, None, 10, 0)
SEARCHED = entries.JournalQuery(ORGANIZATION, NOW - timedelta(minutes=9), NOW, 50)

LATEST = listing.ReceiptFilter(NOW - timedelta(days=1), NOW, tuple(ReceiptStatus))
HOURS = NOW - timedelta(hours=9)

LISTS: dict[str, Callable[[Connection], object]] = {
    "receipts": lambda c: receipts.page(c, ORGANIZATION, LISTED),
    "receipts without end": lambda c: receipts.page(c, ORGANIZATION, LISTED._replace(until=None)),
    "receipts of a debtor": lambda c: receipts.page(c, ORGANIZATION, LISTED._replace(debtor="X")),
    "receipts of a service": lambda c: receipts.page(
        c, ORGANIZATION, LISTED._replace(service="47", segregation=("47", "48"))
    ),
    "receipts of either": lambda c: receipts.page(
        c, ORGANIZATION, LISTED._replace(debtor_or_iuv="47")
    ),
    "one receipt": lambda c: receipts.find(c, ORGANIZATION, nav(77)[1:]),
    "receipts of a notice": lambda c: history.page(c, ORGANIZATION, OF_NOTICE),
    "receipts of an IUV": lambda c: history.page(
        c, ORGANIZATION, OF_NOTICE._replace(nav=None, iuv=nav(7)[1:])
    ),
    "receipts of an id": lambda c: history.page(
        c, ORGANIZATION, OF_NOTICE._replace(nav=None, receipt_id="r-7")
    ),
    "latest receipts": lambda c: listing.page(c, ORGANIZATION, LATEST, 20),
    "latest receipts after": lambda c: listing.page(
        c, ORGANIZATION, LATEST, 20, listing.ReceiptListKey(NOW, "0")
    ),
    "latest receipts of a PSP": lambda c: listing.page(
        c, ORGANIZATION, LATEST._replace(psp="ABI00000"), 20
    ),
    "tally": lambda c: list(tally.read(c, ORGANIZATION, HOURS, NOW)),
    "tally of all": lambda c: list(tally.read(c, None, HOURS, NOW)),
    "message of a receipt": lambda c: history.document(c, ORGANIZATION, CaseKey("r-77", 0)),
    **{
        f"worklist of {kind}, {resolved}": lambda c, kind=kind, resolved=resolved: worklist.page(  # type: ignore[misc]  # a default of a lambda has no type
            c, ORGANIZATION, CASES._replace(kind=kind, resolved=resolved)
        )
        for kind, resolved in itertools.product(
            (None, "quarantine", *map(str, NEEDS_A_PERSON)), (None, False, True)
        )
    },
    "worklist of a notice": lambda c: worklist.page(c, ORGANIZATION, CASES._replace(nav=nav(7))),
    "worklist of an IUV": lambda c: worklist.page(c, ORGANIZATION, CASES._replace(iuv=nav(7)[1:])),
    "worklist of nobody": lambda c: worklist.page(c, None, CASES),
    "one case": lambda c: worklist.read(c, ORGANIZATION, CaseKey("r-77", 0)),
    "journal": lambda c: entries.page(c, SEARCHED),
    "journal of all": lambda c: entries.page(c, SEARCHED._replace(organization=None)),
    "journal after": lambda c: entries.page(
        c, SEARCHED._replace(after=entries.EntryKey(NOW - timedelta(minutes=5), 1))
    ),
    "journal of a notice": lambda c: entries.page(c, SEARCHED._replace(nav=nav(7))),
    "journal of an IUV": lambda c: entries.page(c, SEARCHED._replace(iuv=nav(7)[1:])),
    "journal of a receipt": lambda c: entries.page(c, SEARCHED._replace(receipt_id="r-7")),
    **{
        f"journal of a {name}": lambda c, name=name: entries.page(  # type: ignore[misc]  # a default of a lambda has no type
            c, entries.JournalQuery(**{**SEARCHED._asdict(), name: "x"})
        )
        for name in ("operation", "outcome", "fault", "psp", "station")
    },
    "one entry": lambda c: entries.find(c, ORGANIZATION, entries.EntryKey(NOW, 7)),
    "audit": lambda c: audit.page(c, ORGANIZATION, FIRST),
    "audit of all": lambda c: audit.page(c, None, FIRST),
    "audit of a notice": lambda c: audit.page(
        c, ORGANIZATION, FIRST, AuditFilter("all", nav=nav(7))
    ),
    **{
        f"audit of a {name}, {organization or 'of all'}": lambda c, o=organization, f=filters: (  # type: ignore[misc]  # a default of a lambda has no type
            audit.page(c, o, FIRST, f)
        )
        for organization in (ORGANIZATION, None)
        for name, filters in {
            "position": AuditFilter("all", iupd="P-7"),
            "receipt": AuditFilter("all", receipt_id="r-7"),
            "key": AuditFilter("all", key_id="k-7"),
            "user": AuditFilter("all", actor="ada"),
        }.items()
    },
    "keys": lambda c: keys.page(c, FIRST),
    "one key": lambda c: keys.find(c, keys.PREFIX + "x"),
    "organizations": lambda c: read_configuration.organizations(c, FIRST),
    "brokers": lambda c: read_configuration.brokers(c, FIRST),
    "stations": lambda c: read_configuration.stations(c, FIRST),
    "stations of one": lambda c: read_configuration.serving(c, ORGANIZATION, FIRST),
    "services": lambda c: read_configuration.services(c, ORGANIZATION, FIRST),
}


def entry(number: int) -> Entry:
    """Returns one of many journal entries, each a minute before the last."""
    organization = [ORGANIZATION, *OTHERS][number % 13]
    exchange = ("192.0.2.1", "paSendRTV2", "15376371009", "15376371009_01", nav(number), None)
    instant = NOW - timedelta(minutes=number)
    return Entry(
        organization,
        instant,
        number,
        1000,
        *exchange,
        f"r-{number}",
        "ABI",
        "1_01",
        "OK",
        NOT_GIVEN,
        "kept",
        200,
        None,
    )


def fill(connection: Connection) -> None:
    """Inserts thousands of rows into each table that grows."""
    columns = [column for column in tables.receipt.c if column.name != "organization"]
    for other in OTHERS:
        write_configuration.put_organization(connection, other, "Un altro ente")
        copied = select(literal(other), *columns).where(
            tables.receipt.c.organization == ORGANIZATION
        )
        names = ["organization", *(column.name for column in columns)]
        connection.execute(insert(tables.receipt).from_select(names, copied))
    journal.write_entries(connection, [entry(number) for number in range(MANY)])
    for number in range(MANY):
        instant = NOW - timedelta(minutes=number)
        organization = [ORGANIZATION, *OTHERS][number % 13]
        audit.write_change(
            connection,
            Change(
                organization, instant, f"k-{number % 99}", "Prova", "PUT", "/x", 200, f"{number}",
                nav=nav(number), iupd=f"P-{number}", receipt_id=f"r-{number}",
            ),
        )  # fmt: skip
    rows = [
        {
            "organization": str(10**10 + number % 50),
            "digest": f"{number:064}",
            "primitive": "paSendRTV2",
            "reason": "broken",
            "received_at": NOW,
            "last_received_at": NOW,
            "raw": RAW,
        }
        for number in range(MANY)
    ]
    connection.execute(insert(tables.quarantine), rows)


@pytest.fixture(scope="module", params=KINDS)
def crowded(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """Yields a store with many rows in every table that grows."""
    name, url = databases.make(request.param, prepare)
    store = Store(url)
    add_receipts(store)
    with store.begin() as connection:
        without_statement_timeout(connection)
        fill(connection)
    if request.param == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            without_statement_timeout(connection)
            connection.exec_driver_sql("SET statement_timeout = 0")
            # WHY: an index-only scan needs pages that VACUUM marked as visible to all.
            connection.exec_driver_sql("VACUUM ANALYZE")
    yield store
    store.close()
    databases.server(request.param).drop_database(name)


def whole_tables(connection: Connection, sql: str, values: Any) -> list[str]:
    """Returns the big tables that a statement reads whole."""
    if connection.dialect.name == "postgresql":
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", values).scalar_one()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        scanned = [
            (re.sub(r"_(\d{4}_\d{2}|rest)$", "", table), how)
            for table, how in scans(plan[0]["Plan"])
        ]
        return [table for table, how in scanned if table in BIG and how == "Seq Scan"]
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
    read = [re.match(r"SCAN (\w+?)(_\d+)?( USING INDEX (\w+))?$", row[3]) for row in plan]
    # WHY: in the order of an index, a list over all organizations reads only its page.
    return [each[1] for each in read if each and each[1] in BIG and not each[4]]


@pytest.mark.parametrize("which", LISTS)
def test_list_of_the_rest_api_reads_no_big_table_whole(crowded: Store, which: str):
    """Neither its page nor its total reads a big table whole."""
    statements: list[tuple[str, Any]] = []
    with crowded.reading() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _, __, statement, values, *___: statements.append((statement, values)),
        )
        LISTS[which](connection)
        reads = [each for each in statements if each[0].startswith(("SELECT", "WITH"))]
        read_in_full = [table for each in reads for table in whole_tables(connection, *each)]

    assert reads
    assert set(read_in_full) <= {ALL_OF.get(which)}
