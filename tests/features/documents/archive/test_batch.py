"""Batches: each line gets its document or its reason, once, whatever happens to the process."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gpd_soap.features.documents import typesetting
from gpd_soap.features.documents.archive import batch as batch_module
from gpd_soap.features.documents.archive.archive import Archive
from gpd_soap.features.documents.archive.batch import (
    DIFFERS,
    Producer,
    Request,
    begin,
    lines_of,
    zip_of,
)
from gpd_soap.features.documents.notice import Reason
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.features.documents.symbols import qr_svg
from gpd_soap.store import tables
from gpd_soap.store.database.transaction import in_transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, Choice
from tests.api.office import ORGANIZATION
from tests.features.documents.archive.harness import ACTOR, Harness
from tests.features.documents.archive.test_archive import interrupted
from tests.validation.bodies import body, nav, option, transfer


class Stop(Exception):
    """The process ends."""


def fill(harness: Harness) -> None:
    """Add a paid position, one with two installments, and one that is due in another month."""
    harness.office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    harness.office.pay(2)
    plan = [option(serial, isPartialPayment=True) for serial in (3, 4)]
    harness.office.create(body(*plan, iupd="POSIZIONE-3"), "?toPublish=true")
    late = option(5, dueDate="2026-06-30")
    harness.office.create(body(late, iupd="POSIZIONE-5"), "?toPublish=true")


def started(harness: Harness, *navs: str, choice: Choice | None = None) -> Batch:
    """Begin a batch."""
    request, now = Request(navs, choice), harness.office.clock.now
    return in_transaction(harness.store, lambda c: begin(c, ORGANIZATION, request, ACTOR, now))


def producer(harness: Harness, archive: Archive | None = None) -> Producer:
    """Return what makes the documents of batches."""
    return Producer(harness.store, archive or harness.printer.archive, harness.office.clock)


def outcomes(harness: Harness, batch: Batch) -> list[tuple[str, str]]:
    """Return the notice and the outcome of each line, a document by its notices."""
    navs = {row["id"]: "+".join(row["navs"]) for row in harness.rows(tables.document)}
    return [
        (line.nav, navs[line.document] if line.document else line.reason or "")
        for line in lines_of(harness.store, batch)
    ]


def state_of(harness: Harness, batch: Batch) -> tuple[str, int, int]:
    """Return the state of a batch, and how many lines have a document or a reason."""
    stored = read_only(harness.store, lambda c: batches.get(c, ORGANIZATION, batch.id))
    assert stored is not None
    return (stored.state, *read_only(harness.store, lambda c: batches.counts(c, batch)))


def test_list_of_notices_has_a_document_or_a_reason_for_each(harness: Harness):
    """A number twice is one document; an unknown one is refused."""
    fill(harness)
    progress: list[int] = []
    batch = started(harness, nav(1), nav(2), nav(3), "999", nav(1))
    producer(harness).produce(batch, ACTOR, lambda _, done: progress.append(done))

    assert outcomes(harness, batch) == [
        (nav(1), nav(1)),
        (nav(2), Reason.PAID),
        (nav(3), nav(3)),
        ("999", Reason.UNKNOWN),
        (nav(1), nav(1)),
    ]
    assert state_of(harness, batch) == ("done", 3, 2)
    assert (batch.total, progress) == (5, [5])
    assert len(list(harness.events())) == 2


def test_chosen_positions_have_every_way_to_pay(harness: Harness):
    """The due dates choose, and a draft is not chosen."""
    fill(harness)
    harness.office.create(body(option(6), iupd="POSIZIONE-6"))
    april = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    batch = started(harness, choice=Choice(due=april))
    producer(harness).produce(batch, ACTOR)

    assert outcomes(harness, batch) == [
        (nav(1), nav(1)),
        (nav(2), Reason.PAID),
        (nav(3), f"{nav(3)}+{nav(4)}"),
    ]


@pytest.mark.parametrize("moment", ["check", "advance"])
def test_batch_that_stops_anywhere_goes_on_without_a_second_release(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, moment: str
):
    """What was stored stays, what was not is done by the next process, and events are one each."""
    monkeypatch.setattr(batch_module, "CHUNK", 1)
    fill(harness)
    batch = started(harness, nav(1), nav(2), nav(3), nav(4), nav(5))
    calls: list[None] = []

    def stop(*_: object) -> None:
        calls.append(None)
        if len(calls) == 4:
            raise Stop

    with pytest.raises(Stop):
        producer(harness).produce(batch, ACTOR, **{moment: stop})
    stopped = state_of(harness, batch)
    producer(harness).produce(batch, ACTOR)

    assert stopped == ("running", 2, 1)
    assert state_of(harness, batch) == ("done", 4, 1)
    assert [data["first"] for *_, data in harness.events()] == [True] * 4


def test_document_that_differs_is_refused_and_the_others_are_released(
    quick: Harness, monkeypatch: pytest.MonkeyPatch
):
    """It is a failure of ours, and stops nobody else's notice."""
    fill(quick)

    def broken(text: str) -> str:
        return qr_svg(text.replace("|", "/", 1) if nav(3) in text else text)

    monkeypatch.setattr(typesetting, "qr_svg", broken)
    batch = started(quick, nav(1), nav(3), nav(5))
    producer(quick).produce(batch, ACTOR)

    assert outcomes(quick, batch) == [(nav(1), nav(1)), (nav(3), DIFFERS), (nav(5), nav(5))]


def test_position_that_changes_meanwhile_is_printed_as_it_is_then(harness: Harness):
    """The other lines of its chunk are not made again."""
    fill(harness)
    changed = body(option(1, transfer(amount=2000)))
    printer = interrupted(harness, lambda: harness.change(**changed))
    batch = started(harness, nav(1), nav(5))
    producer(harness, printer.archive).produce(batch, ACTOR)

    assert outcomes(harness, batch) == [(nav(1), nav(1)), (nav(5), nav(5))]
    assert harness.states() == ["current", "current"]
    [first] = [row for row in harness.rows(tables.document) if row["navs"] == [nav(1)]]
    assert read_pages(first["content"])[0].codes[0][1].endswith("|2000")


def test_zip_has_each_document_and_the_table_of_outcomes(harness: Harness):
    """It is made in pieces, and gives the same bytes each time."""
    fill(harness)
    batch = started(harness, nav(1), nav(2), nav(5))
    producer(harness).produce(batch, ACTOR)
    pieces = list(zip_of(harness.store, harness.printer.archive, batch))

    assert len(pieces) == 3
    assert list(zip_of(harness.store, harness.printer.archive, batch)) == pieces
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as zip_file:
        assert zip_file.testzip() is None
        files = {name: zip_file.read(name) for name in zip_file.namelist()}
    table = list(csv.reader(io.StringIO(files.pop("outcomes.csv").decode())))
    assert table == [
        ["number", "notice", "file", "reason"],
        ["1", nav(1), f"000001-{nav(1)}.pdf", ""],
        ["2", nav(2), "", Reason.PAID],
        ["3", nav(5), f"000003-{nav(5)}.pdf", ""],
    ]
    contents = {row["navs"][0]: row["content"] for row in harness.rows(tables.document)}
    assert files == {
        f"000001-{nav(1)}.pdf": contents[nav(1)],
        f"000003-{nav(5)}.pdf": contents[nav(5)],
    }


def test_last_load_is_chosen_by_its_instant(quick: Harness):
    """A position of a key is in no load."""
    find: Callable[..., datetime | None] = batches.last_load
    assert read_only(quick.store, lambda c: find(c, ORGANIZATION)) is None
    with quick.store.begin() as connection:
        connection.execute(tables.position.update().values(created_by_kind="load"))
    instant = read_only(quick.store, lambda c: find(c, ORGANIZATION))
    fill(quick)
    batch = started(quick, choice=Choice(loaded_at=instant))

    assert [line.nav for line in lines_of(quick.store, batch)] == [nav(1)]
