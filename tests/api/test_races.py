"""Races: several processes change the same position at the same time."""

from collections import Counter

from sqlalchemy import text

from gpd_soap.store.store import Store
from tests.api.office import (
    ALL,
    ONE,
    SIZE,
    BackOffice,
    Clock,
    receipt,
    settle_receipt,
    shared_face,
)
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, option, without


def send_together(store: Store, together: Wait, call: tuple[str, str, object, str, str]) -> int:
    """Send a request or settle a receipt together with the other processes; return the status."""
    method, path, content, key, etag = call
    office = BackOffice(store, Clock(), key, face=shared_face(store))
    if method == "RECEIPT":
        sent = receipt(1)
        together()
        return int(settle_receipt(store, sent).pays)
    headers = {"If-Match": etag} if etag else {}
    together()
    return office.request(method, path, content, headers=headers).status


def race(
    crew: Crew, office: BackOffice, url: str, each: list[tuple[str, str, object]]
) -> Counter[int]:
    """Send one request from each process at the same time, and count the results."""
    return Counter(crew.race(send_together, url, [(*call, office.writer, "") for call in each]))


def count_deadlocks(store: Store) -> int:
    """Return how many waits in a circle PostgreSQL has ended; SQLite, with one writer, has none."""
    counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            return 0
        return int(connection.execute(text(counted)).scalar_one())


def test_concurrent_creations_with_one_iupd_create_one_position(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409, and so does a creation after its deletion (Notice numbers, rule 4)."""
    for serial in range(1, 6):
        position = body(option(serial))

        assert race(crew, office, admin_url, [("POST", ALL, position)] * SIZE) == {
            201: 1,
            409: SIZE - 1,
        }

        assert office.request("DELETE", ONE).status == 200
        assert race(crew, office, admin_url, [("POST", ALL, position)] * SIZE) == {409: SIZE}


def test_concurrent_bulk_creations_in_opposite_order_store_one_whole(
    crew: Crew, office: BackOffice, admin_url: str
):
    """No bulk waits for another that waits for it, and the others get 409."""
    before = count_deadlocks(office.store)
    for round_number in range(4):
        many = [
            body(option(round_number * 50 + n), iupd=f"P{round_number}-{n}") for n in range(1, 31)
        ]
        forward, backward = {"paymentPositions": many}, {"paymentPositions": many[::-1]}
        bulk = f"{ALL}/bulk"
        requests: list[tuple[str, str, object]] = [
            ("POST", bulk, forward),
            ("POST", bulk, backward),
        ] * (SIZE // 2)

        assert race(crew, office, admin_url, requests) == {201: 1, 409: SIZE - 1}

        assert office.get(ALL).body["page_info"]["items_found"] == 30 * (round_number + 1)

    assert count_deadlocks(office.store) == before


def test_concurrently_issued_notice_numbers_are_distinct(
    crew: Crew, office: BackOffice, admin_url: str
):
    """Each process gets another notice number."""
    plain = [body(without(option(), "iuv"), iupd=f"P{index}") for index in range(SIZE)]

    assert race(crew, office, admin_url, [("POST", ALL, each) for each in plain]) == {201: SIZE}

    positions = office.get(ALL).body["payment_position_list"]
    assert len({each["paymentOption"][0]["nav"] for each in positions}) == SIZE


def test_concurrent_publications_publish_a_draft_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409, because the position is no longer a draft."""
    office.create()

    assert race(crew, office, admin_url, [("POST", f"{ONE}/publish", None)] * SIZE) == {
        200: 1,
        409: SIZE - 1,
    }


def test_concurrent_updates_with_if_match_apply_one(crew: Crew, office: BackOffice, admin_url: str):
    """The others get 412; without If-Match each update is applied in turn."""
    etag = office.create(query="?toPublish=true").headers["ETag"]
    bodies = [body(fullName=f"Maria {index}") for index in range(SIZE)]
    calls = [("PUT", ONE, each, office.writer, etag) for each in bodies]

    assert Counter(crew.race(send_together, admin_url, calls)) == {200: 1, 412: SIZE - 1}
    assert race(crew, office, admin_url, [("PUT", ONE, each) for each in bodies]) == {200: SIZE}

    assert office.get(ONE).headers["ETag"].startswith(f'"{SIZE + 2}.{SIZE + 2}-')


def test_receipt_concurrent_with_updates_stays_on_the_position(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The position shows the payment afterwards, whichever came first."""
    office.create(query="?toPublish=true")
    updates: list[tuple[str, str, object]] = [("PUT", ONE, body())] * (SIZE - 1)

    answers = race(crew, office, admin_url, [*updates, ("RECEIPT", "", None)])

    assert answers[1] == 1
    assert set(answers) <= {1, 200, 409}
    assert office.get(ONE).body["paymentOption"][0]["idReceipt"] == "r-1"
    assert office.status() == "PAID"


def test_receipt_concurrent_with_deletion_is_on_the_position_or_unmatched(
    crew: Crew, office: BackOffice, admin_url: str
):
    """Either the position is paid and stays, or the receipt is stored as unmatched."""
    office.create(query="?toPublish=true")
    others: list[tuple[str, str, object]] = [("DELETE", ONE, None)] * (SIZE - 1)

    answers = race(crew, office, admin_url, [*others, ("RECEIPT", "", None)])

    paid = answers[1] == 1
    assert office.get(ONE).status == (200 if paid else 404)
    assert answers[200] == (0 if paid else 1)
