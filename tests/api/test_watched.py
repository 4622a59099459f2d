"""What machines watch the admin listener by: health and metrics, each with its own way in."""

from collections.abc import Iterator

import pytest

from gpd_soap.api.app import METRICS
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import LIVE, READY
from tests.api.office import NOW, ORGANIZATION, Clock, Office, prepare
from tests.conftest import FreshDatabase
from tests.postgres import Postgres, hanging
from tests.validation.bodies import OTHER


@pytest.fixture
def on_postgresql(fresh_database: FreshDatabase) -> Iterator[Office]:
    """The admin face over PostgreSQL, which a test may stop."""
    store = Store(fresh_database("postgresql", prepare))
    yield Office(store, Clock())
    store.close()


def test_figures_are_those_of_every_organization_and_name_none(office: Office) -> None:
    """Receipts and cases are counted together."""
    office.create(query="?toPublish=true")
    office.pay()
    answer = office.get(METRICS, key=office.key(Role.READER, keys.EVERY))

    assert b'gpd_receipts{state="applied"} 1.0\n' in answer.body
    assert b'gpd_open_cases{kind="double"} 0.0\n' in answer.body
    for name in (ORGANIZATION, OTHER, "Comune", "Esempio", "15376371009"):
        assert name.encode() not in answer.body


def test_a_scrape_is_answered_while_the_database_is_away(
    on_postgresql: Office, postgres: Postgres
) -> None:
    """With the counts and without the figures, for a key that worked before; others must wait."""
    revoked, every, other = (on_postgresql.key(Role.READER, keys.EVERY) for _ in range(3))
    assert on_postgresql.get(METRICS, key=every).status == 200
    assert on_postgresql.get(METRICS, key=revoked).status == 200
    with on_postgresql.store.begin() as connection:
        [found] = [key for key in keys.every(connection) if keys.find(connection, revoked) == key]
        keys.revoke(connection, found.id, NOW)
    assert on_postgresql.get(METRICS, key=revoked).status == 401

    postgres.stop()
    known, unknown = (on_postgresql.get(METRICS, key=key) for key in (every, other))
    again, stranger = (on_postgresql.get(METRICS, key=key) for key in (every, revoked))
    postgres.start()
    back = on_postgresql.get(METRICS, key=every)

    assert (known.status, again.status) == (200, 200)
    assert b"gpd_database_up 0.0\n" in known.body
    assert b"gpd_exchanges" in known.body
    assert b"gpd_receipts" not in known.body
    assert {(each.status, each.title) for each in (unknown, stranger)} == {
        (503, "Service Unavailable")
    }
    assert b"gpd_database_up 1.0\n" in back.body


def test_a_database_that_hangs_holds_no_scrape_for_long(quick: Office) -> None:
    """The answer is a problem in a few seconds, while a Prometheus still waits."""
    with hanging() as url:
        office = Office(Store(url), Clock(), key="gpd_" + "x" * 40)
        refused = office.get(METRICS)

    assert (refused.status, refused.title) == (503, "Service Unavailable")
    assert refused.headers["Retry-After"]
    assert quick.get(METRICS).status == 403


@pytest.mark.parametrize("path", [METRICS, LIVE, READY])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_what_is_watched_is_only_read(quick: Office, path: str, method: str) -> None:
    """Another method is told which are allowed, as a problem, under the request's own name."""
    refused = quick.ask(method, path, key=quick.key(Role.ADMIN), headers={"X-Request-Id": "abc"})

    assert (refused.status, refused.title) == (405, "Method Not Allowed")
    assert "GET" in refused.headers["Allow"]
    assert refused.headers["X-Request-Id"] == "abc"


@pytest.mark.parametrize("path", ["/metrics/", "/metrics/x", "/health", "/health/", "/health/x"])
def test_nothing_else_is_watched(quick: Office, path: str) -> None:
    """Other paths beside these are not there, and ask for no key either."""
    assert quick.get(path, key="").status in (401, 404)


def test_health_is_told_to_everybody(quick: Office) -> None:
    """Whoever keeps us running has no key."""
    for path in (LIVE, READY):
        answer = quick.get(path, key="", headers={"X-Request-Id": "abc"})
        assert (answer.status, answer.body["status"]) == (200, "up")
        assert (answer.headers["X-Request-Id"], answer.headers["Content-Type"]) == (
            "abc", "application/json",
        )  # fmt: skip
