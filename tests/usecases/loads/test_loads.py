"""A file of an office: tried, loaded, mended, taken back."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from gpd_soap.store import tables
from gpd_soap.store.loads.loads import State
from gpd_soap.store.loads.rows import RowOutcome
from gpd_soap.usecases.loading import load as loading
from gpd_soap.usecases.loads import work
from gpd_soap.usecases.loads.refusals import (
    FileRemoved,
    LoadInOtherState,
    LoadNotFound,
    LoadRunning,
    ReadingChanged,
)
from gpd_soap.usecases.loads.undo import Way
from gpd_soap.usecases.positions.locking import PositionRef
from tests.store.samples import NOW, ORGANIZATION, OTHER
from tests.usecases.loads.files import CODE, HEADER, as_csv, as_workbook, line
from tests.usecases.loads.harness import LoadHarness, rows_of

BAD = {
    3: {"codice_fiscale": "0123456789"},
    5: {"scadenza": "31/01/2026"},
    6: {"importo": "1.284"},
    8: {"iban": "IT61X0542811101000000123456"},
}


def lines(count: int = 10) -> list[list[object]]:
    """Return good lines and the bad ones."""
    return [line(number, **BAD.get(number, {})) for number in range(1, count + 1)]


def test_trial_writes_nothing_and_says_what_is_wrong(harness: LoadHarness):
    """Line, field and rule of each refused row, never its value."""
    load = harness.tried(as_csv(lines()))

    assert load.state == State.TRIALLED
    assert harness.findings(load) == [
        (4, "fiscalCode", "code-length"),
        (6, "dueDate", "past"),
        (7, "amount", "type"),
        (9, "iban", "iban-checksum"),
    ]
    figures = load.figures
    assert [figures[name] for name in ("rows", "ready", "refused")] == [10, 6, 4]
    assert figures["ready_cents"] == 6 * 12850
    assert figures["refused_cents"] == 3 * 12850
    assert figures["without_amount"] == 1
    assert harness.iupds() == []
    assert harness.count(tables.event) == 0
    with harness.store.reading() as connection:
        for table in (tables.load, tables.load_row, tables.load_finding):
            for row in connection.execute(table.select()):
                text = str(row)
                assert "0123456789" not in text
                assert "Inventato" not in text


def test_good_rows_are_loaded_by_who_began_it(harness: LoadHarness):
    """The positions are published, each by its operator, and the load has its event."""
    load = harness.loaded(as_csv(lines()))

    assert load.state == State.LOADED
    assert len(harness.iupds()) == 6
    assert [load.figures[name] for name in ("ready", "refused")] == [6, 4]
    stored = harness.ledger.read(ORGANIZATION, "TARI-000001")
    assert stored.position.published_at is not None
    assert stored.position.options[0].amount == 12850
    assert stored.position.options[0].due_at.date().isoformat() == "2026-04-30"
    with harness.store.reading() as connection:
        events = connection.execute(tables.event.select()).all()
    [finished] = [each for each in events if each.type == "load.finished"]
    assert finished.data == {"load": load.id, "loaded": 6, "alreadyStored": 0, "refused": 4}
    assert {(each.actor_kind, each.actor) for each in events} == {("operator", "o-anna")}
    assert harness.loads.origins(ORGANIZATION, "TARI-000002") == [(load.id, 3)]
    assert harness.loads.origins(OTHER, "TARI-000002") == []
    assert [each.iupd for each in harness.loads.notices(load, 0, 2)] == [
        "TARI-000001",
        "TARI-000002",
    ]


def test_refused_rows_come_as_they_were_and_are_loaded_once_mended(harness: LoadHarness):
    """Same columns, two more that say why; on the way back they do not count."""
    load = harness.loaded(as_csv(lines()))

    rows = rows_of(harness.to_mend(load))

    assert rows[0] == [*HEADER, "perché", "ci si aspetta"]
    assert [row[0] for row in rows[1:]] == [f"TARI-{number:06d}" for number in BAD]
    assert rows[1][1] == "0123456789"
    assert rows[1][2] == "Niccolò Inventato"
    assert rows[1][-2] == "fiscalCode code-length"
    for row in rows[1:]:
        row[1], row[3], row[5], row[7] = CODE, "96,50", "30/04/2026", str(line(1)[7])
    harness.now += timedelta(minutes=1)
    mended = harness.loaded(as_csv(rows[1:], rows[0]))

    assert (mended.state, mended.figures["ready"]) == (State.LOADED, 4)
    assert len(harness.iupds()) == 10
    with pytest.raises(FileRemoved):
        harness.to_mend(mended)


def test_file_is_kept_until_it_is_loaded_and_refused_rows_for_a_term(quick: LoadHarness):
    """What was loaded is removed at once."""
    load = quick.tried(as_csv(lines()))
    assert quick.loads.stored_parts(load) == (True, True)

    quick.begin(load)
    quick.work()

    assert quick.loads.stored_parts(load) == (False, True)
    assert quick.loads.stored_parts(quick.loaded(as_csv([line(99)]))) == (False, False)


def test_file_loaded_again_leaves_stored_positions(quick: LoadHarness):
    """The mended file may be the first one with its corrections."""
    quick.loaded(as_csv(lines()))
    quick.now += timedelta(minutes=1)

    again = quick.loaded(as_csv([line(number) for number in range(1, 11)]))

    assert [again.figures[name] for name in ("ready", "present")] == [4, 6]
    assert quick.loads.same_file(again) is None


def test_position_that_stands_twice_is_refused_across_batches(
    quick: LoadHarness, monkeypatch: pytest.MonkeyPatch
):
    """A trial remembers what it would have stored."""
    monkeypatch.setattr(loading, "BATCH", 2)
    file = as_csv([line(1), line(2), line(3), line(2)])

    load = quick.tried(file)

    assert quick.findings(load) == [(3, "iupd", "scattered"), (5, "iupd", "scattered")]
    navs = [line(number, iuv="47000000000000124") for number in range(1, 5)]
    quick.loads.cancel(ORGANIZATION, load.id)
    load = quick.tried(as_csv(navs, (*HEADER, "iuv")))
    refused = [(number, rule) for number, _, rule in quick.findings(load)]
    assert {number for number, rule in refused if rule == "in-use"} == {3, 4, 5}


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_killed_load_goes_on_without_a_row_twice(
    harness: LoadHarness, monkeypatch: pytest.MonkeyPatch, killed_after: int
):
    """A worker ends without a word between two batches, as by kill -9."""
    monkeypatch.setattr(loading, "BATCH", 3)
    load = harness.tried(as_csv(lines()))
    harness.begin(load)
    kill(harness, killed_after, monkeypatch)
    stored = harness.iupds()
    assert 0 < len(stored) < 6 or killed_after == 3
    assert harness.get(load).state == State.LOADING

    harness.now += timedelta(minutes=2)
    harness.work()

    load = harness.get(load)
    assert load.state == State.LOADED
    assert len(harness.iupds()) == 6
    assert [load.figures[name] for name in ("rows", "ready", "refused")] == [10, 6, 4]
    assert load.figures["ready_cents"] == 6 * 12850
    assert len(harness.findings(load)) == 4
    assert len(rows_of(harness.to_mend(load))) == 5


class Killed(BaseException):
    """The process ends here."""


def kill(harness: LoadHarness, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker end without a word after so many batches."""
    made, done = work._Load._batch, iter(range(after))

    def batch(*arguments: Any) -> None:
        if next(done, None) is None:
            raise Killed
        made(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(work._Load, "_batch", batch)
        with pytest.raises(Killed):
            harness.work()


def test_cancelled_load_stops_and_goes_on(harness: LoadHarness, monkeypatch: pytest.MonkeyPatch):
    """What was stored stays, and the rest can still be loaded."""
    monkeypatch.setattr(loading, "BATCH", 3)
    load = harness.tried(as_csv(lines()))
    harness.begin(load)
    kill(harness, 2, monkeypatch)

    stopped = harness.loads.cancel(ORGANIZATION, load.id)

    assert stopped.state == State.STOPPED
    count = len(harness.iupds())
    assert 0 < count < 6
    harness.now += timedelta(minutes=2)
    harness.work()
    assert len(harness.iupds()) == count
    harness.begin(stopped)
    harness.work()
    assert harness.get(load).state == State.LOADED
    assert len(harness.iupds()) == 6


def test_trial_that_is_thrown_away_leaves_no_byte(quick: LoadHarness):
    """A load that stored nothing is over."""
    load = quick.tried(as_csv(lines()))

    cancelled = quick.loads.cancel(ORGANIZATION, load.id)

    assert cancelled.state == State.CANCELLED
    assert quick.loads.stored_parts(load) == (False, False)
    with pytest.raises(LoadInOtherState):
        quick.loads.cancel(ORGANIZATION, load.id)
    with pytest.raises(FileRemoved):
        quick.begin(load)


@pytest.mark.parametrize(
    ("way", "outcome"), [(Way.DELETE, RowOutcome.DELETED), (Way.WITHDRAW, RowOutcome.WITHDRAWN)]
)
def test_undo_of_a_load_keeps_paid_and_changed_positions(
    harness: LoadHarness, way: Way, outcome: RowOutcome
):
    """It says what stays and why."""
    load = harness.loaded(as_csv([line(number) for number in range(1, 8)]))
    option = harness.ledger.read(ORGANIZATION, "TARI-000002").position.options[0]
    harness.ledger.paid_elsewhere(ORGANIZATION, option.nav, None)
    any_etag = PositionRef(ORGANIZATION, "TARI-000003", lambda _: True)
    harness.ledger.invalidate(any_etag)
    harness.ledger.delete(any_etag._replace(iupd="TARI-000004"))

    harness.loads.undo(ORGANIZATION, load.id, way)
    harness.work()

    load = harness.get(load)
    assert load.state == State.UNDONE
    assert load.figures["undone"] == {
        outcome: 4,
        RowOutcome.PAID: 1,
        RowOutcome.CHANGED: 1,
        RowOutcome.GONE: 1,
    }
    [stays] = harness.loads.staying(load, RowOutcome.PAID)
    assert stays.iupd == "TARI-000002"
    left = ["TARI-000002", "TARI-000003"]
    if way is Way.DELETE:
        assert harness.iupds() == left
    else:
        assert harness.ledger.read(ORGANIZATION, "TARI-000001").position.withdrawn_at == NOW


def test_draft_cannot_be_withdrawn_and_stays(quick: LoadHarness):
    """A draft is of no payer, so it can only be deleted."""
    header = (*HEADER, "pubblica")
    load = quick.loaded(as_csv([line(1, pubblica="no"), line(2, pubblica="sì")], header))

    quick.loads.undo(ORGANIZATION, load.id, Way.WITHDRAW)
    quick.work()

    counts = quick.get(load).figures["undone"]
    assert counts == {RowOutcome.STAYS: 1, RowOutcome.WITHDRAWN: 1}


def test_one_load_of_an_organization_runs_at_a_time(harness: LoadHarness):
    """The other says which one runs; another organization is not held up."""
    first = harness.loads.receive(ORGANIZATION, "a.csv", as_csv([line(1)]))

    with pytest.raises(LoadRunning) as running:
        harness.loads.receive(ORGANIZATION, "b.csv", as_csv([line(2)]))
    assert running.value.load_id == first.id
    harness.loads.receive(OTHER, "c.csv", as_csv([line(3)]))
    assert harness.work() == 2
    assert harness.tried(as_csv([line(2)])).state == State.TRIALLED
    assert harness.count(tables.job) == 3


def test_load_of_another_organization_is_unknown(quick: LoadHarness):
    """It is answered like one that never existed."""
    load = quick.tried(as_csv([line(1)]))

    for wrong in ((OTHER, load.id), (ORGANIZATION, "load_0")):
        with pytest.raises(LoadNotFound):
            quick.loads.get(*wrong)
        with pytest.raises(LoadNotFound):
            quick.loads.cancel(*wrong)


def test_row_of_another_organization_is_refused(quick: LoadHarness):
    """A caller who may load for one organization cannot load for another."""
    header = (*HEADER, "ente")

    load = quick.loaded(as_csv([line(1, ente=OTHER), line(2, ente=ORGANIZATION)], header))

    assert quick.findings(load) == [(2, "organization", "other-organization")]
    assert quick.iupds() == ["TARI-000002"]


def test_only_the_reading_that_was_tried_can_be_loaded(quick: LoadHarness):
    """Two operators, of whom one has changed how the file is read."""
    load = quick.tried(as_csv([line(1)]))

    with pytest.raises(ReadingChanged):
        quick.loads.load(ORGANIZATION, load.id, "another")


def test_dead_load_says_so_and_is_begun_again(quick: LoadHarness, monkeypatch: pytest.MonkeyPatch):
    """A load that died can be run again, and nothing is stored twice."""
    load = quick.tried(as_csv(lines()))
    quick.begin(load)
    for _ in range(10):
        kill(quick, 0, monkeypatch)
        quick.now += timedelta(minutes=2)
    quick.work()

    assert quick.get(load).is_interrupted
    quick.loads.resume(ORGANIZATION, load.id)
    quick.work()

    assert quick.get(load).state == State.LOADED
    with pytest.raises(LoadInOtherState):
        quick.loads.resume(ORGANIZATION, load.id)


def test_workbook_comes_back_as_a_workbook_of_texts(quick: LoadHarness):
    """No cell is a number or a formula, so that no zero gets lost."""
    rows = [line(1, importo=128.5), line(2, importo=1284.0, codice_fiscale=123456789)]
    load = quick.tried(as_workbook(rows), "tari.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(quick.to_mend(load)))

    [header, row] = book.active.iter_rows(values_only=False)
    assert [cell.value for cell in header] == [*HEADER, "perché", "ci si aspetta"]
    assert row[1].value == "123456789"
    assert {cell.data_type for cell in row} == {"s"}
    assert {cell.number_format for cell in row} == {"@"}
