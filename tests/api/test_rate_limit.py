"""The rate limit: a key that sends too many requests waits, and other keys do not."""

from datetime import timedelta

import pytest
from werkzeug.test import Client

from gpd_soap.api.app import admin_app
from gpd_soap.api.concurrency import Limits
from gpd_soap.settings import Settings
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.wsgi.rate_limit import SECONDS, Bucket, RateLimit, drawn
from tests.api.office import ALL, NOW, ORGANIZATION, SILENT, BackOffice, Clock

MOST = 5
STEP = timedelta(seconds=SECONDS / MOST)


class Paced(BackOffice):
    """A back office in which a key may send a few requests at once."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Clock())
        self.app = admin_app(store, self.clock, self.cases, SILENT, Limits(rate=MOST))
        self._client = Client(self.app)


@pytest.fixture
def paced(quick_store: Store) -> Paced:
    """A back office with the rate limit, over SQLite."""
    return Paced(quick_store)


def test_bucket_starts_full_and_refills_up_to_its_size():
    """A clock that goes back adds nothing."""
    bucket, wait = drawn(None, MOST, NOW)
    assert (bucket, wait) == (Bucket(MOST - 1, NOW), 0)

    empty = Bucket(0, NOW)
    assert drawn(empty, MOST, NOW) == (empty, SECONDS / MOST)
    assert drawn(empty, MOST, NOW + STEP) == (Bucket(0, NOW + STEP), 0)
    assert drawn(empty, MOST, NOW + 1000 * STEP)[0].left == MOST - 1
    assert drawn(empty, MOST, NOW - STEP)[1] == SECONDS / MOST


@pytest.mark.parametrize("most", [1, 5, 1000])
def test_rate_limit_lets_a_full_bucket_and_its_refill_pass(most: int):
    """Within ten seconds, no more requests pass than the bucket's size and its refill."""
    rate_limit = RateLimit(most)
    moments = [NOW + timedelta(milliseconds=n) for n in range(0, SECONDS * 1000, 2)]

    passed = sum(rate_limit.wait("k", moment) == 0 for moment in moments)

    assert passed in (2 * most, 2 * most - 1)


def test_key_above_its_rate_is_429_with_retry_after(paced: Paced):
    """A request after that time is answered."""
    assert [paced.get(ALL).status for _ in range(MOST)] == [200] * MOST

    refused = paced.get(ALL)
    assert (refused.status, refused.title) == (429, "Too Many Requests")
    wait = int(refused.headers["Retry-After"])
    assert wait == SECONDS / MOST

    paced.clock.now += timedelta(seconds=wait)
    assert [paced.get(ALL).status for _ in range(2)] == [200, 429]


def test_rate_of_one_key_does_not_limit_another(paced: Paced):
    """Refused requests count for their key, and requests without a valid key get 401."""
    other = paced.key(Role.READER, ORGANIZATION)
    forbidden = [paced.get("/keys").status for _ in range(MOST)]

    assert forbidden == [403] * MOST
    assert paced.get("/keys").status == 429
    assert paced.get(ALL, key=other).status == 200
    assert {paced.get(ALL, key="gpd_nobody").status for _ in range(MOST + 1)} == {401}


def test_rate_limit_is_off_without_a_rate(quick: BackOffice):
    """The back office of the tests has no rate; the program's default is 1000."""
    assert {quick.get(ALL).status for _ in range(50)} == {200}
    assert Settings().rate == 1000


def test_description_has_429_with_retry_after_for_every_operation(quick: BackOffice):
    """The description names the header of the wait."""
    description = quick.get("/openapi.json", key="").body

    for path in description["paths"].values():
        for operation in path.values():
            assert "Retry-After" in operation["responses"]["429"]["headers"]
