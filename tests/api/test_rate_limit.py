"""A key that asks too often waits; the others do not."""

from datetime import timedelta

import pytest
from werkzeug.test import Client

from gpd_soap.api.app import admin_app
from gpd_soap.api.concurrency import Limits
from gpd_soap.api.rate_limit import SECONDS, Bucket, RateLimit, drawn
from gpd_soap.settings import Settings
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests.api.office import ALL, NOW, ORGANIZATION, Clock, Office, ready

MOST = 5
STEP = timedelta(seconds=SECONDS / MOST)


class Paced(Office):
    """An office where a key may ask a few times."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Clock())
        self.app = admin_app(store, self.clock, self.cases, ready, lambda _: b"", Limits(rate=MOST))
        self._client = Client(self.app)


@pytest.fixture
def paced(quick_store: Store) -> Paced:
    """It."""
    return Paced(quick_store)


def test_a_bucket_starts_full_and_fills_with_time():
    """Never beyond its size, and never by a clock that goes back."""
    bucket, wait = drawn(None, MOST, NOW)
    assert (bucket, wait) == (Bucket(MOST - 1, NOW), 0)

    empty = Bucket(0, NOW)
    assert drawn(empty, MOST, NOW) == (empty, SECONDS / MOST)
    assert drawn(empty, MOST, NOW + STEP) == (Bucket(0, NOW + STEP), 0)
    assert drawn(empty, MOST, NOW + 1000 * STEP)[0].left == MOST - 1
    assert drawn(empty, MOST, NOW - STEP)[1] == SECONDS / MOST


@pytest.mark.parametrize("most", [1, 5, 1000])
def test_no_more_pass_than_may(most: int):
    """In any ten seconds a full bucket and what flowed in, and not one more."""
    pace = RateLimit(most)
    asked = [NOW + timedelta(milliseconds=n) for n in range(0, SECONDS * 1000, 2)]

    passed = sum(pace.wait("k", at) == 0 for at in asked)

    assert passed in (2 * most, 2 * most - 1)


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(paced: Paced):
    """It is a problem like the others, and does what it says."""
    assert [paced.get(ALL).status for _ in range(MOST)] == [200] * MOST

    refused = paced.get(ALL)
    assert (refused.status, refused.title) == (429, "Too Many Requests")
    wait = int(refused.headers["Retry-After"])
    assert wait == SECONDS / MOST

    paced.clock.now += timedelta(seconds=wait)
    assert [paced.get(ALL).status for _ in range(2)] == [200, 429]


def test_keys_do_not_wait_for_each_other(paced: Paced):
    """Nor does it help to be refused for something else, or to show no key."""
    other = paced.key(Role.READER, ORGANIZATION)
    forbidden = [paced.get("/keys").status for _ in range(MOST)]

    assert forbidden == [403] * MOST
    assert paced.get("/keys").status == 429
    assert paced.get(ALL, key=other).status == 200
    assert {paced.get(ALL, key="gpd_nobody").status for _ in range(MOST + 1)} == {401}


def test_without_a_number_nobody_waits(quick: Office):
    """The tests' own office is one such; the program's setting is generous."""
    assert {quick.get(ALL).status for _ in range(50)} == {200}
    assert Settings().rate == 1000


def test_the_description_says_it_of_every_operation(quick: Office):
    """With the header that tells how long."""
    told = quick.get("/openapi.json", key="").body

    for path in told["paths"].values():
        for operation in path.values():
            assert "Retry-After" in operation["responses"]["429"]["headers"]
