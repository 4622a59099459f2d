"""Several processes change the same position at one instant."""

from collections import Counter

from gpd_soap.store.store import Store
from tests.api.office import ALL, ONE, SIZE, Clock, Office, receipt, take
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, option, without


def ask(store: Store, together: Wait, asked: tuple[str, str, object, str, str]) -> int:
    """Ask the admin face something, with a key; the status."""
    method, path, told, key, seen = asked
    office = Office(store, Clock(), key)
    if method == "RECEIPT":
        known = receipt(1)
        together()
        return int(take(store, known).pays)
    headers = {"If-Match": seen} if seen else {}
    together()
    return office.ask(method, path, told, headers=headers).status


def race(crew: Crew, office: Office, url: str, each: list[tuple[str, str, object]]) -> Counter[int]:
    """Let every process ask one thing."""
    return Counter(crew.race(ask, url, [(*asked, office.writer, "") for asked in each]))


def test_of_positions_of_one_name_one_is_made(crew: Crew, office: Office, admin_url: str):
    """The others are told that it is in use."""
    for serial in range(1, 6):
        told = body(option(serial))

        assert race(crew, office, admin_url, [("POST", ALL, told)] * SIZE) == {
            201: 1,
            409: SIZE - 1,
        }

        assert office.ask("DELETE", ONE).status == 200
        assert race(crew, office, admin_url, [("POST", ALL, told)] * SIZE) == {409: SIZE}


def test_bulks_in_another_order_do_not_stop_each_other(crew: Crew, office: Office, admin_url: str):
    """Of two that hold the same positions, one is kept whole."""
    for at in range(4):
        many = [body(option(at * 50 + n), iupd=f"P{at}-{n}") for n in range(1, 31)]
        there, back = {"paymentPositions": many}, {"paymentPositions": many[::-1]}
        bulk = f"{ALL}/bulk"
        wanted: list[tuple[str, str, object]] = [("POST", bulk, there), ("POST", bulk, back)] * (
            SIZE // 2
        )

        assert race(crew, office, admin_url, wanted) == {201: 1, 409: SIZE - 1}

        assert office.get(ALL).body["page_info"]["items_found"] == 30 * (at + 1)


def test_issued_numbers_are_all_unlike(crew: Crew, office: Office, admin_url: str):
    """However many processes issue them."""
    plain = [body(without(option(), "iuv"), iupd=f"P{at}") for at in range(SIZE)]

    assert race(crew, office, admin_url, [("POST", ALL, each) for each in plain]) == {201: SIZE}

    found = office.get(ALL).body["payment_position_list"]
    assert len({each["paymentOption"][0]["nav"] for each in found}) == SIZE


def test_a_draft_is_published_once(crew: Crew, office: Office, admin_url: str):
    """The others find that it is no draft any more."""
    office.create()

    assert race(crew, office, admin_url, [("POST", f"{ONE}/publish", None)] * SIZE) == {
        200: 1,
        409: SIZE - 1,
    }


def test_of_updates_of_what_was_read_one_is_taken(crew: Crew, office: Office, admin_url: str):
    """The others are told to read again; without If-Match each is taken in its turn."""
    seen = office.create(query="?toPublish=true").headers["ETag"]
    bodies = [body(fullName=f"Maria {at}") for at in range(SIZE)]
    told = [("PUT", ONE, each, office.writer, seen) for each in bodies]

    assert Counter(crew.race(ask, admin_url, told)) == {200: 1, 412: SIZE - 1}
    assert race(crew, office, admin_url, [("PUT", ONE, each) for each in bodies]) == {200: SIZE}

    assert office.get(ONE).headers["ETag"].startswith(f'"{SIZE + 2}.{SIZE + 2}-')


def test_a_receipt_and_an_update_never_overwrite_each_other(
    crew: Crew, office: Office, admin_url: str
):
    """The payment is there afterwards, whatever came first."""
    office.create(query="?toPublish=true")
    updates: list[tuple[str, str, object]] = [("PUT", ONE, body())] * (SIZE - 1)

    answers = race(crew, office, admin_url, [*updates, ("RECEIPT", "", None)])

    assert answers[1] == 1
    assert set(answers) <= {1, 200, 409}
    assert office.get(ONE).body["paymentOption"][0]["idReceipt"] == "r-1"
    assert office.status() == "PAID"


def test_a_receipt_and_a_deletion_leave_the_money_visible(
    crew: Crew, office: Office, admin_url: str
):
    """Either the position is paid and stays, or the receipt is kept as unmatched."""
    office.create(query="?toPublish=true")
    others: list[tuple[str, str, object]] = [("DELETE", ONE, None)] * (SIZE - 1)

    answers = race(crew, office, admin_url, [*others, ("RECEIPT", "", None)])

    paid = answers[1] == 1
    assert office.get(ONE).status == (200 if paid else 404)
    assert answers[200] == (0 if paid else 1)
