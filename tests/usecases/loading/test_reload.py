"""A position that is stored already, or is twice in a file."""

from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Candidate, Result
from gpd_soap.usecases.loading.load import BATCH, Report
from gpd_soap.usecases.loading.write import DIFFERS, REPEATED, InUse, PositionWriter
from gpd_soap.validation.finding import FieldError
from tests.usecases.loading.samples import BAD, NOW, Body, Load, invalid, stored_numbers, valid
from tests.validation.bodies import nav, option, transfer


def test_repeated_load_changes_nothing(store: Store, loaded: Load):
    """Each position is reported as stored, with the number of the first load."""
    waiting = {**valid(9), "paymentOption": [option(9, iuv=None), option(8, iuv=None)]}
    content = [valid(1, toPublish=True), waiting, valid(2)]
    first = loaded(*content)
    before = stored_numbers(store)
    again = loaded(*content)

    assert again.report == Report(Counter({Result.ALREADY_LOADED: 3}), Counter(), written=True)
    assert [o.navs for o in again.outcomes] == [o.navs for o in first.outcomes]
    assert stored_numbers(store) == before


def test_reload_skips_positions_paid_or_withdrawn_meanwhile(store: Store, loaded: Load):
    """A changed publication makes no difference either."""
    loaded(valid(1), valid(2, toPublish=True), valid(3))
    with store.begin() as connection:
        option, position = tables.payment_option, tables.position
        connection.execute(update(option).where(option.c.nav == nav(1)).values(paid_at=NOW))
        connection.execute(update(position).where(position.c.iupd == "P2").values(withdrawn_at=NOW))
    again = loaded(valid(1), valid(2), valid(3, toPublish=True))

    assert again.report.results == {Result.ALREADY_LOADED: 3}


TRANSFERS = [transfer(1, 700), transfer(2, 300)]


@pytest.mark.parametrize(
    "changed",
    [
        valid(1, fullName="Mario Esempio"),
        valid(1, region="Lazio"),
        valid(1, validityDate="2026-03-20"),
        valid(1, paymentOption=[option(2, *TRANSFERS), option(1, *TRANSFERS)]),
        valid(1, paymentOption=[option(1, *TRANSFERS, description="Altro")]),
        valid(1, paymentOption=[option(1, transfer(1, 600), transfer(2, 400))]),
        valid(1, paymentOption=[option(1, *TRANSFERS, isPartialPayment=True)]),
        valid(1, paymentOption=[option(1, *TRANSFERS, dueDate="2026-05-01")]),
        valid(1, paymentOption=[option(3, *TRANSFERS, description="Tributo 1")]),
    ],
)
def test_other_content_with_a_stored_iupd_is_refused(store: Store, loaded: Load, changed: Body):
    """The stored position stays, and the error names the field."""
    loaded(valid(1, paymentOption=[option(1, *TRANSFERS)]))
    ended = loaded(changed, valid(5), keep_going=True)

    expected = "the content of the stored position with this IUPD"
    assert ended.refused == [(0, "P1", (FieldError("iupd", "in-use", expected),))]
    assert stored_numbers(store) == {"P1": [nav(1)], "P5": [nav(5)]}


def test_reload_in_another_order_is_the_same_position(loaded: Load):
    """The order of options and transfers does not matter."""
    first, second = option(1, *TRANSFERS), option(2, *TRANSFERS, dueDate="2026-04-29")
    loaded(valid(1, paymentOption=[first, second]))
    turned = {**first, "transfer": first["transfer"][::-1]}

    assert loaded(valid(1, paymentOption=[second, turned])).report.results == {
        Result.ALREADY_LOADED: 1
    }


def test_reload_with_fewer_equal_options_is_refused(loaded: Load):
    """Three equal options are not the same as two."""
    alike = option(1, iuv=None)
    loaded(valid(1, paymentOption=[alike, alike]))
    ended = loaded(valid(1, paymentOption=[alike] * 3), keep_going=True)

    assert ended.refused == [(0, "P1", (DIFFERS,))]
    assert loaded(valid(1, paymentOption=[alike] * 2)).report.results == {Result.ALREADY_LOADED: 1}


@pytest.mark.parametrize("between", [0, BATCH])
@pytest.mark.parametrize("keep_going", [False, True])
def test_repeated_iupd_in_a_file_is_refused(
    store: Store,
    loaded: Load,
    between: int,
    keep_going: bool,  # noqa: FBT001  # pytest's way
):
    """The second may be in a later batch; the IUPD of a refused position may be used."""
    others = [valid(number) for number in range(10, 10 + between)]
    content = [
        invalid(1),
        valid(1),
        *others,
        valid(1),
        valid(1, region="Lazio"),
    ]
    ended = loaded(*content, keep_going=keep_going)

    assert ended.refused == [
        (0, "P1", BAD),
        (between + 2, "P1", (REPEATED,)),
        (between + 3, "P1", (REPEATED,)),
    ]
    assert len(stored_numbers(store)) == (between + 1 if keep_going else 0)


def test_position_stored_by_another_process_meanwhile_is_skipped(
    store: Store, loaded: Load, monkeypatch: pytest.MonkeyPatch
):
    """Two loads of one file at the same time both succeed."""
    loaded(valid(1))
    looks, look = iter(range(1)), PositionWriter._in_use

    def look_up(writing: PositionWriter, candidates: Sequence[Candidate]) -> InUse:
        return look(writing, candidates) if next(looks, None) is None else ({}, set())

    monkeypatch.setattr(PositionWriter, "_in_use", look_up)
    ended = loaded(valid(1), valid(2))

    assert ended.report.results == {Result.ALREADY_LOADED: 1, Result.LOADED: 1}
    assert set(stored_numbers(store)) == {"P1", "P2"}


def test_second_load_reports_numbers_in_the_order_of_the_file(loaded: Load):
    """It does so also where the file has the options in another order than before."""
    options = [
        {**option(1, transfer(amount=amount), isPartialPayment=True), "dueDate": due}
        for amount, due in ((300, "2026-06-30"), (100, "2026-05-31"), (100, "2026-05-31"))
    ]
    for each in options:
        del each["iuv"]
    first = loaded(valid(1, paymentOption=options)).outcomes[0].navs

    again = loaded(valid(1, paymentOption=options)).outcomes[0]
    turned = loaded(valid(1, paymentOption=options[::-1])).outcomes[0]

    assert (again.result, again.navs) == (Result.ALREADY_LOADED, first)
    assert (turned.result, turned.navs) == (
        Result.ALREADY_LOADED,
        (first[1], first[2], first[0]),
    )


def test_file_with_blanks_and_decomposed_letters_is_the_same_file(store: Store, loaded: Load):
    """A position of before texts were normalized is the same too."""
    loaded(valid(1, iupd="città", companyName="Comune di Cefalù"))
    other = valid(1, iupd=" citta\u0300", companyName="Comune di Cefalu\u0300 ")
    assert loaded(other).outcomes[0].result is Result.ALREADY_LOADED

    with store.begin() as connection:
        connection.execute(update(tables.position).values(company_name="Comune di Cefalu\u0300"))
    assert loaded(other).outcomes[0].result is Result.ALREADY_LOADED
