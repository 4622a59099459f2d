"""Finding entries of the journal: by every filter, in pages, by an index."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store import tables
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, JournalQuery, Place
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.writer import keep
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
    """The entry of a receipt of a notice."""
    told = {
        "operation": "paSendRTV2",
        "iuv": nav(serial)[1:],
        "receipt_id": f"r-{serial}",
        "psp": "ABI00000",
        "channel": "00000000191_01",
        **more,
    }
    return entry_of(exchange(serial, **told))


def wanted(**more: Any) -> JournalQuery:
    """All of the organization, up to a hundred."""
    told = {"organization": ORGANIZATION, "first": YESTERDAY, "last": TOMORROW, "limit": 100}
    return JournalQuery(**{**told, **more})


def add(store: Store, *kept: Entry) -> None:
    """Keep entries."""
    with store.begin() as connection:
        keep(connection, kept)


def found(store: Store, **more: Any) -> list[Entry]:
    """The entries that are found."""
    with store.begin() as connection:
        return entries.page(connection, wanted(**more))[0]


KEPT = [
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
    """A journal of seven entries, five of them ours."""
    add(store, *KEPT)
    return store


def test_an_entry_has_the_table_s_columns():
    """In their order, by which it is written and read."""
    assert [column.name for column in tables.journal.columns] == list(Entry._fields)


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
def test_each_filter_finds_its_entries(full: Store, filters: dict[str, Any], serials: list[int]):
    """The newest first, and nothing of another organization."""
    assert found(full, **filters) == [KEPT[serial - 1] for serial in serials]


@pytest.mark.parametrize("organization", [ORGANIZATION, None])
def test_an_iuv_finds_its_receipts_and_the_questions_on_its_notices(
    store: Store, organization: str | None
):
    """Whatever layout the number has, and whatever notice a receipt names; none of another IUV."""
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

    assert set(found(store, iuv=iuv, organization=organization)) == set(ours)
    assert set(found(store, iuv=SHORT, organization=organization)) == set(of_short)
    assert found(store, iuv=other, organization=organization) == []


def add_short(store: Store) -> None:
    """Keep a notice of aux digit 0, whose IUV has 15 digits."""
    samples.add(store, samples.position("OLD", samples.option(99, nav=f"042{SHORT}", iuv=SHORT)))


def test_pages_hold_every_entry_once(store: Store):
    """Those of one instant too, and whatever is written meanwhile."""
    kept = [entry_of(exchange(serial // 4)) for serial in range(22)]
    add(store, *kept)
    seen: list[Entry] = []
    after: Place | None = None
    for _ in range(5):
        with store.begin() as connection:
            page, after = entries.page(connection, wanted(limit=5, after=after))
        seen += page
        add(store, entry_of(exchange(1000 + len(seen))))

    assert after is None
    assert seen == sorted(kept, key=lambda entry: entry.place, reverse=True)


def test_a_last_page_that_is_full_is_the_last(full: Store):
    """Nobody is sent to an empty page."""
    with full.begin() as connection:
        assert entries.page(connection, wanted(limit=5))[1] is None
        assert entries.page(connection, wanted(limit=4))[1] == KEPT[1].place


def test_an_entry_is_read_by_its_place(full: Store):
    """By its organization alone, or by whoever may see all."""
    place = KEPT[5].place
    with full.begin() as connection:
        assert entries.one(connection, OTHER, place) == KEPT[5]
        assert entries.one(connection, None, place) == KEPT[5]
        assert entries.one(connection, ORGANIZATION, place) is None
        assert entries.one(connection, None, place._replace(id=place.id ^ 1)) is None
        assert entries.one(connection, None, place._replace(at=NOW)) is None


@pytest.mark.parametrize("number", [0, 7, 2**63 - 1])
def test_a_reference_names_one_place(number: int):
    """To the microsecond, and back."""
    place = Place(NOW + timedelta(microseconds=123457), number)

    assert Place.of(place.reference) == place
    assert len(place.reference) == 30


@pytest.mark.parametrize(
    "reference", ["", "x", "0" * 29, "0" * 31, "0" * 14 + "8" + "0" * 15, "G" * 30, "0" * 30 + "\n"]
)
def test_what_names_no_place_is_refused(reference: str):
    """Before it is asked of the database."""
    with pytest.raises(ValueError, match="expected the id of an entry"):
        Place.of(reference)


@pytest.fixture(params=KINDS)
def large(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """A journal of some thousand entries in several months; PostgreSQL has counted them."""
    store = Store(fresh_database(request.param, prepare))
    with store.begin() as connection:
        ensure_months(connection, NOW)
        rows = [entry_of(exchange(serial * 600)) for serial in range(MANY)]
        rows += [receipt(serial)._replace(id=serial) for serial in range(MANY)]
        connection.execute(insert(tables.journal), [row._asdict() for row in rows])
        if request.param == "postgresql":
            connection.exec_driver_sql("ANALYZE journal")
    add_short(store)
    yield store
    store.close()


def plan(store: Store, act: Any) -> str:
    """How the database goes about what is asked of the journal."""
    asked: list[Any] = []

    def note(_connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        if "FROM journal" in sql:
            asked.append((sql, values))

    explain = "EXPLAIN QUERY PLAN " if store.engine.dialect.name == "sqlite" else "EXPLAIN "
    event.listen(store.engine, "before_cursor_execute", note)
    with store.begin() as connection:
        act(connection)
        [(sql, values)] = asked
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
def test_a_search_goes_by_an_index(large: Store, filters: dict[str, Any], index: str):
    """Of months with millions of entries none is read through."""
    last = NOW + timedelta(days=40)
    said = plan(large, lambda c: entries.page(c, wanted(**filters, last=last)))

    if large.engine.dialect.name == "sqlite":
        assert f"USING INDEX ix_journal_{index} " in f"{said} "
    else:
        assert f"journal_2026_03_{index}_idx" in said
        assert "Seq Scan on journal_2026" not in said


def test_an_entry_is_read_by_an_index(large: Store):
    """Whether its organization is known or not."""
    place = Place(NOW + 600 * SECOND, 1)
    for organization in (ORGANIZATION, None):
        said = plan(large, lambda c, who=organization: entries.one(c, who, place))

        assert "SCAN journal" not in said
        assert "Seq Scan on journal_2026" not in said
