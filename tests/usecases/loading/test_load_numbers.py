"""Notice numbers of a file: given, issued, or in use."""

from collections.abc import Sequence

import pytest

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Candidate
from gpd_soap.usecases.loading.write import NEVER_USED, InUse, PositionWriter
from gpd_soap.validation.finding import FieldError
from tests.usecases.loading.samples import (
    CONFIGURATION,
    NOW,
    Body,
    Load,
    load_document,
    stored_numbers,
    valid,
)
from tests.validation.bodies import ORGANIZATION, iuv, nav, option


def test_number_of_another_position_is_refused(store: Store, loaded: Load):
    """The other position may be in the store or in the file; the rest of the batch is stored."""
    loaded(valid(1), valid(2))
    again = {**valid(2), "iupd": "NEW"}
    within = {**valid(3), "iupd": "NEWER"}
    ended = loaded(valid(3), again, within, valid(4), keep_going=True)
    number = FieldError("paymentOption[0].nav", "in-use", NEVER_USED)
    message = FieldError("paymentOption[0].iuv", "in-use", NEVER_USED)

    assert ended.refused == [(1, "NEW", (number, message)), (2, "NEWER", (number, message))]
    assert set(stored_numbers(store)) == {"P1", "P2", "P3", "P4"}


def test_number_in_use_refuses_the_whole_file_without_keep_going(store: Store, loaded: Load):
    """All or nothing also holds for errors that only the store can find."""
    loaded(valid(1))
    ended = loaded(valid(2), {**valid(1), "iupd": "NEW"})

    assert (ended.loaded, [row_number for row_number, *_ in ended.refused]) == (0, [1])
    assert set(stored_numbers(store)) == {"P1"}


def test_number_of_a_deleted_position_is_refused(store: Store, loaded: Load):
    """A payer may still hold its notice."""
    loaded()
    row = {"organization": ORGANIZATION, "nav": nav(1), "iuv": iuv(1), "iupd": "X"}
    with store.begin() as connection:
        connection.execute(tables.retired_number.insert(), {**row, "retired_at": NOW})
    ended = loaded(valid(1), keep_going=True)

    assert {error.rule for error in ended.refused[0][2]} == {"in-use"}


def test_missing_number_is_issued_with_the_segregation_code_of_the_station(
    store: Store, loaded: Load
):
    """Numbers in the bodies of the same batch are skipped."""
    waiting = {**valid(9), "paymentOption": [option(9, iuv=None), option(8, iuv=None)]}
    ended = loaded(waiting, valid(1), valid(2))

    assert ended.refused == []
    assert stored_numbers(store) == {"P9": [nav(3), nav(4)], "P1": [nav(1)], "P2": [nav(2)]}


@pytest.mark.parametrize("twice", [{**valid(1), "iupd": "NEW"}, {**valid(5), "iupd": "P1"}])
def test_refused_position_does_not_change_issued_numbers(store: Store, loaded: Load, twice: Body):
    """The others of its batch are written as if it were missing."""
    waiting = {**valid(9), "paymentOption": [option(9, iuv=None)]}
    loaded(waiting, valid(1), twice, keep_going=True)

    assert stored_numbers(store) == {"P9": [nav(2)], "P1": [nav(1)]}


def test_missing_number_without_a_segregation_code_is_refused(store: Store):
    """Each option without a number has its own error."""
    content = {
        "organizations": CONFIGURATION["organizations"],
        "positions": [{**valid(1), "paymentOption": [option(1), option(2, iuv=None)]}],
    }
    expected = "an IUV, or a station with a segregation code to issue one"

    assert load_document(store, content).refused == [
        (0, "P1", (FieldError("paymentOption[1].iuv", "required", expected),)),
    ]


def test_lenient_load_accepts_old_numbers_with_a_warning(store: Store, loaded: Load):
    """The number is stored as it is in the file."""
    wrong = iuv(1)[:15] + "99"
    content = {**valid(1), "paymentOption": [option(1, iuv=wrong)]}

    assert loaded(content).loaded == 0
    ended = loaded(content, lenient=True)
    assert (ended.loaded, ended.report.warnings) == (1, {"check-digits": 1})
    assert stored_numbers(store) == {"P1": ["3" + wrong]}


@pytest.mark.parametrize("blind", [1, 2, 3])
def test_number_stored_by_another_process_meanwhile_is_refused(
    store: Store, loaded: Load, monkeypatch: pytest.MonkeyPatch, blind: int
):
    """The conflict appears when the batch is written, and then each position is tried alone."""
    loaded(valid(1))
    looks, look = iter(range(blind)), PositionWriter._in_use

    def look_up(writing: PositionWriter, candidates: Sequence[Candidate]) -> InUse:
        return look(writing, candidates) if next(looks, None) is None else ({}, set())

    monkeypatch.setattr(PositionWriter, "_in_use", look_up)
    ended = loaded({**valid(1), "iupd": "NEW"}, valid(2), valid(3), keep_going=True)

    assert [row_number for row_number, *_ in ended.refused] == [0]
    assert {error.rule for error in ended.refused[0][2]} == {"in-use"}
    assert set(stored_numbers(store)) == {"P1", "P2", "P3"}
