"""Loading a file: all or nothing, the good ones alone, or nothing at all to see what would be."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from gpd_soap.intake.document import UnusableFile, read
from gpd_soap.intake.finding import FieldError
from gpd_soap.intake.load import BATCH, How, Report, Turned, load
from gpd_soap.intake.writing import Candidate, Name, Writing
from gpd_soap.store import migrate, schema
from gpd_soap.store.store import Store
from tests.intake.bodies import ORGANIZATION, body, iuv, nav, option

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

Body = dict[str, Any]
Load = Callable[..., Report]


def placed(serial: int, **more: object) -> Body:
    """A position of a file, named after the serial of its notice."""
    told = {"organization": ORGANIZATION, "iupd": f"P{serial}", **more}
    return {**body(option(serial)), **told}


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


@pytest.fixture
def loaded(store: Store) -> Load:
    """Load positions with the configuration that they need."""

    def run(*positions: object, **how: bool) -> Report:
        told = {**CONFIGURATION, "positions": positions}
        return load(store, read(json.dumps(told).encode()), NOW, How(**how))

    return run


def kept(store: Store) -> dict[str, list[str]]:
    """Every IUPD in the store with its notice numbers."""
    option = schema.payment_option
    with store.begin() as connection:
        found: dict[str, list[str]] = {
            row.iupd: [] for row in connection.execute(schema.position.select())
        }
        for row in connection.execute(option.select().order_by(option.c.nav)):
            found[row.iupd].append(row.nav)
    return found


def organizations(store: Store) -> int:
    """How many organizations the store knows."""
    with store.begin() as connection:
        return len(connection.execute(schema.organization.select()).all())


def test_a_good_file_is_kept_whole(store: Store, loaded: Load):
    """More positions than go in at once, drafts and published ones."""
    many = [placed(at, toPublish=at % 2 == 0) for at in range(1, BATCH + 12)]
    report = loaded(*many)

    assert report == Report(len(many), len(many), (), Counter())
    assert kept(store) == {f"P{at}": [nav(at)] for at in range(1, BATCH + 12)}
    with store.begin() as connection:
        rows = connection.execute(schema.position.select()).all()
    assert {row.iupd: row.published_at for row in rows} == {
        f"P{at}": NOW if at % 2 == 0 else None for at in range(1, BATCH + 12)
    }


def test_one_bad_position_keeps_everything_out(store: Store, loaded: Load):
    """The configuration of the file too: all or nothing."""
    report = loaded(placed(1), bad(2))

    assert report == Report(2, 0, (Turned(1, "P2", BAD),), Counter())
    assert kept(store) == {}
    assert organizations(store) == 0


def test_told_to_keep_going_the_good_ones_are_kept(store: Store, loaded: Load):
    """And the bad ones are said."""
    report = loaded(placed(1), bad(2), placed(3), keep_going=True)

    assert report == Report(3, 2, (Turned(1, "P2", BAD),), Counter())
    assert set(kept(store)) == {"P1", "P3"}


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_dry_run_writes_nothing_and_says_what_would_be(
    store: Store,
    loaded: Load,
    keep_going: bool,  # noqa: FBT001  # pytest's way
):
    """What is in use in the store included."""
    loaded(placed(1))
    report = loaded(placed(1), placed(2), bad(3), dry_run=True, keep_going=keep_going)
    in_use = FieldError("iupd", "in-use", "what the organization has never used")

    assert set(kept(store)) == {"P1"}
    assert report.kept == (1 if keep_going else 0)
    assert report.refused[-1] == Turned(2, "P3", BAD)
    assert (in_use in report.refused[0].errors) == keep_going


def test_what_is_in_use_is_named(store: Store, loaded: Load):
    """By IUPD, notice number and IUV; the others of its batch are kept."""
    loaded(placed(1), placed(2))
    again = {**placed(2), "iupd": "NEW"}
    report = loaded(placed(3), placed(1), again, placed(4), keep_going=True)
    expected = "what the organization has never used"
    number = FieldError("paymentOption[0].nav", "in-use", expected)
    said = FieldError("paymentOption[0].iuv", "in-use", expected)

    assert report.refused == (
        Turned(1, "P1", (FieldError("iupd", "in-use", expected), number, said)),
        Turned(2, "NEW", (number, said)),
    )
    assert set(kept(store)) == {"P1", "P2", "P3", "P4"}


def test_what_is_in_use_keeps_everything_out_unless_told_to_keep_going(store: Store, loaded: Load):
    """All or nothing, also for what only the store can know."""
    loaded(placed(1))
    report = loaded(placed(2), placed(1))

    assert (report.kept, [turned.place for turned in report.refused]) == (0, [1])
    assert set(kept(store)) == {"P1"}


def test_the_second_of_two_alike_in_a_file_is_refused(loaded: Load):
    """By IUPD, by IUV and by notice number; a position that was refused claims nothing."""
    same_iuv = {**placed(1), "iupd": "NEW"}
    report = loaded(bad(1), placed(1), placed(1), same_iuv, keep_going=True)
    expected = "what no position before it in the file has"
    numbers = (
        FieldError("paymentOption[0].nav", "duplicate", expected),
        FieldError("paymentOption[0].iuv", "duplicate", expected),
    )

    assert report.kept == 1
    assert report.refused[1:] == (
        Turned(2, "P1", (FieldError("iupd", "duplicate", expected), *numbers)),
        Turned(3, "NEW", numbers),
    )


def test_a_number_that_is_left_out_is_issued_with_the_stations_segregation_code(
    store: Store, loaded: Load
):
    """Passing over those that the same file brings, wherever they stand in it."""
    waiting = {**placed(9), "paymentOption": [option(9, iuv=None), option(8, iuv=None)]}
    report = loaded(waiting, placed(1), placed(2))

    assert report.refused == ()
    assert kept(store) == {"P9": [nav(3), nav(4)], "P1": [nav(1)], "P2": [nav(2)]}


def test_a_number_cannot_be_issued_without_a_segregation_code(store: Store):
    """It is said for each option that wants one."""
    told = {
        "organizations": CONFIGURATION["organizations"],
        "positions": [{**placed(1), "paymentOption": [option(1), option(2, iuv=None)]}],
    }
    report = load(store, read(json.dumps(told).encode()), NOW, How())
    expected = "an IUV, or a station with a segregation code to issue one"

    assert report.refused == (
        Turned(0, "P1", (FieldError("paymentOption[1].iuv", "required", expected),)),
    )


def test_an_organization_that_nobody_registered_is_refused(loaded: Load):
    """Neither in the file nor in the store."""
    report = loaded(placed(1, organization="88888888888"), keep_going=True)

    assert report.refused == (
        Turned(0, "P1", (FieldError("organization", "unknown", "a registered organization"),)),
    )


def test_an_organization_that_is_registered_already_needs_no_word(store: Store, loaded: Load):
    """A file may hold positions alone."""
    loaded()
    told = {"positions": [placed(1)]}

    assert load(store, read(json.dumps(told).encode()), NOW, How()).kept == 1


@pytest.mark.parametrize(
    ("told", "said"),
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
    store: Store, told: Body, said: str
):
    """And nothing of it is kept."""
    document = read(json.dumps({"brokers": ["15376371009"], **told}).encode())
    with pytest.raises(UnusableFile) as refused:
        load(store, document, NOW, How(keep_going=True))

    assert str(refused.value) == said
    with store.begin() as connection:
        assert connection.execute(schema.broker.select()).all() == []


def test_a_service_that_numbers_with_a_foreign_code_makes_a_file_unusable(store: Store):
    """As over the API; and so does a file that takes a code from a service that is there."""

    def take(stations: list[str], *services: str) -> None:
        told = {
            "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune"}],
            "brokers": ["B"],
            "stations": [station(code) for code in stations],
            "services": [service(code) for code in services],
        }
        load(store, read(json.dumps(told).encode()), NOW, How())

    foreign = r"services\[0\].settings.segregationCode: unknown: expected the segregation code"
    for stations in ([], ["01"]):
        with pytest.raises(UnusableFile, match=foreign):
            take(stations, "02")
    take(["02"], "02")
    with pytest.raises(UnusableFile, match="services: in-use: expected none"):
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
        serving = connection.execute(schema.organization_station.select()).all()
    assert [tuple(row) for row in serving] == [(ORGANIZATION, STATION, "47", False)]


@pytest.mark.parametrize("told", [None, 1, "x", [], ["iupd"]])
def test_what_is_no_position_is_refused_like_one(loaded: Load, told: object):
    """It has no IUPD to be called by."""
    [turned] = loaded(told, keep_going=True).refused

    assert (turned.place, turned.iupd) == (0, "-")
    assert FieldError("", "type", "an object") in turned.errors


@pytest.mark.parametrize("iupd", ["\x1b[31mred", "x" * 300, 1, None, ""])
def test_an_iupd_that_is_no_sane_text_is_not_repeated(loaded: Load, iupd: object):
    """A report goes to a terminal."""
    [turned] = loaded(placed(1, iupd=iupd), keep_going=True).refused

    assert turned.iupd == "-"


def test_both_halves_of_a_position_are_checked_at_once(loaded: Load):
    """What a file adds to GPD's fields, and GPD's fields."""
    [turned] = loaded(placed(1, organization="1", toPublish="yes", type="H")).refused

    assert turned.errors == (
        FieldError("organization", "organization-code", "11 digits"),
        FieldError("toPublish", "type", "true or false, not in quotes"),
        *BAD,
    )


def test_lenient_takes_old_numbers_and_counts_a_warning(store: Store, loaded: Load):
    """The number is kept as it came."""
    wrong = iuv(1)[:15] + "99"
    told = {**placed(1), "paymentOption": [option(1, iuv=wrong)]}

    assert loaded(told).kept == 0
    assert loaded(told, lenient=True) == Report(1, 1, (), Counter({"check-digits": 1}))
    assert kept(store) == {"P1": ["3" + wrong]}


def test_progress_is_told_as_it_is_made(store: Store):
    """Once when a position is checked, once when it is written."""
    told = {**CONFIGURATION, "positions": [placed(at) for at in range(1, 4)]}
    steps: list[int] = []
    load(store, read(json.dumps(told).encode()), NOW, How(), steps.append)

    assert steps == [1, 1, 1, 3]


@pytest.mark.parametrize("blind", [1, 2])
def test_what_another_process_takes_meanwhile_is_refused_too(
    store: Store, loaded: Load, monkeypatch: pytest.MonkeyPatch, blind: int
):
    """Seen only when it is written: then each of the batch is tried alone."""
    loaded(placed(1))
    looks, look = iter(range(blind)), Writing._used

    def late(writing: Writing, candidates: Sequence[Candidate]) -> set[Name]:
        return look(writing, candidates) if next(looks, None) is None else set()

    monkeypatch.setattr(Writing, "_used", late)
    report = loaded(placed(2), placed(1), placed(3), keep_going=True)

    assert [turned.place for turned in report.refused] == [1]
    assert {error.rule for error in report.refused[0].errors} == {"in-use"}
    assert set(kept(store)) == {"P1", "P2", "P3"}
