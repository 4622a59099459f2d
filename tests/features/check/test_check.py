"""The whole check on both kinds of database: each position once, in batches, without locks."""

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
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import KINDS, FreshDatabase, WorldOf, migrated
from tests.world import ACTOR, NOW, ORGANIZATION, OTHER, STRANGER, nav, option, position

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
    """Return each kind of database."""
    return str(request.param)


@pytest.fixture
def store(kind: str, shared_world: WorldOf) -> Store:
    """Return a store with the world of the message cases."""
    return shared_world(kind).store


def checked(store: Store, size: int = BATCH, **scope: Any) -> Iterator[Part]:
    """Return the parts of a check as they come."""
    return check(store, ADDRESS, NOW, Scope(**scope), size)


def report(parts: Iterator[Part]) -> tuple[int, int, list[str]]:
    """Return the positions, answers and findings of a whole check."""
    steps = list(parts)
    lines = [str(finding) for part in steps for finding in part.findings]
    return sum(part.positions for part in steps), sum(part.answers for part in steps), lines


def add(store: Store, *added: Any) -> None:
    """Add positions."""
    with store.begin() as connection:
        positions.add(connection, added, NOW, ACTOR)


def test_check_of_broken_positions_finds_each_and_no_other(store: Store):
    """Each has its rule; the service of an unknown kind is the only other error."""
    count, answers, lines = report(checked(store))
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
        f"WARNING  station {world.SECOND_STATION}  idle: let it serve an organization, or remove it"
    ]


def test_check_of_the_demo_finds_nothing(kind: str, fresh_database: FreshDatabase):
    """Notices of every state are checked."""
    store = Store(fresh_database(kind, migrated))
    demo.install(store, NOW)
    count, answers, lines = report(checked(store, over=True))
    store.close()

    assert (count, answers, lines) == (12, 61, [])


@pytest.mark.parametrize("size", [1, 2, 7, 23, 24])
def test_check_with_batches_of_any_size_finds_the_same(store: Store, size: int):
    """No position is checked twice, and none is left out."""
    assert report(checked(store, size)) == report(checked(store))


def test_part_of_a_check_holds_one_batch(store: Store):
    """The memory of a check does not grow with the database."""
    assert {part.positions for part in checked(store, 2)} == {0, 1, 2}


def test_positions_added_during_the_check_are_seen_at_most_once(store: Store):
    """A position ahead of the batch is seen, one behind is not; no other is missed or repeated."""
    printed = report(checked(store))
    parts = checked(store, 5)
    steps = [next(parts)]
    while not steps[-1].positions:
        steps.append(next(parts))
    add(store, position("AAA", option(900)), position("ZZZ", option(901)))
    with store.begin() as connection:
        connection.execute(delete(tables.position).where(tables.position.c.iupd == "WITHDRAWN"))
    steps += parts

    assert report(iter(steps)) == (printed[0], printed[1] + 4, printed[2])


def test_positions_with_long_similar_names_are_each_seen_once(store: Store):
    """Names differ by capitals, by accents or by the 255th character."""
    names = [f"{'x' * 254}{end}" for end in "aAbB1-_ é"]
    names += ["p", "P", "p 1", "p-1", "'", "\U0001f600"]
    add(store, *(position(name, option(serial)) for serial, name in enumerate(names, 900)))
    seen = [one.iupd for batch in store.batches(ORGANIZATION, 2) for one in batch.notices]

    assert sorted(name for name in seen if name in names) == sorted(names)


def test_position_without_a_notice_does_not_end_the_check(store: Store):
    """It may be the last of a batch."""
    with store.begin() as connection:
        row = positions.position_row(position("ZZZ"), NOW)
        connection.execute(insert(tables.position).values(**row))

    assert report(checked(store, 1))[0] == 24


def test_check_during_a_write_continues_without_waiting(store: Store):
    """A writer changes positions between two batches and during one."""
    parts = checked(store, 2)
    before = [next(parts), next(parts), next(parts), next(parts)]
    with store.begin() as connection:
        values = {"company_name": "Altro Comune"}
        connection.execute(update(tables.position).values(values))
        during = next(parts)
    after = list(parts)

    assert before[-1].positions == during.positions == 2
    assert sum(part.positions for part in [*before, during, *after]) == 23


def test_settled_and_withdrawn_notices_are_checked_on_request_alone(store: Store):
    """The Node gets no such answer any more."""
    with store.begin() as connection:
        paid = update(tables.payment_option).where(tables.payment_option.c.nav == nav(29))
        connection.execute(paid.values(paid_at=NOW - timedelta(days=1)))
    payable, complete = report(checked(store)), report(checked(store, over=True))

    assert [line for line in payable[2] if "SUM-IS-WRONG" in line] == []
    assert len([line for line in complete[2] if "SUM-IS-WRONG" in line]) == 1
    assert (payable[0], complete[0]) == (23, 23)
    assert payable[1] < complete[1] == 128


def test_notices_with_a_code_of_no_station_are_counted(store: Store):
    """Each code has one line for all its notices."""
    numbers = [issue("05", serial).nav for serial in range(3)] + [issue("06", 1).nav]
    odd = [option(serial, nav=nav, iuv=nav[1:]) for serial, nav in enumerate(numbers, 900)]
    legacy = "2" + nav(1)[1:16] + "00"
    add(store, position("STRAY", *odd), position("LEGACY", option(950, nav=legacy, iuv=legacy[1:])))
    lines = [line for line in report(checked(store, 2))[2] if "segregation-code" in line]

    assert [line.partition(", which")[0] for line in lines] == [
        f"WARNING  organization {ORGANIZATION}  segregation-code: 3 notices have code 05",
        f"WARNING  organization {ORGANIZATION}  segregation-code: 1 notices have code 06",
    ]


def test_check_of_one_organization_leaves_the_others_out(store: Store):
    """Its positions and services are checked, and nothing of the installation is."""
    assert report(checked(store, organizations=(OTHER,))) == (0, 0, [])
    count, _, lines = report(checked(store, organizations=(ORGANIZATION,)))
    assert count == 23
    assert [line for line in lines if "station" in line] == []


def test_check_of_the_configuration_alone_reads_no_position(store: Store):
    """The findings are on stations and services."""
    count, answers, lines = report(checked(store, positions=False))

    assert (count, answers) == (0, 0)
    assert [line.split()[:2] for line in lines] == [["WARNING", "station"], ["ERROR", "service"]]


def test_check_of_an_unregistered_organization_raises(store: Store):
    """An empty report would look like a good one."""
    with pytest.raises(UnknownOrganization, match=STRANGER):
        report(checked(store, organizations=(STRANGER,)))


def test_size_of_a_scope_is_its_number_of_positions(store: Store):
    """The progress bar needs the number beforehand."""
    assert size_of(store, Scope()) == size_of(store, Scope((ORGANIZATION,))) == 23
    assert size_of(store, Scope((OTHER,))) == size_of(store, Scope(positions=False)) == 0


def test_contract_with_missing_or_changed_files_is_unreadable(tmp_path: Path):
    """The check cannot run without the contract."""
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
