"""The journal's months: a place for every entry, made ahead, moved into, dropped whole."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, select, text

from gpd_soap.store import tables
from gpd_soap.store.journal import partitions as months
from gpd_soap.store.journal import purge
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.journal.writer import keep
from gpd_soap.store.store import Store
from tests.postgres import Postgres
from tests.store.journal.test_writer import complaints, exchange
from tests.store.races import Crew, Wait
from tests.store.samples import NOW, entry_of

MICROSECOND = timedelta(microseconds=1)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def add(store: Store, *instants: datetime) -> None:
    """Keep an entry of each instant."""
    with store.begin() as connection:
        keep(connection, [entry_of(exchange(at=at)) for at in instants])


def ensure(store: Store, now: datetime = NOW) -> None:
    """Make the months that are wanted then."""
    with store.begin() as connection:
        ensure_months(connection, now)


def kept(store: Store) -> list[datetime]:
    """The instants of all entries."""
    with store.begin() as connection:
        at = tables.journal.c.at
        return list(connection.execute(select(at).order_by(at)).scalars())


def places(store: Store) -> dict[str, int]:
    """How many entries are in which partition."""
    parts = months.PARTITIONS
    with store.begin() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608  # a test's
            for name in connection.execute(parts).scalars()
        }


def test_this_month_and_the_next_two_have_a_partition(on_postgresql: Store):
    """And however often that is asked for, they are made once."""
    for _ in range(2):
        ensure(on_postgresql)

    assert list(places(on_postgresql)) == [
        *("journal_2026_03", "journal_2026_04", "journal_2026_05", "journal_rest"),
    ]
    ensure(on_postgresql, datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert {"journal_2026_12", "journal_2027_01", "journal_2027_02"} < places(on_postgresql).keys()


def test_a_month_is_that_of_utc_to_the_microsecond(on_postgresql: Store):
    """However the session's or the machine's clock is set."""
    ensure(on_postgresql)
    with on_postgresql.begin() as connection:
        connection.execute(text("SET LOCAL timezone = 'Pacific/Kiritimati'"))
        ensure_months(connection, datetime(2026, 6, 1, tzinfo=UTC))
    june = datetime(2026, 6, 1, tzinfo=UTC)
    add(on_postgresql, APRIL - MICROSECOND, APRIL, june - MICROSECOND, june)

    found = {name: many for name, many in places(on_postgresql).items() if many}
    assert found == {
        "journal_2026_03": 1,
        "journal_2026_04": 1,
        "journal_2026_05": 1,
        "journal_2026_06": 1,
    }


def test_an_entry_without_a_month_is_kept_and_moves_when_it_is_made(on_postgresql: Store):
    """Nothing is ever refused, and nothing is lost on the way."""
    instants = [NOW, APRIL, datetime(2031, 1, 1, tzinfo=UTC)]
    add(on_postgresql, *instants)
    assert places(on_postgresql) == {"journal_rest": 3}

    ensure(on_postgresql)

    assert places(on_postgresql) == {
        "journal_2026_03": 1,
        "journal_2026_04": 1,
        "journal_2026_05": 0,
        "journal_rest": 1,
    }
    assert kept(on_postgresql) == instants


def test_an_entry_that_is_being_written_moves_too(on_postgresql: Store):
    """Whoever makes its month waits for it, and then nothing is in the way."""
    made: list[bool] = []

    def make() -> None:
        ensure(on_postgresql)
        made.append(True)

    making = threading.Thread(target=make)
    with on_postgresql.begin() as connection:
        keep(connection, [entry_of(exchange())])
        making.start()
        making.join(0.5)
        assert made == []
    making.join(60)

    assert made == [True]
    assert places(on_postgresql)["journal_2026_03"] == 1


def test_a_partition_has_what_its_journal_has(on_postgresql: Store):
    """Its key and its indexes, so that a search is as fast in each."""
    ensure(on_postgresql)
    indexes = text("SELECT count(*) FROM pg_indexes WHERE tablename = :name")
    with on_postgresql.begin() as connection:
        counted = [
            connection.execute(indexes, {"name": name}).scalar_one()
            for name in ("journal", "journal_rest", "journal_2026_03")
        ]

    assert counted == [4, 4, 4]


def test_sqlite_has_no_months_and_needs_none(store: Store):
    """The same calls do on both what there is to do."""
    add(store, NOW)
    ensure(store)

    assert kept(store) == [NOW]


def make_while_writing(store: Store, together: Wait, first: int) -> None:
    """Make the months, and write entries of them, at the same instant."""
    together()
    for serial in range(first, first + 50):
        store.journal.write(exchange(at=NOW + serial * MICROSECOND))
        if serial % 10 == 0:
            ensure(store)
    assert store.journal.flush(20)


def test_processes_that_make_months_together_make_them_once(crew: Crew, postgresql_url: str):
    """While all of them write entries that belong there."""
    crew.race(make_while_writing, postgresql_url, range(0, 50 * crew.size, 50))

    store = Store(postgresql_url)
    assert kept(store) == [NOW + serial * MICROSECOND for serial in range(50 * crew.size)]
    assert places(store)["journal_2026_03"] == 50 * crew.size
    store.close()


def test_the_writer_makes_a_month_with_its_first_entry(on_postgresql: Store):
    """A server that runs for years needs nobody to do it."""
    for at in (NOW, APRIL, datetime(2026, 9, 1, tzinfo=UTC)):
        on_postgresql.journal.write(exchange(at=at))
        assert on_postgresql.journal.flush(10)

    found = places(on_postgresql)
    assert found["journal_rest"] == 0
    assert {"journal_2026_06", "journal_2026_11"} < found.keys()


def test_who_may_not_make_tables_can_write(
    on_postgresql: Store, postgres: Postgres, caplog: pytest.LogCaptureFixture
):
    """It is said once; the entries wait in `journal_rest` for somebody who may."""
    url = make_url(str(on_postgresql.engine.url))
    with postgres.connect(str(url.database)) as admin:
        admin.execute("DROP ROLE IF EXISTS clerk")
        admin.execute("CREATE ROLE clerk LOGIN")
        admin.execute("GRANT SELECT, INSERT ON journal TO clerk")
    clerk = Store(url.set(username="clerk").render_as_string())
    for serial in range(3):
        clerk.journal.write(exchange(serial))
        assert clerk.journal.flush(10)
    clerk.close()

    assert places(on_postgresql) == {"journal_rest": 3}
    said = "the journal's months cannot be made"
    assert complaints(caplog) == [("WARNING", said, None)]
    ensure(on_postgresql)
    assert places(on_postgresql)["journal_2026_03"] == 3
    with postgres.connect(str(url.database)) as admin:
        admin.execute("DROP OWNED BY clerk")
        admin.execute("DROP ROLE clerk")


OLD = [datetime(2024, month, day, tzinfo=UTC) for month in (1, 2, 3) for day in (1, 15, 20)]
UNTIL = datetime(2024, 3, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize("made", [OLD[:1], []], ids=["months", "rest"])
def test_a_purge_removes_what_is_older_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch, made: list[datetime]
):
    """A few at a time; whole months where they are apart, which then are gone."""
    monkeypatch.setattr(purge, "CHUNK", 2)
    for at in made:
        ensure(store, at)
    add(store, *OLD, UNTIL - MICROSECOND, UNTIL, NOW)

    assert purge.count(store, UNTIL) == 9
    assert purge.purge(store, UNTIL) == 9

    assert kept(store) == [UNTIL, OLD[-1], NOW]
    assert purge.purge(store, UNTIL) == 0
    if store.engine.dialect.name == "postgresql":
        assert "journal_2024_02" not in places(store)
        for name in (name for name in places(store) if "2024" in name):
            with store.begin() as connection:
                connection.execute(text(f"DROP TABLE {name}"))


@pytest.mark.parametrize(
    ("now", "many", "then"),
    [
        ("2026-03-16T09:00:00+00:00", 24, "2024-03-16T09:00:00+00:00"),
        ("2026-02-28T12:00:00+00:00", 24, "2024-02-28T12:00:00+00:00"),
        ("2028-02-29T12:00:00+00:00", 24, "2026-02-28T12:00:00+00:00"),
        ("2026-05-31T12:00:00+00:00", 1, "2026-04-30T12:00:00+00:00"),
        ("2026-01-15T00:30:00+01:00", 1, "2025-12-14T23:30:00+00:00"),
        ("2026-12-31T00:00:00+00:00", 36, "2023-12-31T00:00:00+00:00"),
    ],
)
def test_so_many_months_before_is_the_same_day_or_the_last(now: str, many: int, then: str):
    """Of two months of unequal length the shorter decides."""
    assert purge.before(datetime.fromisoformat(now), many) == datetime.fromisoformat(then)
