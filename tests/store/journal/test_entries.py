"""The journal's entries are found by every filter, in pages, by an index."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store import tables
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, EntryKey, JournalQuery
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.store import samples
from tests.store.journal.test_writer import SECOND, exchange
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    TOMORROW,
    YESTERDAY,
    entry_of,
    nav,
    prepare,
    take,
)

MANY = 3000
#: The IUV of a notice of aux digit 0.
SHORT = "123456789012345"


def receipt(serial: int, **more: object) -> Entry:
    """Return the entry of a receipt of a notice."""
    fields = {
        "operation": "paSendRTV2",
        "iuv": nav(serial)[1:],
        "receipt_id": f"r-{serial}",
        "psp": "ABI00000",
        "channel": "00000000191_01",
        **more,
    }
    return entry_of(exchange(serial, **fields))


def query(**more: Any) -> JournalQuery:
    """Return a query for up to a hundred entries of the organization."""
    fields = {"organization": ORGANIZATION, "first": YESTERDAY, "last": TOMORROW, "limit": 100}
    return JournalQuery(**{**fields, **more})


def add(store: Store, *added: Entry) -> None:
    """Write entries."""
    with store.begin() as connection:
        write_entries(connection, added)


def search(store: Store, **filters: Any) -> list[Entry]:
    """Return the entries that match."""
    with store.begin() as connection:
        return entries.page(connection, query(**filters))[0]


ENTRIES = [
    entry_of(exchange(1)),
    entry_of(exchange(2, operation="paGetPayment", station="15376371009_02")),
    entry_of(exchange(3, outcome="KO", fault="PAA_PAGAMENTO_SCADUTO", rule="rule 6: expired")),
    receipt(4),
    receipt(5, psp="ABI00001", receipt_id="other"),
    entry_of(exchange(6, organization=OTHER)),
    entry_of(exchange(7, organization=NOT_GIVEN, notice=NOT_GIVEN, outcome="Fault", status=500)),
]


@pytest.fixture
def full(store: Store) -> Store:
    """Return a store with seven entries, five of them of the organization."""
    add(store, *ENTRIES)
    return store


def test_entry_fields_are_the_columns_in_their_order():
    """An entry is written and read by position, and one field has another name than its column."""
    names = ["at" if name == "arrived_at" else name for name in Entry._fields]

    assert [column.name for column in tables.journal.columns] == names


@pytest.mark.parametrize(
    ("filters", "serials"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"organization": OTHER}, [6]),
        ({"organization": None}, [7, 6, 5, 4, 3, 2, 1]),
        ({"organization": NOT_GIVEN}, [7]),
        ({"operation": "paGetPayment"}, [2]),
        ({"operation": "paSendRTV2"}, [5, 4]),
        ({"outcome": "KO"}, [3]),
        ({"outcome": "Fault", "organization": None}, [7]),
        ({"fault": "PAA_PAGAMENTO_SCADUTO"}, [3]),
        ({"nav": nav(2)}, [2]),
        ({"nav": nav(6)}, []),
        ({"receipt_id": "r-4"}, [4]),
        ({"receipt_id": "r-4", "organization": None}, [4]),
        ({"psp": "ABI00001"}, [5]),
        ({"station": "15376371009_02"}, [2]),
        ({"operation": "paSendRTV2", "psp": "ABI00000", "outcome": "OK"}, [4]),
        ({"operation": "paSendRTV2", "outcome": "KO"}, []),
        ({"first": NOW + 2 * SECOND, "last": NOW + 4 * SECOND}, [4, 3, 2]),
        ({"limit": 2}, [5, 4]),
        ({"iuv": nav(2)[1:]}, [2]),
        ({"iuv": nav(4)[1:]}, [4]),
        ({"iuv": nav(6)[1:], "organization": None}, [6]),
        ({"iuv": "no IUV"}, []),
    ],
)  # fmt: skip
def test_search_by_each_filter_returns_matching_entries(
    full: Store, filters: dict[str, Any], serials: list[int]
):
    """The newest entry comes first, and none is of another organization."""
    assert search(full, **filters) == [ENTRIES[serial - 1] for serial in serials]


@pytest.mark.parametrize("organization", [ORGANIZATION, None])
def test_search_by_iuv_returns_receipts_and_questions_on_its_notices(
    store: Store, organization: str | None
):
    """The layout of the number and the notice that a receipt names make no difference."""
    iuv, other = nav(1)[1:], f"0{nav(1)[1:]}"
    ours = [
        *(entry_of(exchange(1, notice=aux + iuv)) for aux in "123"),
        receipt(2, iuv=iuv, receipt_id="r-2"),
    ]
    of_short = [entry_of(exchange(3, notice=f"042{SHORT}")), receipt(4, iuv=SHORT)]
    others = [
        *(entry_of(exchange(4, notice=aux + iuv)) for aux in "04"),
        entry_of(exchange(2)),
        entry_of(exchange(4)),
        receipt(1, iuv=nav(2)[1:]),
        entry_of(exchange(5, notice=f"300{SHORT}")),
    ]
    add(store, *ours, *of_short, *others)
    add_short(store)
    take(store, samples.receipt(2, iuv=iuv))
    take(store, samples.receipt(4, iuv=SHORT))

    assert set(search(store, iuv=iuv, organization=organization)) == set(ours)
    assert set(search(store, iuv=SHORT, organization=organization)) == set(of_short)
    assert search(store, iuv=other, organization=organization) == []


def add_short(store: Store) -> None:
    """Add a notice of aux digit 0, whose IUV has 15 digits."""
    samples.add(store, samples.position("OLD", samples.option(99, nav=f"042{SHORT}", iuv=SHORT)))


def test_pages_together_hold_each_entry_once(store: Store):
    """Neither entries of one instant nor entries written meanwhile are repeated or left out."""
    added = [entry_of(exchange(serial // 4)) for serial in range(22)]
    add(store, *added)
    seen: list[Entry] = []
    after: EntryKey | None = None
    for _ in range(5):
        with store.begin() as connection:
            page, after = entries.page(connection, query(limit=5, after=after))
        seen += page
        add(store, entry_of(exchange(1000 + len(seen))))

    assert after is None
    assert seen == sorted(added, key=lambda entry: entry.key, reverse=True)


def test_last_page_that_is_full_has_no_next(full: Store):
    """No client is sent to an empty page."""
    with full.begin() as connection:
        assert entries.page(connection, query(limit=5))[1] is None
        assert entries.page(connection, query(limit=4))[1] == ENTRIES[1].key


def test_entry_is_read_by_its_key_and_organization(full: Store):
    """Another organization does not see the entry, and a reader of all organizations does."""
    key = ENTRIES[5].key
    with full.begin() as connection:
        assert entries.find(connection, OTHER, key) == ENTRIES[5]
        assert entries.find(connection, None, key) == ENTRIES[5]
        assert entries.find(connection, ORGANIZATION, key) is None
        assert entries.find(connection, None, key._replace(id=key.id ^ 1)) is None
        assert entries.find(connection, None, key._replace(arrived_at=NOW)) is None


@pytest.mark.parametrize("number", [0, 7, 2**63 - 1])
def test_reference_of_a_key_is_read_back_as_the_key(number: int):
    """The reference holds the time to the microsecond."""
    key = EntryKey(NOW + timedelta(microseconds=123457), number)

    assert EntryKey.of(key.reference) == key
    assert len(key.reference) == 30


@pytest.mark.parametrize(
    "reference", ["", "x", "0" * 29, "0" * 31, "0" * 14 + "8" + "0" * 15, "G" * 30, "0" * 30 + "\n"]
)
def test_malformed_reference_raises_value_error(reference: str):
    """The database is not asked for such a reference."""
    with pytest.raises(ValueError, match="expected the id of an entry"):
        EntryKey.of(reference)


@pytest.fixture(params=KINDS)
def large(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Return a journal of some thousand entries in several months, analyzed by PostgreSQL."""
    store = Store(fresh_database(request.param, prepare))
    with store.begin() as connection:
        ensure_months(connection, NOW)
        rows = [entry_of(exchange(serial * 600)) for serial in range(MANY)]
        rows += [receipt(serial)._replace(id=serial) for serial in range(MANY)]
        connection.execute(insert(tables.journal), [entries.entry_row(row) for row in rows])
        if request.param == "postgresql":
            connection.exec_driver_sql("ANALYZE journal")
    add_short(store)
    yield store
    store.close()


def plan(store: Store, act: Any) -> str:
    """Return the database's plan of the one statement on the journal."""
    statements: list[Any] = []

    def note(_connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        if "FROM journal" in sql:
            statements.append((sql, values))

    explain = "EXPLAIN QUERY PLAN " if store.engine.dialect.name == "sqlite" else "EXPLAIN "
    event.listen(store.engine, "before_cursor_execute", note)
    with store.begin() as connection:
        act(connection)
        event.remove(store.engine, "before_cursor_execute", note)
        [(sql, values)] = statements
        return "\n".join(map(str, connection.exec_driver_sql(explain + sql, values).all()))


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"nav": nav(600)}, "organization_nav_at"),
        ({"receipt_id": "r-9"}, "organization_receipt_id"),
        ({"iuv": nav(9)[1:]}, "organization_nav_at"),
        ({"iuv": SHORT}, "organization_nav_at"),
        ({"organization": None, "limit": 20}, "at"),
    ],
    ids=["nav", "receipt", "iuv", "short-iuv", "all"],
)
def test_search_by_each_key_uses_its_index(large: Store, filters: dict[str, Any], index: str):
    """No month with millions of entries is read as a whole."""
    last = NOW + timedelta(days=40)
    steps = plan(large, lambda c: entries.page(c, query(**filters, last=last)))

    if large.engine.dialect.name == "sqlite":
        assert f"USING INDEX ix_journal_{index} " in f"{steps} "
    else:
        assert f"journal_2026_03_{index}_idx" in steps
        assert "Seq Scan on journal_2026" not in steps


def test_read_of_one_entry_uses_an_index(large: Store):
    """The index is used with and without the organization."""
    key = EntryKey(NOW + 600 * SECOND, 1)
    for organization in (ORGANIZATION, None):
        steps = plan(large, lambda c, who=organization: entries.find(c, who, key))

        assert "SCAN journal" not in steps
        assert "Seq Scan on journal_2026" not in steps
