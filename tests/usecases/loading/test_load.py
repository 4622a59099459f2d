"""Loading a file: all or nothing, the valid positions alone, or a dry run."""

import io
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Outcome, Result
from gpd_soap.usecases.loading.load import BATCH, LoadOptions, Report, load
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.source import Format, Source, open_source
from gpd_soap.validation.finding import FieldError
from tests.usecases.loading.samples import (
    ACTOR,
    BAD,
    CONFIGURATION,
    MINUTE,
    NOW,
    Load,
    invalid,
    organizations,
    stored_numbers,
    valid,
)
from tests.validation.bodies import ORGANIZATION, nav, option


def test_valid_file_of_several_batches_is_loaded(store: Store, loaded: Load):
    """Drafts and published positions are stored with their numbers."""
    many = [valid(number, toPublish=number % 2 == 0) for number in range(1, BATCH + 12)]
    ended = loaded(*many)

    assert ended.report == Report(Counter({Result.LOADED: len(many)}), Counter(), written=True)
    assert stored_numbers(store) == {f"P{number}": [nav(number)] for number in range(1, BATCH + 12)}
    with store.begin() as connection:
        rows = connection.execute(tables.position.select()).all()
    assert {row.iupd: row.published_at for row in rows} == {
        f"P{number}": NOW if number % 2 == 0 else None for number in range(1, BATCH + 12)
    }


def test_each_position_is_reported_in_order_with_its_numbers(loaded: Load):
    """Refused positions are reported too."""
    two = valid(2, paymentOption=[option(2), option(3)])
    ended = loaded(valid(1), invalid(7), two, keep_going=True)

    assert ended.outcomes == [
        Outcome(0, ORGANIZATION, "P1", Result.LOADED, (nav(1),)),
        Outcome(1, ORGANIZATION, "P7", Result.REFUSED, (), BAD),
        Outcome(2, ORGANIZATION, "P2", Result.LOADED, (nav(2), nav(3))),
    ]


def test_one_invalid_position_refuses_the_whole_file(store: Store, loaded: Load):
    """The configuration is not stored either, and every invalid position is reported."""
    ended = loaded(valid(1), invalid(2), valid(3), invalid(4))

    assert ended.refused == [(1, "P2", BAD), (3, "P4", BAD)]
    assert (ended.loaded, stored_numbers(store), organizations(store)) == (0, {}, 0)


def test_invalid_position_refuses_earlier_batches(store: Store, loaded: Load):
    """All batches are one transaction."""
    ended = loaded(*(valid(number) for number in range(1, 2 * BATCH)), invalid(2 * BATCH))

    assert (ended.report.written, stored_numbers(store)) == (False, {})


def test_keep_going_stores_the_valid_positions(store: Store, loaded: Load):
    """The invalid ones are reported."""
    ended = loaded(valid(1), invalid(2), valid(3), keep_going=True)

    assert ended.refused == [(1, "P2", BAD)]
    assert (ended.loaded, set(stored_numbers(store))) == (2, {"P1", "P3"})


def test_keep_going_commits_a_batch_before_it_is_reported(store: Store):
    """A reported number is always stored."""
    content = {
        **CONFIGURATION,
        "positions": [valid(number) for number in range(1, 2 * BATCH)],
    }
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, None)
    counted = {}

    def tell(outcome: Outcome) -> None:
        if outcome.row_number in (0, BATCH - 1, BATCH):
            counted[outcome.row_number] = len(stored_numbers(store))

    load(store, source, NOW, LoadOptions(ACTOR, keep_going=True), tell)

    assert counted == {0: BATCH, BATCH - 1: BATCH, BATCH: 2 * BATCH - 1}


@pytest.mark.parametrize(
    "options",
    [
        LoadOptions(ACTOR),
        LoadOptions(ACTOR, keep_going=True),
        LoadOptions(ACTOR, dry_run=True),
    ],
)
def test_load_holds_at_most_one_batch(store: Store, loaded: Load, options: LoadOptions):
    """Rows are read only after those before them are reported."""
    loaded()
    reported: list[Outcome] = []
    ahead = []

    def rows() -> Iterator[Row]:
        for number in range(1, 3 * BATCH):
            ahead.append(number - len(reported))
            yield Row(number, valid(number) if number < BATCH else invalid(number))

    load(store, Source(rows()), NOW + MINUTE, options, reported.append)

    assert max(ahead) == BATCH
    assert len(reported) == 3 * BATCH - 1


@pytest.mark.parametrize("keep_going", [False, True])
def test_dry_run_reports_outcomes_and_writes_nothing(
    store: Store,
    loaded: Load,
    keep_going: bool,  # noqa: FBT001  # pytest's way
):
    """It reports stored and repeated positions too."""
    loaded(valid(1))
    content = [
        valid(1),
        *(valid(number) for number in range(2, BATCH + 9)),
        valid(2),
        invalid(3),
    ]
    ended = loaded(*content, dry_run=True, keep_going=keep_going)

    assert set(stored_numbers(store)) == {"P1"}
    assert not ended.report.written
    assert ended.report.results == {
        Result.LOADED: BATCH + 7,
        Result.ALREADY_LOADED: 1,
        Result.REFUSED: 2,
    }
    assert [(iupd, errors[0].rule) for _, iupd, errors in ended.refused] == [
        ("P2", "duplicate"),
        ("P3", "choice"),
    ]


@pytest.mark.parametrize("content", [None, 1, "x", [], ["iupd"]])
def test_value_that_is_no_object_is_refused_without_an_iupd(loaded: Load, content: object):
    """The error is reported like that of a position."""
    [(row_number, iupd, errors)] = loaded(content, keep_going=True).refused

    assert (row_number, iupd) == (0, "")
    assert FieldError("", "type", "an object") in errors


@pytest.mark.parametrize("iupd", ["\x1b[31mred", "x" * 300, 1.5, None, ""])
def test_invalid_iupd_is_not_repeated(loaded: Load, iupd: object):
    """A report is shown on a terminal."""
    [(_, shown, _)] = loaded(valid(1, iupd=iupd), keep_going=True).refused

    assert shown == ""


def test_added_fields_and_gpd_fields_are_checked_together(loaded: Load):
    """One report has the errors of both."""
    [outcome] = loaded(valid(1, organization="1", toPublish="yes", type="H")).outcomes

    assert outcome.organization == ""
    assert outcome.errors == (
        FieldError("organization", "organization-code", "11 digits"),
        FieldError("toPublish", "type", "true or false, not in quotes"),
        *BAD,
    )
