"""The journal's monthly partitions: created ahead, filled from the default one, dropped whole."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, make_url, select, text

from gpd_soap.store import tables
from gpd_soap.store.journal import partitions, purge
from gpd_soap.store.journal.entries import entry_row
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from tests.postgres import Postgres
from tests.store.journal.test_writer import complaints, exchange
from tests.store.races import Crew, Wait
from tests.store.samples import NOW, ORGANIZATION, entry_of
from tests.waiting import until_locked_out

MICROSECOND = timedelta(microseconds=1)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
EVENT = {"organization": ORGANIZATION, "subject": "P-1", "at": NOW, "id": "evt_1", "data": {},
         "type": "position.created", "actor_kind": "key", "actor": "k-1"}  # fmt: skip


def add(store: Store, *instants: datetime) -> None:
    """Write an entry of each instant."""
    with store.begin() as connection:
        write_entries(connection, [entry_of(exchange(arrived_at=instant)) for instant in instants])


def ensure(store: Store, now: datetime = NOW) -> None:
    """Create the partitions that are needed at `now`."""
    with store.begin() as connection:
        ensure_months(connection, now)


def stored_instants(store: Store) -> list[datetime]:
    """Return the instants of all entries."""
    with store.begin() as connection:
        column = tables.journal.c.at
        return list(connection.execute(select(column).order_by(column)).scalars())


def partition_sizes(store: Store, table: str = "journal") -> dict[str, int]:
    """Return the number of rows of each partition of a table."""
    parts = partitions.PARTITIONS.bindparams(table=table)
    with store.begin() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608  # a test's
            for name in connection.execute(parts).scalars()
        }


def test_ensure_months_twice_creates_this_month_and_the_next_two_once(on_postgresql: Store):
    """The second call finds every partition and creates none."""
    for _ in range(2):
        ensure(on_postgresql)

    assert list(partition_sizes(on_postgresql)) == [
        *("journal_2026_03", "journal_2026_04", "journal_2026_05", "journal_rest"),
    ]
    ensure(on_postgresql, datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    names = partition_sizes(on_postgresql).keys()
    assert {"journal_2026_12", "journal_2027_01", "journal_2027_02"} < names


def test_entry_at_a_month_s_edge_goes_to_its_month_in_utc(on_postgresql: Store):
    """The time zone of the session makes no difference."""
    ensure(on_postgresql)
    with on_postgresql.begin() as connection:
        connection.execute(text("SET LOCAL timezone = 'Pacific/Kiritimati'"))
        ensure_months(connection, datetime(2026, 6, 1, tzinfo=UTC))
    june = datetime(2026, 6, 1, tzinfo=UTC)
    add(on_postgresql, APRIL - MICROSECOND, APRIL, june - MICROSECOND, june)

    filled = {name: size for name, size in partition_sizes(on_postgresql).items() if size}
    assert filled == {
        "journal_2026_03": 1,
        "journal_2026_04": 1,
        "journal_2026_05": 1,
        "journal_2026_06": 1,
    }


def test_entry_without_a_partition_moves_when_its_month_is_created(on_postgresql: Store):
    """The default partition takes it, and no entry is lost on the way."""
    instants = [NOW, APRIL, datetime(2031, 1, 1, tzinfo=UTC)]
    add(on_postgresql, *instants)
    assert partition_sizes(on_postgresql) == {"journal_rest": 3}

    ensure(on_postgresql)

    assert partition_sizes(on_postgresql) == {
        "journal_2026_03": 1,
        "journal_2026_04": 1,
        "journal_2026_05": 0,
        "journal_rest": 1,
    }
    assert stored_instants(on_postgresql) == instants


def test_month_with_too_many_entries_stays_where_it_is(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """Nobody could write while they move; the other months are created."""
    monkeypatch.setattr(partitions, "MOVED", 2)
    instants = [NOW, NOW + MICROSECOND, NOW + 2 * MICROSECOND, APRIL, APRIL + MICROSECOND]
    add(on_postgresql, *instants)

    ensure(on_postgresql)

    assert partition_sizes(on_postgresql) == {
        "journal_2026_04": 2,
        "journal_2026_05": 0,
        "journal_rest": 3,
    }
    assert stored_instants(on_postgresql) == instants
    assert purge.purge(on_postgresql, APRIL) == 3


def test_entry_of_an_open_transaction_moves_after_its_commit(on_postgresql: Store):
    """The creation of its month waits for that commit, and then succeeds."""
    created: list[bool] = []

    def create() -> None:
        ensure(on_postgresql)
        created.append(True)

    creating = threading.Thread(target=create)
    with on_postgresql.begin() as connection:
        write_entries(connection, [entry_of(exchange())])
        creating.start()
        creating.join(0.5)
        assert created == []
    creating.join(60)

    assert created == [True]
    assert partition_sizes(on_postgresql)["journal_2026_03"] == 1


@pytest.mark.parametrize("table", partitions.TABLES)
def test_row_that_arrives_while_its_month_is_created_is_stored(on_postgresql: Store, table: str):
    """Its writer waits for the commit of the creation."""
    row = EVENT if table == "event" else entry_row(entry_of(exchange()))

    def write() -> None:
        with on_postgresql.begin() as connection:
            connection.execute(insert(tables.metadata.tables[table]).values(row))

    with ThreadPoolExecutor(1) as pool:
        with on_postgresql.begin() as connection:
            ensure_months(connection, NOW)
            writing = pool.submit(write)
            until_locked_out(on_postgresql, 1)
        writing.result(60)

    assert partition_sizes(on_postgresql, table)[f"{table}_2026_03"] == 1


def test_partition_has_the_indexes_of_the_journal(on_postgresql: Store):
    """A search is as fast in each partition."""
    ensure(on_postgresql)
    indexes = text("SELECT count(*) FROM pg_indexes WHERE tablename = :name")
    with on_postgresql.begin() as connection:
        counted = [
            connection.execute(indexes, {"name": name}).scalar_one()
            for name in ("journal", "journal_rest", "journal_2026_03")
        ]

    assert counted == [4, 4, 4]


def test_ensure_months_with_an_entry_leaves_it_on_either_database(store: Store):
    """The same calls work on SQLite, which has no partitions."""
    add(store, NOW)
    ensure(store)

    assert stored_instants(store) == [NOW]


def create_while_writing(store: Store, together: Wait, first: int) -> None:
    """Create the months, and write entries of them, at the same time."""
    together()
    for serial in range(first, first + 50):
        store.journal.write(exchange(arrived_at=NOW + serial * MICROSECOND))
        if serial % 10 == 0:
            ensure(store)
    assert store.journal.flush(20)


def test_processes_that_create_months_together_lose_no_entry(crew: Crew, postgresql_url: str):
    """All of them write entries of these months meanwhile."""
    crew.race(create_while_writing, postgresql_url, range(0, 50 * crew.size, 50))

    store = Store(postgresql_url)
    instants = [NOW + serial * MICROSECOND for serial in range(50 * crew.size)]
    assert stored_instants(store) == instants
    assert partition_sizes(store)["journal_2026_03"] == 50 * crew.size
    store.close()


def test_writer_with_the_first_entry_of_a_month_creates_its_partition(on_postgresql: Store):
    """A server that runs for years needs no command for it."""
    for instant in (NOW, APRIL, datetime(2026, 9, 1, tzinfo=UTC)):
        on_postgresql.journal.write(exchange(arrived_at=instant))
        assert on_postgresql.journal.flush(10)

    sizes = partition_sizes(on_postgresql)
    assert sizes["journal_rest"] == 0
    assert {"journal_2026_06", "journal_2026_11"} < sizes.keys()


def test_writer_without_the_right_to_create_tables_writes_to_the_rest(
    on_postgresql: Store, postgres: Postgres, caplog: pytest.LogCaptureFixture
):
    """One warning is logged, and the entries stay in `journal_rest` until the month is created."""
    url = make_url(str(on_postgresql.engine.url))
    with postgres.connect(str(url.database)) as admin:
        admin.execute("DROP ROLE IF EXISTS clerk")
        admin.execute("CREATE ROLE clerk LOGIN")
        admin.execute("GRANT SELECT, INSERT ON journal TO clerk")
        admin.execute("GRANT SELECT, INSERT, UPDATE ON tally TO clerk")
    clerk = Store(url.set(username="clerk").render_as_string())
    for serial in range(3):
        clerk.journal.write(exchange(serial))
        assert clerk.journal.flush(10)
    clerk.close()

    assert partition_sizes(on_postgresql) == {"journal_rest": 3}
    assert complaints(caplog) == [("WARNING", "journal partitions cannot be created", None)]
    ensure(on_postgresql)
    assert partition_sizes(on_postgresql)["journal_2026_03"] == 3
    with postgres.connect(str(url.database)) as admin:
        admin.execute("DROP OWNED BY clerk")
        admin.execute("DROP ROLE clerk")


OLD = [datetime(2024, month, day, tzinfo=UTC) for month in (1, 2, 3) for day in (1, 15, 20)]
UNTIL = datetime(2024, 3, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize("partitioned", [OLD[:1], []], ids=["months", "rest"])
def test_purge_with_and_without_partitions_removes_older_entries_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, partitioned: list[datetime]
):
    """A few entries are deleted at a time, and partitions that are older as a whole are dropped."""
    monkeypatch.setattr(purge, "CHUNK", 2)
    for instant in partitioned:
        ensure(store, instant)
    add(store, *OLD, UNTIL - MICROSECOND, UNTIL, NOW)

    assert purge.count(store, UNTIL) == 9
    assert purge.purge(store, UNTIL) == 9

    assert stored_instants(store) == [UNTIL, OLD[-1], NOW]
    assert purge.purge(store, UNTIL) == 0
    if store.engine.dialect.name == "postgresql":
        assert "journal_2024_02" not in partition_sizes(store)
        for name in (name for name in partition_sizes(store) if "2024" in name):
            with store.begin() as connection:
                connection.execute(text(f"DROP TABLE {name}"))


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        ("2026-03-16T09:00:00+00:00", 24, "2024-03-16T09:00:00+00:00"),
        ("2026-02-28T12:00:00+00:00", 24, "2024-02-28T12:00:00+00:00"),
        ("2028-02-29T12:00:00+00:00", 24, "2026-02-28T12:00:00+00:00"),
        ("2026-05-31T12:00:00+00:00", 1, "2026-04-30T12:00:00+00:00"),
        ("2026-01-15T00:30:00+01:00", 1, "2025-12-14T23:30:00+00:00"),
        ("2026-12-31T00:00:00+00:00", 36, "2023-12-31T00:00:00+00:00"),
    ],
)
def test_months_before_falls_back_to_last_day_of_month(now: str, months: int, before: str):
    """The day is the same, unless the earlier month is too short for it."""
    instant = purge.months_before(datetime.fromisoformat(now), months)

    assert instant == datetime.fromisoformat(before)
