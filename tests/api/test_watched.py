"""Health and metrics of the admin listener: who gets them, and what they show."""

from collections.abc import Iterator

import pytest

from gpd_soap.monitoring.scrape import METRICS
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import LIVE, READY
from tests.api.office import NOW, ORGANIZATION, BackOffice, Clock, prepare
from tests.conftest import FreshDatabase
from tests.postgres import Postgres, hanging
from tests.validation.bodies import OTHER


@pytest.fixture
def on_postgresql(fresh_database: FreshDatabase) -> Iterator[BackOffice]:
    """A back office over PostgreSQL, which a test may stop."""
    store = Store(fresh_database("postgresql", prepare))
    yield BackOffice(store, Clock())
    store.close()


def test_metrics_count_receipts_and_cases_of_all_organizations_without_names(
    office: BackOffice,
) -> None:
    """No name and no code of an organization is in the text."""
    office.create(query="?toPublish=true")
    office.pay()
    answer = office.get(METRICS, key=office.key(Role.READER, keys.ALL_ORGANIZATIONS))

    assert b'gpd_receipts{state="applied"} 1.0\n' in answer.body
    assert b'gpd_open_cases{kind="double"} 0.0\n' in answer.body
    for name in (ORGANIZATION, OTHER, "Comune", "Esempio", "15376371009"):
        assert name.encode() not in answer.body


def test_metrics_without_a_database_are_200_for_a_key_used_before(
    on_postgresql: BackOffice, postgres: Postgres
) -> None:
    """They hold the counters without the database's figures, and another key gets 503."""
    revoked, used_key, unused_key = (
        on_postgresql.key(Role.READER, keys.ALL_ORGANIZATIONS) for _ in range(3)
    )
    assert on_postgresql.get(METRICS, key=used_key).status == 200
    assert on_postgresql.get(METRICS, key=revoked).status == 200
    with on_postgresql.store.begin() as connection:
        [revoked_key] = [
            key for key in keys.list_keys(connection) if keys.find(connection, revoked) == key
        ]
        keys.revoke(connection, revoked_key.id, NOW)
    assert on_postgresql.get(METRICS, key=revoked).status == 401

    postgres.stop()
    of_used_key, of_unused_key = (
        on_postgresql.get(METRICS, key=key) for key in (used_key, unused_key)
    )
    again, of_revoked_key = (on_postgresql.get(METRICS, key=key) for key in (used_key, revoked))
    postgres.start()
    afterwards = on_postgresql.get(METRICS, key=used_key)

    assert (of_used_key.status, again.status) == (200, 200)
    assert b"gpd_database_up 0.0\n" in of_used_key.body
    assert b"gpd_exchanges" in of_used_key.body
    assert b"gpd_receipts" not in of_used_key.body
    assert {(each.status, each.title) for each in (of_unused_key, of_revoked_key)} == {
        (503, "Service Unavailable")
    }
    assert b"gpd_database_up 1.0\n" in afterwards.body


def test_metrics_with_a_hanging_database_are_503_in_a_few_seconds(quick: BackOffice) -> None:
    """The answer comes before Prometheus gives up."""
    with hanging() as url:
        office = BackOffice(Store(url), Clock(), key="gpd_" + "x" * 40)
        refused = office.get(METRICS)

    assert (refused.status, refused.title) == (503, "Service Unavailable")
    assert refused.headers["Retry-After"]
    assert quick.get(METRICS).status == 403


@pytest.mark.parametrize("path", [METRICS, LIVE, READY])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_method_of_health_or_metrics_is_405(
    quick: BackOffice, path: str, method: str
) -> None:
    """The problem names the allowed methods and has the caller's request id."""
    refused = quick.request(
        method, path, key=quick.key(Role.ADMIN), headers={"X-Request-Id": "abc"}
    )

    assert (refused.status, refused.title) == (405, "Method Not Allowed")
    assert "GET" in refused.headers["Allow"]
    assert refused.headers["X-Request-Id"] == "abc"


@pytest.mark.parametrize("path", ["/metrics/", "/metrics/x", "/health", "/health/", "/health/x"])
def test_path_beside_health_and_metrics_is_401_or_404(quick: BackOffice, path: str) -> None:
    """There is nothing under such a path."""
    assert quick.get(path, key="").status in (401, 404)


def test_health_of_admin_listener_without_a_key_is_up(quick: BackOffice) -> None:
    """Monitoring systems have no key."""
    for path in (LIVE, READY):
        answer = quick.get(path, key="", headers={"X-Request-Id": "abc"})
        assert (answer.status, answer.body["status"]) == (200, "up")
        assert (answer.headers["X-Request-Id"], answer.headers["Content-Type"]) == (
            "abc", "application/json",
        )  # fmt: skip
