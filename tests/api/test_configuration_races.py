"""Changes of the configuration that several processes make at the same time."""

from collections import Counter

from tests.api.office import SIZE, Admin
from tests.api.operations import NEW, OFFER, SERVED, SERVICE, US
from tests.api.test_races import send_together
from tests.store.races import Crew
from tests.validation.bodies import body, option

#: Repetitions of a race, which may end either way each time.
ROUNDS = 3


def race(crew: Crew, admin: Admin, url: str, each: list[tuple[str, str, object]]) -> Counter[int]:
    """Send one request from each process at the same time, and count the statuses."""
    calls = [(*one, admin.writer, "") for one in each]
    return Counter(crew.race(send_together, url, calls))


def test_concurrent_registrations_of_an_organization_create_it_once(
    crew: Crew, admin: Admin, admin_url: str
):
    """The first request creates it, and the others rename it in turn."""
    names: list[tuple[str, str, object]] = [
        ("PUT", NEW, {"name": f"Comune {index}"}) for index in range(SIZE)
    ]

    for _ in range(ROUNDS):
        assert race(crew, admin, admin_url, names) == {201: 1, 200: SIZE - 1}
        assert admin.get(NEW).body["name"].startswith("Comune ")
        assert admin.delete(NEW).status == 204


def test_position_created_while_its_organization_is_deleted_keeps_it(
    crew: Crew, admin: Admin, admin_url: str
):
    """Either the position is stored and the organization stays, or neither is there."""
    for index in range(ROUNDS):
        admin.put(NEW, {"name": "Comune"})
        create = ("POST", f"{NEW}/debtpositions", body(option(index + 1), iupd=f"P{index}"))

        answers = race(crew, admin, admin_url, [create, *[("DELETE", NEW, None)] * (SIZE - 1)])

        created = answers[201] == 1
        assert answers == ({201: 1, 409: SIZE - 1} if created else {204: 1, 404: SIZE - 1})
        if created:
            return
        assert admin.get(NEW).status == 404


def test_service_created_while_its_code_is_withdrawn_has_its_station_or_is_not_stored(
    crew: Crew, admin: Admin, admin_url: str
):
    """A stored service always has a station with its segregation code."""
    half = SIZE // 2
    both: list[tuple[str, str, object]] = [
        *[("PUT", SERVICE, OFFER)] * half,
        *[("DELETE", SERVED, None)] * half,
    ]  # fmt: skip
    for _ in range(ROUNDS):
        race(crew, admin, admin_url, both)

        offered = admin.get(SERVICE).status == 200
        served = bool(admin.get(f"{US}/stations").body["stations"])
        assert offered is served
        admin.put(SERVED, {"segregationCode": "47"})
        admin.delete(SERVICE)


def test_station_created_while_its_broker_is_deleted_keeps_the_broker(
    crew: Crew, admin: Admin, admin_url: str
):
    """A stored station always has its broker."""
    for _ in range(ROUNDS):
        admin.request("PUT", "/brokers/B")
        put = ("PUT", "/stations/S", {"broker": "B"})

        answers = race(
            crew, admin, admin_url, [put, *[("DELETE", "/brokers/B", None)] * (SIZE - 1)]
        )

        created = answers[201] == 1
        assert answers == ({201: 1, 409: SIZE - 1} if created else {400: 1, 204: 1, 404: SIZE - 2})
        admin.delete("/stations/S")
