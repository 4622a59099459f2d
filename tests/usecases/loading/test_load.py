"""Loading a file: all or nothing, the valid positions alone, or a dry run."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import update

from gpd_soap.core.actor import Actor, ActorKind
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
from tests.validation.bodies import ORGANIZATION, body, iuv, nav, option, transfer

ACTOR = Actor(ActorKind.COMMAND, "ada")
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

#: The time between two loads.
MINUTE = timedelta(minutes=1)

Body = dict[str, Any]


class Ended(NamedTuple):
    """The report of a load, and the outcome of each position."""

    report: Report
    outcomes: list[Outcome]

    @property
    def loaded(self) -> int:
        """The number of positions that were stored."""
        return self.report.results[Result.LOADED] if self.report.written else 0

    @property
    def refused(self) -> list[tuple[int, str, tuple[FieldError, ...]]]:
        """The refused positions: row number, IUPD and errors."""
        return [
            (o.row_number, o.iupd, o.errors) for o in self.outcomes if o.result is Result.REFUSED
        ]


Load = Callable[..., Ended]


def valid(serial: int, **more: object) -> Body:
    """Return a position of a file, with an IUPD after the serial of its notice."""
    content = {"organization": ORGANIZATION, "iupd": f"P{serial}", **more}
    return {**body(option(serial)), **content}


def invalid(serial: int) -> Body:
    """Return a position that is refused because of one field."""
    return valid(serial, type="H")


BAD = (FieldError("type", "choice", "'F' or 'G'"),)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store."""
    empty = Store(database_url)
    migrate.upgrade(empty.engine)
    yield empty
    empty.close()


def load_document(store: Store, content: Body, now: datetime = NOW, **options: Any) -> Ended:
    """Load a JSON document, and return how it ended."""
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, None)
    outcomes: list[Outcome] = []
    return Ended(load(store, source, now, LoadOptions(**options), outcomes.append, ACTOR), outcomes)


@pytest.fixture
def loaded(store: Store) -> Load:
    """Return a function that loads positions with their configuration, a minute later each time."""
    runs = iter(range(100))

    def run(*positions: object, **options: bool) -> Ended:
        content = {**CONFIGURATION, "positions": positions}
        return load_document(store, content, NOW + next(runs) * MINUTE, **options)

    return run


def stored_numbers(store: Store) -> dict[str, list[str]]:
    """Return every IUPD in the store with its notice numbers."""
    option = tables.payment_option
    with store.begin() as connection:
        navs: dict[str, list[str]] = {
            row.iupd: [] for row in connection.execute(tables.position.select())
        }
        for row in connection.execute(option.select().order_by(option.c.nav)):
            navs[row.iupd].append(row.nav)
    return navs


def organizations(store: Store) -> int:
    """Return the number of organizations in the store."""
    with store.begin() as connection:
        return len(connection.execute(tables.organization.select()).all())


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

    load(store, source, NOW, LoadOptions(keep_going=True), tell, ACTOR)

    assert counted == {0: BATCH, BATCH - 1: BATCH, BATCH: 2 * BATCH - 1}


@pytest.mark.parametrize(
    "options", [LoadOptions(), LoadOptions(keep_going=True), LoadOptions(dry_run=True)]
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

    load(store, Source(rows()), NOW + MINUTE, options, reported.append, ACTOR)

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


def test_unregistered_organization_is_refused(loaded: Load):
    """The organization is neither in the file nor in the store."""
    ended = loaded(valid(1, organization="88888888888"), keep_going=True)

    assert ended.refused == [
        (0, "P1", (FieldError("organization", "unknown", "a registered organization"),)),
    ]


def test_registered_organization_need_not_be_in_the_file(store: Store, loaded: Load):
    """A file may have positions alone."""
    loaded()

    assert load_document(store, {"positions": [valid(1)]}).loaded == 1


def test_organization_option_is_for_positions_that_name_none(store: Store, loaded: Load):
    """A position that names another organization keeps it."""
    loaded()
    content = {"positions": [body(option(1)), valid(2, organization="88888888888")]}
    source = open_source(io.BytesIO(json.dumps(content).encode()), Format.JSON, ORGANIZATION)
    outcomes: list[Outcome] = []
    load(
        store,
        source,
        NOW,
        LoadOptions(keep_going=True, organization=ORGANIZATION),
        outcomes.append,
        ACTOR,
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
def test_configuration_with_unknown_references_is_unusable(
    store: Store, content: Body, message: str
):
    """Nothing of the file is stored."""
    with pytest.raises(UnusableFile) as refused:
        load_document(store, {"brokers": ["15376371009"], **content}, keep_going=True)

    assert str(refused.value) == message
    with store.begin() as connection:
        assert connection.execute(tables.broker.select()).all() == []


def test_service_with_an_unknown_segregation_code_is_unusable(store: Store):
    """A file that takes the code of a stored service away is unusable too."""

    def load_services(stations: list[str], *services: str) -> None:
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
            load_services(stations, "02")
    load_services(["02"], "02")
    with pytest.raises(UnusableFile, match="services: in-use: expected no service"):
        load_services(["01"])
    load_services(["01"], "01")


def station(code: str) -> Body:
    """Return a station that serves the organization with this segregation code."""
    served = {"fiscalCode": ORGANIZATION, "segregationCode": code}
    return {"id": "S", "broker": "B", "organizations": [served]}


def service(code: str) -> Body:
    """Return a service that issues notices with this segregation code."""
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


def test_configuration_is_stored_and_can_be_loaded_again(store: Store, loaded: Load):
    """The second load changes nothing."""
    loaded()
    loaded()

    with store.begin() as connection:
        serving = connection.execute(tables.organization_station.select()).all()
    assert [tuple(row) for row in serving] == [(ORGANIZATION, STATION, "47", False)]


@pytest.mark.parametrize("content", [None, 1, "x", [], ["iupd"]])
def test_value_that_is_no_object_is_refused_without_an_iupd(loaded: Load, content: object):
    """The error is reported like that of a position."""
    [(row_number, iupd, errors)] = loaded(content, keep_going=True).refused

    assert (row_number, iupd) == (0, "")
    assert FieldError("", "type", "an object") in errors


@pytest.mark.parametrize("iupd", ["\x1b[31mred", "x" * 300, 1, None, ""])
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
