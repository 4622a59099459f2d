"""The whole check over both kinds of database: everything once, batch by batch, in nobody's way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from gpd_soap import demo
from gpd_soap.contract.documents import contract_folder
from gpd_soap.core.notice import issue
from gpd_soap.features.check.check import (
    BATCH,
    Part,
    Scope,
    UnknownOrganization,
    UnreadableContract,
    check,
    readable_contract,
    size_of,
)
from gpd_soap.store import tables
from gpd_soap.store.database import migrate
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import KINDS, FreshDatabase
from tests.world import NOW, ORGANIZATION, OTHER, STRANGER, nav, option, position

ADDRESS = "https://ec.example/partner"
BROKEN = {
    ("EMPTY-ACCOUNT", 32): ["contract: correct remittanceInformation: unexpected, expected IBAN"],
    ("NO-TRANSFERS", 30): ["contract: correct transferList: missing, expected transfer"],
    ("SUM-IS-WRONG", 29): ["node: see to it that the transfers sum to the amount"],
    ("UNSPEAKABLE", 31): [
        "contract: correct detailDescription: value, expected what a message can carry",
        "contract: correct description: value, expected what a message can carry",
    ],
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database."""
    return str(request.param)


@pytest.fixture
def store(kind: str, fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store of the world of the message cases."""
    opened = Store(fresh_database(kind, world.prepare))
    yield opened
    opened.close()


def checked(store: Store, size: int = BATCH, **scope: Any) -> Iterator[Part]:
    """A check as it goes."""
    return check(store, ADDRESS, NOW, Scope(**scope), size)


def told(parts: Iterator[Part]) -> tuple[int, int, list[str]]:
    """Positions, answers and findings of a whole check."""
    seen = list(parts)
    lines = [str(finding) for part in seen for finding in part.findings]
    return sum(part.positions for part in seen), sum(part.answers for part in seen), lines


def add(store: Store, *wanted: Any) -> None:
    """Keep positions."""
    with store.begin() as connection:
        positions.add(connection, wanted, NOW)


def test_the_broken_positions_are_found_and_no_other(store: Store):
    """Each by its rule; the service that nobody provides is the only other error."""
    count, answers, lines = told(checked(store))
    errors = [line for line in lines if line.startswith("ERROR")]
    expected = [
        f"ERROR    {ORGANIZATION}/{iupd} notice …{nav(serial)[-4:]}  {what}"
        for (iupd, serial), whats in BROKEN.items()
        for what in whats
    ]

    assert count == len(world.POSITIONS) == 23
    assert answers == 88
    assert errors[0].startswith(f"ERROR    service {ORGANIZATION}/00004/00009  settings: ")
    assert errors[1:] == expected
    assert [line for line in lines if line not in errors] == [
        f"WARNING  station {world.SECOND_STATION}  idle: say whom it serves, or remove it"
    ]


def test_the_sample_of_the_demo_has_no_finding(kind: str, fresh_database: FreshDatabase):
    """Whatever the state of a notice."""
    store = Store(fresh_database(kind))
    migrate.upgrade(store.engine)
    demo.install(store, NOW)
    count, answers, lines = told(checked(store, over=True))
    store.close()

    assert (count, answers, lines) == (12, 61, [])


@pytest.mark.parametrize("size", [1, 2, 7, 23, 24])
def test_the_size_of_a_batch_changes_nothing(store: Store, size: int):
    """Nothing twice, nothing left out."""
    assert told(checked(store, size)) == told(checked(store))


def test_a_step_holds_one_batch(store: Store):
    """What is in memory does not grow with what is stored."""
    assert {part.positions for part in checked(store, 2)} == {0, 1, 2}


def test_what_comes_between_two_batches_disturbs_nothing(store: Store):
    """Behind, it is not seen; ahead, it is; nothing else is seen twice or missed."""
    whole = told(checked(store))
    parts = checked(store, 5)
    seen = [next(parts)]
    while not seen[-1].positions:
        seen.append(next(parts))
    add(store, position("AAA", option(900)), position("ZZZ", option(901)))
    with store.begin() as connection:
        connection.execute(delete(tables.position).where(tables.position.c.iupd == "WITHDRAWN"))
    seen += parts

    assert told(iter(seen)) == (whole[0], whole[1] + 4, whole[2])


def test_names_that_are_long_and_alike_are_each_seen_once(store: Store):
    """Capitals, accents and the 255th character make a difference."""
    names = [f"{'x' * 254}{end}" for end in "aAbB1-_ é"]
    names += ["p", "P", "p 1", "p-1", "'", "\U0001f600"]
    add(store, *(position(name, option(900 + at)) for at, name in enumerate(names)))
    seen = [one.iupd for batch in store.batches(ORGANIZATION, 2) for one in batch.notices]

    assert sorted(name for name in seen if name in names) == sorted(names)


def test_a_position_without_a_notice_is_passed_over(store: Store):
    """Even as the last of a batch."""
    with store.begin() as connection:
        row = positions.position_row(position("ZZZ"), NOW)
        connection.execute(insert(tables.position).values(**row))

    assert told(checked(store, 1))[0] == 24


def test_nobody_waits_for_a_check_nor_it_for_them(store: Store):
    """A writer keeps and changes positions between two batches and during one."""
    parts = checked(store, 2)
    before = [next(parts), next(parts), next(parts), next(parts)]
    with store.begin() as connection:
        values = {"company_name": "Altro Comune"}
        connection.execute(update(tables.position).values(values))
        during = next(parts)
    after = list(parts)

    assert before[-1].positions == during.positions == 2
    assert sum(part.positions for part in [*before, during, *after]) == 23


def test_settled_and_withdrawn_notices_are_asked_for_on_request(store: Store):
    """Their answers are not given any more."""
    with store.begin() as connection:
        paid = update(tables.payment_option).where(tables.payment_option.c.nav == nav(29))
        connection.execute(paid.values(paid_at=NOW - timedelta(days=1)))
    few, every = told(checked(store)), told(checked(store, over=True))

    assert [line for line in few[2] if "SUM-IS-WRONG" in line] == []
    assert len([line for line in every[2] if "SUM-IS-WRONG" in line]) == 1
    assert (few[0], every[0]) == (23, 23)
    assert few[1] < every[1] == 128


def test_numbers_by_which_the_node_would_not_find_us_are_counted(store: Store):
    """One line for each code, however many notices."""
    numbers = [issue("05", serial).nav for serial in range(3)] + [issue("06", 1).nav]
    odd = [option(900 + at, nav=number, iuv=number[1:]) for at, number in enumerate(numbers)]
    legacy = "2" + nav(1)[1:16] + "00"
    add(store, position("STRAY", *odd), position("LEGACY", option(950, nav=legacy, iuv=legacy[1:])))
    lines = [line for line in told(checked(store, 2))[2] if "segregation-code" in line]

    assert [line.partition(", which")[0] for line in lines] == [
        f"WARNING  organization {ORGANIZATION}  segregation-code: 3 notices have code 05",
        f"WARNING  organization {ORGANIZATION}  segregation-code: 1 notices have code 06",
    ]


def test_one_organization_can_be_checked_alone(store: Store):
    """Its positions and services, and nothing of the installation."""
    assert told(checked(store, organizations=(OTHER,))) == (0, 0, [])
    count, _, lines = told(checked(store, organizations=(ORGANIZATION,)))
    assert count == 23
    assert [line for line in lines if "station" in line] == []


def test_configuration_can_be_checked_alone(store: Store):
    """No position is read."""
    count, answers, lines = told(checked(store, positions=False))

    assert (count, answers) == (0, 0)
    assert [line.split()[:2] for line in lines] == [["WARNING", "station"], ["ERROR", "service"]]


def test_an_organization_that_is_not_ours_cannot_be_checked(store: Store):
    """Rather than nothing found."""
    with pytest.raises(UnknownOrganization, match=STRANGER):
        told(checked(store, organizations=(STRANGER,)))


def test_it_is_known_beforehand_how_much_there_is(store: Store):
    """For a progress bar."""
    assert size_of(store, Scope()) == size_of(store, Scope((ORGANIZATION,))) == 23
    assert size_of(store, Scope((OTHER,))) == size_of(store, Scope(positions=False)) == 0


def test_a_contract_that_cannot_be_read_stops_a_check(tmp_path: Path):
    """Missing altogether, or one of its files."""
    with pytest.raises(UnreadableContract):
        readable_contract(tmp_path)
    for name in ("wsdl", "xsd"):
        (tmp_path / name).mkdir()
        for file in (contract_folder() / name).iterdir():
            (tmp_path / name / file.name).write_bytes(file.read_bytes())
    assert readable_contract(tmp_path).operations
    for file in (tmp_path / "xsd").iterdir():
        file.write_text(file.read_text(encoding="utf-8").replace("stFiscalCodePA", "x", 1))
    with pytest.raises(UnreadableContract):
        readable_contract(tmp_path)
