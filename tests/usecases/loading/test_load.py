"""Loading a file: all or nothing, the good ones alone, or nothing at all to see what would be."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Candidate, Outcome, Result
from gpd_soap.usecases.loading.load import BATCH, LoadOptions, Report, load
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.source import Format, Source, open_source
from gpd_soap.usecases.loading.write import DIFFERS, NEVER_USED, REPEATED, InUse, PositionWriter
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile
from tests.validation.bodies import ORGANIZATION, body, iuv, nav, option, share

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
STATION = "15376371009_01"
CONFIGURATION = {
    "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune di Esempio"}],
    "brokers": ["15376371009"],
    "stations": [
        {
            "id": STATION,
            "broker": "15376371009",
            "organizations": [{"fiscalCode": ORGANIZATION, "segregationCode": "47"}],
        }
    ],
}

#: What comes between two loads.
MINUTE = timedelta(minutes=1)

Body = dict[str, Any]


class Ended(NamedTuple):
    """How a load ended, and what was told of each position."""

    report: Report
    outcomes: list[Outcome]

    @property
    def loaded(self) -> int:
        """How many were kept."""
        return self.report.results[Result.LOADED] if self.report.kept else 0

    @property
    def refused(self) -> list[tuple[int, str, tuple[FieldError, ...]]]:
        """Which were not taken: place, IUPD, and why."""
        return [
            (o.row_number, o.iupd, o.errors) for o in self.outcomes if o.result is Result.REFUSED
        ]


Load = Callable[..., Ended]


def placed(serial: int, **more: object) -> Body:
    """A position of a file, named after the serial of its notice."""
    content = {"organization": ORGANIZATION, "iupd": f"P{serial}", **more}
    return {**body(option(serial)), **content}


def bad(serial: int) -> Body:
    """One that is refused for a field."""
    return placed(serial, type="H")


BAD = (FieldError("type", "choice", "'F' or 'G'"),)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store."""
    empty = Store(database_url)
    migrate.upgrade(empty.engine)
    yield empty
    empty.close()


def load_document(store: Store, content: Body, now: datetime = NOW, **options: Any) -> Ended:
    """Load a JSON document."""
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, None)
    outcomes: list[Outcome] = []
    return Ended(load(store, source, now, LoadOptions(**options), outcomes.append), outcomes)


@pytest.fixture
def loaded(store: Store) -> Load:
    """Load positions with the configuration that they need, each time a minute later."""
    runs = iter(range(100))

    def run(*positions: object, **options: bool) -> Ended:
        content = {**CONFIGURATION, "positions": positions}
        return load_document(store, content, NOW + next(runs) * MINUTE, **options)

    return run


def kept(store: Store) -> dict[str, list[str]]:
    """Every IUPD in the store with its notice numbers."""
    option = tables.payment_option
    with store.begin() as connection:
        navs: dict[str, list[str]] = {
            row.iupd: [] for row in connection.execute(tables.position.select())
        }
        for row in connection.execute(option.select().order_by(option.c.nav)):
            navs[row.iupd].append(row.nav)
    return navs


def organizations(store: Store) -> int:
    """How many organizations the store knows."""
    with store.begin() as connection:
        return len(connection.execute(tables.organization.select()).all())


def test_a_good_file_is_kept_whole(store: Store, loaded: Load):
    """More positions than go in at once, drafts and published ones."""
    many = [placed(number, toPublish=number % 2 == 0) for number in range(1, BATCH + 12)]
    ended = loaded(*many)

    assert ended.report == Report(Counter({Result.LOADED: len(many)}), Counter(), kept=True)
    assert kept(store) == {f"P{number}": [nav(number)] for number in range(1, BATCH + 12)}
    with store.begin() as connection:
        rows = connection.execute(tables.position.select()).all()
    assert {row.iupd: row.published_at for row in rows} == {
        f"P{number}": NOW if number % 2 == 0 else None for number in range(1, BATCH + 12)
    }


def test_each_position_is_told_in_its_turn_with_its_numbers(loaded: Load):
    """Whatever came of it."""
    two = placed(2, paymentOption=[option(2), option(3)])
    ended = loaded(placed(1), bad(7), two, keep_going=True)

    assert ended.outcomes == [
        Outcome(0, ORGANIZATION, "P1", Result.LOADED, (nav(1),)),
        Outcome(1, ORGANIZATION, "P7", Result.REFUSED, (), BAD),
        Outcome(2, ORGANIZATION, "P2", Result.LOADED, (nav(2), nav(3))),
    ]


def test_one_bad_position_keeps_everything_out(store: Store, loaded: Load):
    """The configuration of the file too: all or nothing, and all that are bad are said."""
    ended = loaded(placed(1), bad(2), placed(3), bad(4))

    assert ended.refused == [(1, "P2", BAD), (3, "P4", BAD)]
    assert (ended.loaded, kept(store), organizations(store)) == (0, {}, 0)


def test_a_bad_position_keeps_the_batches_before_it_out(store: Store, loaded: Load):
    """One transaction, however many batches."""
    ended = loaded(*(placed(number) for number in range(1, 2 * BATCH)), bad(2 * BATCH))

    assert (ended.report.kept, kept(store)) == (False, {})


def test_told_to_keep_going_the_good_ones_are_kept(store: Store, loaded: Load):
    """And the bad ones are said."""
    ended = loaded(placed(1), bad(2), placed(3), keep_going=True)

    assert ended.refused == [(1, "P2", BAD)]
    assert (ended.loaded, set(kept(store))) == (2, {"P1", "P3"})


def test_told_to_keep_going_each_batch_is_kept_before_it_is_told(store: Store):
    """So that whoever heard of a number can rely on it."""
    content = {**CONFIGURATION, "positions": [placed(number) for number in range(1, 2 * BATCH)]}
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, None)
    counted = {}

    def tell(outcome: Outcome) -> None:
        if outcome.row_number in (0, BATCH - 1, BATCH):
            counted[outcome.row_number] = len(kept(store))

    load(store, source, NOW, LoadOptions(keep_going=True), tell)

    assert counted == {0: BATCH, BATCH - 1: BATCH, BATCH: 2 * BATCH - 1}


@pytest.mark.parametrize(
    "options", [LoadOptions(), LoadOptions(keep_going=True), LoadOptions(dry_run=True)]
)
def test_no_more_is_held_than_a_batch(store: Store, loaded: Load, options: LoadOptions):
    """However long the file, good or bad: rows are asked for when those before them are told."""
    loaded()
    reported: list[Outcome] = []
    ahead = []

    def rows() -> Iterator[Row]:
        for number in range(1, 3 * BATCH):
            ahead.append(number - len(reported))
            yield Row(number, placed(number) if number < BATCH else bad(number))

    load(store, Source(rows()), NOW + MINUTE, options, reported.append)

    assert max(ahead) == BATCH
    assert len(reported) == 3 * BATCH - 1


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_dry_run_writes_nothing_and_says_what_would_be(
    store: Store,
    loaded: Load,
    keep_going: bool,  # noqa: FBT001  # pytest's way
):
    """What is there already, or twice in the file, included."""
    loaded(placed(1))
    content = [placed(1), *(placed(number) for number in range(2, BATCH + 9)), placed(2), bad(3)]
    ended = loaded(*content, dry_run=True, keep_going=keep_going)

    assert set(kept(store)) == {"P1"}
    assert not ended.report.kept
    assert ended.report.results == {Result.LOADED: BATCH + 7, Result.THERE: 1, Result.REFUSED: 2}
    assert [(iupd, errors[0].rule) for _, iupd, errors in ended.refused] == [
        ("P2", "duplicate"),
        ("P3", "choice"),
    ]


def test_the_same_file_again_changes_nothing(store: Store, loaded: Load):
    """Each position is there already, with the number that it got the first time."""
    waiting = {**placed(9), "paymentOption": [option(9, iuv=None), option(8, iuv=None)]}
    content = [placed(1, toPublish=True), waiting, placed(2)]
    first = loaded(*content)
    before = kept(store)
    again = loaded(*content)

    assert again.report == Report(Counter({Result.THERE: 3}), Counter(), kept=True)
    assert [o.navs for o in again.outcomes] == [o.navs for o in first.outcomes]
    assert kept(store) == before


def test_what_became_of_a_position_since_does_not_make_it_another(store: Store, loaded: Load):
    """Paid, withdrawn, published or not."""
    loaded(placed(1), placed(2, toPublish=True), placed(3))
    with store.begin() as connection:
        option, position = tables.payment_option, tables.position
        connection.execute(update(option).where(option.c.nav == nav(1)).values(paid_at=NOW))
        connection.execute(update(position).where(position.c.iupd == "P2").values(withdrawn_at=NOW))
    again = loaded(placed(1), placed(2), placed(3, toPublish=True))

    assert again.report.results == {Result.THERE: 3}


TRANSFERS = [share(1, 700), share(2, 300)]


@pytest.mark.parametrize(
    "changed",
    [
        placed(1, fullName="Mario Esempio"),
        placed(1, region="Lazio"),
        placed(1, validityDate="2026-03-20"),
        placed(1, paymentOption=[option(2, *TRANSFERS), option(1, *TRANSFERS)]),
        placed(1, paymentOption=[option(1, *TRANSFERS, description="Altro")]),
        placed(1, paymentOption=[option(1, share(1, 600), share(2, 400))]),
        placed(1, paymentOption=[option(1, *TRANSFERS, isPartialPayment=True)]),
        placed(1, paymentOption=[option(1, *TRANSFERS, dueDate="2026-05-01")]),
        placed(1, paymentOption=[option(3, *TRANSFERS, description="Tributo 1")]),
    ],
)
def test_another_content_under_a_known_iupd_is_refused(store: Store, loaded: Load, changed: Body):
    """What is stored stays, and the field that is in use is named."""
    loaded(placed(1, paymentOption=[option(1, *TRANSFERS)]))
    ended = loaded(changed, placed(5), keep_going=True)

    expected = "the content of the stored position with this IUPD"
    assert ended.refused == [(0, "P1", (FieldError("iupd", "in-use", expected),))]
    assert kept(store) == {"P1": [nav(1)], "P5": [nav(5)]}


def test_the_order_of_options_and_transfers_is_no_content(loaded: Load):
    """A list in GPD's JSON is a set."""
    first, second = option(1, *TRANSFERS), option(2, *TRANSFERS, dueDate="2026-04-29")
    loaded(placed(1, paymentOption=[first, second]))
    turned = {**first, "transfer": first["transfer"][::-1]}

    assert loaded(placed(1, paymentOption=[second, turned])).report.results == {Result.THERE: 1}


def test_options_alike_are_counted(loaded: Load):
    """Two of the same content are not three."""
    alike = option(1, iuv=None)
    loaded(placed(1, paymentOption=[alike, alike]))
    ended = loaded(placed(1, paymentOption=[alike] * 3), keep_going=True)

    assert ended.refused == [(0, "P1", (DIFFERS,))]
    assert loaded(placed(1, paymentOption=[alike] * 2)).report.results == {Result.THERE: 1}


def test_a_number_of_another_position_is_refused(store: Store, loaded: Load):
    """By notice number and IUV, of the store or of the file; the others of its batch are kept."""
    loaded(placed(1), placed(2))
    again = {**placed(2), "iupd": "NEW"}
    within = {**placed(3), "iupd": "NEWER"}
    ended = loaded(placed(3), again, within, placed(4), keep_going=True)
    number = FieldError("paymentOption[0].nav", "in-use", NEVER_USED)
    message = FieldError("paymentOption[0].iuv", "in-use", NEVER_USED)

    assert ended.refused == [(1, "NEW", (number, message)), (2, "NEWER", (number, message))]
    assert set(kept(store)) == {"P1", "P2", "P3", "P4"}


def test_what_is_in_use_keeps_everything_out_unless_told_to_keep_going(store: Store, loaded: Load):
    """All or nothing, also for what only the store can know."""
    loaded(placed(1))
    ended = loaded(placed(2), {**placed(1), "iupd": "NEW"})

    assert (ended.loaded, [row_number for row_number, *_ in ended.refused]) == (0, [1])
    assert set(kept(store)) == {"P1"}


def test_a_number_that_was_deleted_is_refused(store: Store, loaded: Load):
    """A payer may still hold it."""
    loaded()
    row = {"organization": ORGANIZATION, "nav": nav(1), "iuv": iuv(1), "iupd": "X"}
    with store.begin() as connection:
        connection.execute(tables.retired_number.insert(), {**row, "retired_at": NOW})
    ended = loaded(placed(1), keep_going=True)

    assert {error.rule for error in ended.refused[0][2]} == {"in-use"}


@pytest.mark.parametrize("between", [0, BATCH])
@pytest.mark.parametrize("keep_going", [False, True])
def test_the_second_of_two_of_one_iupd_is_refused(
    store: Store,
    loaded: Load,
    between: int,
    keep_going: bool,  # noqa: FBT001  # pytest's way
):
    """Near or far in the file, of the same content or another; a refused one claims nothing."""
    others = [placed(number) for number in range(10, 10 + between)]
    content = [bad(1), placed(1), *others, placed(1), placed(1, region="Lazio")]
    ended = loaded(*content, keep_going=keep_going)

    assert ended.refused == [
        (0, "P1", BAD),
        (between + 2, "P1", (REPEATED,)),
        (between + 3, "P1", (REPEATED,)),
    ]
    assert len(kept(store)) == (between + 1 if keep_going else 0)


def test_a_number_that_is_left_out_is_issued_with_the_stations_segregation_code(
    store: Store, loaded: Load
):
    """Passing over those that the same batch brings, wherever they stand in it."""
    waiting = {**placed(9), "paymentOption": [option(9, iuv=None), option(8, iuv=None)]}
    ended = loaded(waiting, placed(1), placed(2))

    assert ended.refused == []
    assert kept(store) == {"P9": [nav(3), nav(4)], "P1": [nav(1)], "P2": [nav(2)]}


@pytest.mark.parametrize("twice", [{**placed(1), "iupd": "NEW"}, {**placed(5), "iupd": "P1"}])
def test_a_position_that_is_refused_does_not_change_what_is_issued(
    store: Store, loaded: Load, twice: Body
):
    """The others of its batch are written as if it were not there."""
    waiting = {**placed(9), "paymentOption": [option(9, iuv=None)]}
    loaded(waiting, placed(1), twice, keep_going=True)

    assert kept(store) == {"P9": [nav(2)], "P1": [nav(1)]}


def test_a_number_cannot_be_issued_without_a_segregation_code(store: Store):
    """It is said for each option that wants one."""
    content = {
        "organizations": CONFIGURATION["organizations"],
        "positions": [{**placed(1), "paymentOption": [option(1), option(2, iuv=None)]}],
    }
    expected = "an IUV, or a station with a segregation code to issue one"

    assert load_document(store, content).refused == [
        (0, "P1", (FieldError("paymentOption[1].iuv", "required", expected),)),
    ]


def test_an_organization_that_nobody_registered_is_refused(loaded: Load):
    """Neither in the file nor in the store."""
    ended = loaded(placed(1, organization="88888888888"), keep_going=True)

    assert ended.refused == [
        (0, "P1", (FieldError("organization", "unknown", "a registered organization"),)),
    ]


def test_an_organization_that_is_registered_already_needs_no_word(store: Store, loaded: Load):
    """A file may hold positions alone."""
    loaded()

    assert load_document(store, {"positions": [placed(1)]}).loaded == 1


def test_an_organization_can_be_said_once_for_all(store: Store, loaded: Load):
    """For the positions that say none; another that one of them says holds."""
    loaded()
    content = {"positions": [body(option(1)), placed(2, organization="88888888888")]}
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, ORGANIZATION)
    outcomes: list[Outcome] = []
    load(
        store, source, NOW, LoadOptions(keep_going=True, organization=ORGANIZATION), outcomes.append
    )

    assert [(o.organization, o.result) for o in outcomes] == [
        (ORGANIZATION, Result.LOADED),
        ("88888888888", Result.REFUSED),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"stations": [{"id": "x", "broker": "y"}]},
            "stations[0].broker: unknown: expected a registered broker",
        ),
        (
            {"stations": [{"id": "x", "broker": "15376371009", "organizations": [
                {"fiscalCode": "88888888888"}]}]},
            "stations[0].organizations[0].fiscalCode: unknown: expected a registered organization",
        ),
        (
            {"services": [{"organization": "88888888888", "serviceId": "00001",
                           "subjectId": "00001", "kind": "declared", "settings": {
                               "amount": 500, "description": "Diritti", "segregationCode": "01",
                               "category": "0101002IM", "iban": "IT60X0542811101000000123456",
                           }}]},
            "services[0].organization: unknown: expected a registered organization",
        ),
    ],
)  # fmt: skip
def test_configuration_that_names_what_is_nowhere_makes_a_file_unusable(
    store: Store, content: Body, message: str
):
    """And nothing of it is kept."""
    with pytest.raises(UnusableFile) as refused:
        load_document(store, {"brokers": ["15376371009"], **content}, keep_going=True)

    assert str(refused.value) == message
    with store.begin() as connection:
        assert connection.execute(tables.broker.select()).all() == []


def test_a_service_that_numbers_with_a_foreign_code_makes_a_file_unusable(store: Store):
    """As over the API; and so does a file that takes a code from a service that is there."""

    def take(stations: list[str], *services: str) -> None:
        content = {
            "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune"}],
            "brokers": ["B"],
            "stations": [station(code) for code in stations],
            "services": [service(code) for code in services],
        }
        load_document(store, content)

    foreign = r"services\[0\].settings.segregationCode: unknown: expected the segregation code"
    for stations in ([], ["01"]):
        with pytest.raises(UnusableFile, match=foreign):
            take(stations, "02")
    take(["02"], "02")
    with pytest.raises(UnusableFile, match="services: in-use: expected no service"):
        take(["01"])
    take(["01"], "01")


def station(code: str) -> Body:
    """A station that serves the organization with this segregation code."""
    served = {"fiscalCode": ORGANIZATION, "segregationCode": code}
    return {"id": "S", "broker": "B", "organizations": [served]}


def service(code: str) -> Body:
    """A service that numbers its notices with this segregation code."""
    return {
        "organization": ORGANIZATION,
        "serviceId": "00001",
        "subjectId": "00001",
        "kind": "declared",
        "settings": {
            "amount": 500,
            "description": "Diritti",
            "segregationCode": code,
            "category": "0101002IM",
            "iban": "IT60X0542811101000000123456",
        },
    }


def test_configuration_is_kept_and_can_be_loaded_again(store: Store, loaded: Load):
    """Registering twice changes nothing."""
    loaded()
    loaded()

    with store.begin() as connection:
        serving = connection.execute(tables.organization_station.select()).all()
    assert [tuple(row) for row in serving] == [(ORGANIZATION, STATION, "47", False)]


@pytest.mark.parametrize("content", [None, 1, "x", [], ["iupd"]])
def test_what_is_no_position_is_refused_like_one(loaded: Load, content: object):
    """It has no IUPD to be called by."""
    [(row_number, iupd, errors)] = loaded(content, keep_going=True).refused

    assert (row_number, iupd) == (0, "")
    assert FieldError("", "type", "an object") in errors


@pytest.mark.parametrize("iupd", ["\x1b[31mred", "x" * 300, 1, None, ""])
def test_an_iupd_that_is_no_sane_text_is_not_repeated(loaded: Load, iupd: object):
    """A report goes to a terminal."""
    [(_, shown, _)] = loaded(placed(1, iupd=iupd), keep_going=True).refused

    assert shown == ""


def test_both_halves_of_a_position_are_checked_at_once(loaded: Load):
    """What a file adds to GPD's fields, and GPD's fields."""
    [outcome] = loaded(placed(1, organization="1", toPublish="yes", type="H")).outcomes

    assert outcome.organization == ""
    assert outcome.errors == (
        FieldError("organization", "organization-code", "11 digits"),
        FieldError("toPublish", "type", "true or false, not in quotes"),
        *BAD,
    )


def test_lenient_takes_old_numbers_and_counts_a_warning(store: Store, loaded: Load):
    """The number is kept as it came."""
    wrong = iuv(1)[:15] + "99"
    content = {**placed(1), "paymentOption": [option(1, iuv=wrong)]}

    assert loaded(content).loaded == 0
    ended = loaded(content, lenient=True)
    assert (ended.loaded, ended.report.warnings) == (1, {"check-digits": 1})
    assert kept(store) == {"P1": ["3" + wrong]}


@pytest.mark.parametrize("blind", [1, 2, 3])
def test_what_another_process_takes_meanwhile_is_refused_too(
    store: Store, loaded: Load, monkeypatch: pytest.MonkeyPatch, blind: int
):
    """Seen only when it is written: then each of the batch is tried alone."""
    loaded(placed(1))
    looks, look = iter(range(blind)), PositionWriter._in_use

    def late(writing: PositionWriter, candidates: Sequence[Candidate]) -> InUse:
        return look(writing, candidates) if next(looks, None) is None else ({}, set())

    monkeypatch.setattr(PositionWriter, "_in_use", late)
    ended = loaded({**placed(1), "iupd": "NEW"}, placed(2), placed(3), keep_going=True)

    assert [row_number for row_number, *_ in ended.refused] == [0]
    assert {error.rule for error in ended.refused[0][2]} == {"in-use"}
    assert set(kept(store)) == {"P1", "P2", "P3"}


def test_the_same_position_that_another_process_takes_meanwhile_is_there(
    store: Store, loaded: Load, monkeypatch: pytest.MonkeyPatch
):
    """Two who load one file together end well, both."""
    loaded(placed(1))
    looks, look = iter(range(1)), PositionWriter._in_use

    def late(writing: PositionWriter, candidates: Sequence[Candidate]) -> InUse:
        return look(writing, candidates) if next(looks, None) is None else ({}, set())

    monkeypatch.setattr(PositionWriter, "_in_use", late)
    ended = loaded(placed(1), placed(2))

    assert ended.report.results == {Result.THERE: 1, Result.LOADED: 1}
    assert set(kept(store)) == {"P1", "P2"}
