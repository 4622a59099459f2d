"""Matches that meet other changes of the case or the notice; a notice is paid once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from gpd_soap.core.case_id import CaseKey
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.positions import change as change_positions
from gpd_soap.store.positions import read as read_positions
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from tests.api.matched import BY_HAND, paid_by
from tests.api.office import (
    ACTOR,
    ALL,
    NOW,
    ORGANIZATION,
    SIZE,
    BackOffice,
    Clock,
    shared_face,
)
from tests.api.paying import NOBODYS, WORKLIST, listed, message, quarantined, send
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, nav, option
from tests.world import STRANGER

Call = tuple[str, object, str]


def send_together(store: Store, together: Wait, call: Call) -> int:
    """Send a request or a message together with the other processes; status, or 1 for OK."""
    path, sent, key = call
    office = BackOffice(store, Clock(), key, face=shared_face(store))
    together()
    if isinstance(sent, bytes):
        return int(send(office, sent) == "OK")
    return office.post(path, sent).status


def race(crew: Crew, office: BackOffice, url: str, each: list[tuple[str, object]]) -> Counter[int]:
    """Send one call from each process at the same time, and count the results."""
    return Counter(crew.race(send_together, url, [(*call, office.writer) for call in each]))


def test_concurrent_manual_matches_of_a_case_match_it_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409."""
    for serial in (1, 2):
        case = f"{WORKLIST}/r-{serial}"
        assert send(office, message(90 + serial, f"r-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        calls: list[tuple[str, object]] = [(f"{case}/rematch", {"nav": nav(serial)})] * SIZE

        assert race(crew, office, admin_url, calls) == {200: 1, 409: SIZE - 1}

        assert office.get(case).body["reasons"].count(BY_HAND) == 1
        assert paid_by(office, serial) == f"r-{serial}"


def test_match_concurrent_with_resolution_leaves_one_of_them(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The later one gets 409."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    case = f"{WORKLIST}/r-9"
    pay, close = (f"{case}/rematch", {"nav": nav(1)}), (f"{case}/resolve", {"note": "Restituito"})

    answers = race(crew, office, admin_url, [pay, close] * (SIZE // 2))

    assert answers == {200: 1, 409: SIZE - 1}
    note = office.get(case).body["resolved"]["note"]
    assert (paid_by(office) == "r-9") == (note != "Restituito")


def test_match_concurrent_with_receipts_pays_the_notice_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """A receipt that comes later is a double payment, and a later match gets 409."""
    for serial in (1, 2):
        assert send(office, message(90 + serial, f"by-hand-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        pay = f"{WORKLIST}/by-hand-{serial}/rematch", {"nav": nav(serial)}
        messages = [("", message(serial, f"node-{serial}-{n}")) for n in range(SIZE - 1)]

        answers = race(crew, office, admin_url, [pay, *messages])

        matched = answers[200] == 1
        assert answers[1] == SIZE - 1
        assert set(answers) <= {1, 200, 409}
        payer = paid_by(office, serial) or ""
        assert (payer == f"by-hand-{serial}") == matched
        doubles = listed(office, f"kind=double&nav={nav(serial)}")
        assert len(doubles) == SIZE - 1 - (not matched)
        assert payer not in doubles


def test_match_concurrent_with_creation_applies_the_receipt_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The receipt pays the notice that it names or the given one, never both."""
    for serial in (1, 2):
        office.create(body(option(serial + 50), iupd=f"MEANT-{serial}"), "?toPublish=true")
        assert send(office, message(serial, f"r-{serial}")) == "OK"
        pay = f"{WORKLIST}/r-{serial}/rematch", {"nav": nav(serial + 50)}
        create = f"{ALL}?toPublish=true", body(option(serial), iupd=f"NAMED-{serial}")

        answers = race(crew, office, admin_url, [pay, pay, create, create])

        assert answers[201] == 1
        payers = [paid_by(office, serial), paid_by(office, serial + 50)]
        assert Counter(payers) == {f"r-{serial}": 1, None: 1}


def match_during(office: BackOffice, change: Callable[[Connection], object]) -> int:
    """Match by hand while a change is uncommitted; it must wait; return its status."""
    request = f"{WORKLIST}/r-9/rematch", {"nav": nav(1)}
    with ThreadPoolExecutor(1) as pool:
        with office.store.begin() as connection:
            change(connection)
            answer = pool.submit(office.post, *request)
            with pytest.raises(TimeoutError):
                answer.result(0.5)
        return answer.result().status


def test_match_waits_for_an_uncommitted_resolution(office: BackOffice):
    """The match gets 409 afterwards, and the notice stays unpaid."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    resolution = worklist.Resolution(NOW, "Ada", "Restituito")
    key = CaseKey("r-9", 0)

    assert match_during(office, lambda c: worklist.resolve(c, ORGANIZATION, key, resolution)) == 409

    assert office.status() == "VALID"


def test_match_waits_for_an_uncommitted_publication(office: BackOffice):
    """The match pays the published notice."""
    office.create()
    assert send(office, message(9, "r-9")) == "OK"

    def publish(connection: Connection) -> None:
        draft = read_positions.read(connection, ORGANIZATION, "POSIZIONE-1", lock=True)
        assert draft is not None
        change_positions.publish(connection, draft, ACTOR, NOW)

    assert match_during(office, publish) == 200

    assert office.status() == "PAID"
    assert "the position is a draft" not in office.get(f"{WORKLIST}/r-9").body["reasons"]


def test_concurrent_rematches_of_a_quarantined_message_store_its_receipt_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409, because the case is closed."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")
    key, worklist_path = office.key(Role.ADMIN), f"/organizations/{STRANGER}/worklist"
    call = f"{worklist_path}/{quarantined(NOBODYS)}/rematch", None, key

    assert Counter(crew.race(send_together, admin_url, [call] * SIZE)) == {200: 1, 409: SIZE - 1}

    assert office.get(f"/payments/{STRANGER}/receipts", key=key).body["length"] == 1
