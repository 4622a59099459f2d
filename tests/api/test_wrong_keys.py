"""Wrong keys are counted, logged without the key, and bounded; a right key is never locked out."""

import logging
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from werkzeug.test import Client

from gpd_soap import wiring
from gpd_soap.api.app import Monitoring, admin_app
from gpd_soap.api.concurrency import Limits
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.monitoring.scrape import METRICS
from gpd_soap.settings import Settings
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.usecases.access import authentication, wrong_keys
from gpd_soap.usecases.access.authentication import REMEMBERED
from gpd_soap.usecases.access.wrong_keys import (
    ALL_ADDRESSES,
    MOST_LINES,
    WINDOW,
    WrongKeys,
    address_of,
)
from tests.api.office import ALL, NOW, ORGANIZATION, BackOffice, Clock, ready

MOST = 5
WRONG = f"gpd_{'a' * 43}"
SECOND = timedelta(seconds=1)


class Attacked(BackOffice):
    """A back office whose addresses may send five wrong keys in a minute."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Clock())
        self.metrics = Metrics()
        self.app = admin_app(
            store,
            self.clock,
            self.cases,
            Monitoring(
                ready,
                lambda figures: self.metrics.text(figures, self.clock()),
                self.metrics.observe_wrong_key,
            ),
            Limits(wrong_keys=MOST),
        )
        self._client = Client(self.app)

    def guess(self, number: int, address: str = "192.0.2.1", path: str = ALL) -> list[int]:
        """Statuses of the answers to wrong keys of one address."""
        base = {"REMOTE_ADDR": address}
        return [self.get(path, key=f"{WRONG}{n}", environ_base=base).status for n in range(number)]


@pytest.fixture
def attacked(quick_store: Store) -> Attacked:
    """That back office, over SQLite."""
    return Attacked(quick_store)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """Fields of the lines about wrong keys."""
    return [
        record.__dict__["fields"]
        for record in caplog.records
        if record.name == authentication.logger.name
    ]


def test_wrong_keys_above_the_bound_are_429_until_the_window_ends(attacked: Attacked):
    """Retry-After says when the next one is looked up."""
    assert attacked.guess(MOST) == [401] * MOST
    attacked.clock.now += 20 * SECOND

    refused = attacked.get(ALL, key=WRONG, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert (refused.status, refused.title) == (429, "Too Many Requests")
    assert refused.headers["Retry-After"] == "40"
    assert "key" in refused.body["detail"]

    attacked.clock.now += 40 * SECOND
    assert attacked.guess(1) == [401]


def test_right_key_passes_while_others_behind_its_proxy_send_wrong_ones(attacked: Attacked):
    """The address of a proxy is everybody's; a key that is created meanwhile passes soon."""
    proxy = {"REMOTE_ADDR": "192.0.2.1"}
    assert attacked.guess(50)[-1] == 429

    assert attacked.get(ALL, environ_base=proxy).status == 200
    made = attacked.key(Role.READER, ORGANIZATION)
    attacked.clock.now += REMEMBERED
    assert attacked.get(ALL, key=made, environ_base=proxy).status == 200
    assert attacked.guess(1) == [429]
    with attacked.store.begin() as connection:
        key = keys.find(connection, made)
        assert key is not None
        assert keys.revoke(connection, key.id, NOW)
    assert attacked.get(ALL, key=made, environ_base=proxy).status == 429


def test_wrong_keys_of_one_address_do_not_bound_another(attacked: Attacked):
    """An IPv6 customer has one address, whatever its last 64 bits are."""
    assert attacked.guess(MOST + 1)[-1] == 429
    assert attacked.guess(1, "192.0.2.2") == [401]
    assert attacked.guess(MOST, "2001:db8:1::1") == [401] * MOST
    assert attacked.guess(1, "2001:db8:1::2") == [429]
    assert attacked.guess(1, "2001:db8:1:1::2") == [401]


def test_wrong_keys_above_the_bound_are_not_looked_up(attacked: Attacked):
    """A flood costs the database one statement in five seconds."""
    attacked.guess(MOST)
    statements: list[str] = []
    event.listen(
        attacked.store.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement),
    )

    assert attacked.guess(100) == [429] * 100

    assert len([each for each in statements if "api_key" in each]) == 1


def test_missing_key_is_401_and_not_counted(attacked: Attacked):
    """A browser that opens the address has no key, and has guessed none."""
    assert {attacked.get(ALL, key="").status for _ in range(3 * MOST)} == {401}
    assert attacked.guess(1) == [401]


def test_wrong_keys_at_the_metrics_are_bounded_too(attacked: Attacked):
    """The path of the metrics checks the same keys."""
    assert attacked.guess(MOST + 1, path=METRICS) == [401] * MOST + [429]


def test_wrong_keys_are_counted_in_the_metrics(attacked: Attacked):
    """The label says whether the bound refused them."""
    attacked.guess(MOST + 3)
    text = attacked.get(METRICS, key=attacked.key(Role.READER, "*")).body.decode()

    assert f'gpd_wrong_keys_total{{answer="refused"}} {MOST}.0' in text
    assert 'gpd_wrong_keys_total{answer="limited"} 3.0' in text


def test_wrong_key_is_logged_without_the_key_and_not_at_each_request(
    attacked: Attacked, caplog: pytest.LogCaptureFixture
):
    """A line has the caller and the path; the second one says that the bound is reached."""
    with caplog.at_level(logging.DEBUG):
        attacked.guess(50, path=f"{ALL}/POSIZIONE-1")

    first, second = lines(caplog)
    path = "/organizations/{organizationfiscalcode}/debtpositions/{iupd}"
    assert first == {
        "caller": "192.0.2.1", "path": path, "number": 1, "limited": False, "leftOut": 0,
    }  # fmt: skip
    assert (second["number"], second["limited"], second["leftOut"]) == (MOST + 1, True, MOST - 1)
    assert "gpd_a" not in caplog.text
    assert "POSIZIONE" not in caplog.text


def test_expired_or_revoked_key_is_a_wrong_key(attacked: Attacked):
    """A program that goes on with it is bounded as any other."""
    token = attacked.key(Role.READER, ORGANIZATION)
    with attacked.store.begin() as connection:
        key = keys.find(connection, token)
        assert key is not None
        keys.revoke(connection, key.id, NOW)
    statuses = [attacked.get(ALL, key=token).status for _ in range(MOST + 1)]

    assert statuses == [401] * MOST + [429]


def numbers(counted: WrongKeys, addresses: int, now: datetime, each: int = 1) -> list[float]:
    """Seconds to wait after wrong keys of many addresses."""
    return [
        counted.count(f"192.0.{n >> 8}.{n & 255}", now).seconds
        for n in range(addresses)
        for _ in range(each)
    ]


def test_many_addresses_together_have_a_bound_too():
    """Otherwise an attacker with many addresses would have none, since memory has one."""
    counted = WrongKeys(MOST)

    waits = numbers(counted, MOST * ALL_ADDRESSES + 5, NOW)

    assert waits == [0.0] * MOST * ALL_ADDRESSES + [60.0] * 5
    assert counted.seconds("198.51.100.7", NOW) == 60
    assert counted.seconds("198.51.100.7", NOW + WINDOW) == 0


def test_memory_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """The address that was counted least lately is forgotten."""
    monkeypatch.setattr(wrong_keys, "MOST_ADDRESSES", 100)
    counted = WrongKeys(1000)

    numbers(counted, 1000, NOW)

    assert len(counted._addresses) == 100


def test_lines_of_many_addresses_are_bounded_and_those_left_out_are_counted():
    """A log must not be filled by somebody who has many addresses."""
    counted = WrongKeys(1000)
    attempts = [counted.count(f"192.0.{n >> 8}.{n & 255}", NOW) for n in range(500)]
    later = counted.count("192.0.2.1", NOW + WINDOW)

    assert sum(attempt.line for attempt in attempts) == MOST_LINES
    assert (later.line, later.left_out) == (True, 500 - MOST_LINES)


def test_clock_that_goes_back_keeps_nobody_waiting():
    """A window that begins in the future has ended."""
    counted = WrongKeys(1)
    for _ in range(3):
        counted.count("192.0.2.1", NOW)

    assert counted.seconds("192.0.2.1", NOW) == 60
    assert counted.seconds("192.0.2.1", NOW - 10 * WINDOW) == 0


@pytest.mark.parametrize(
    ("caller", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("", ""),
        ("x" * 99, "x" * 64),
    ],
)
def test_address_of_a_caller_is_its_customers(caller: str, address: str):
    """A Unix socket has no address, and all its callers share one."""
    assert address_of(caller) == address


def test_no_bound_is_set_without_the_setting_and_the_program_has_one():
    """The back office of the other tests has no bound."""
    counted = WrongKeys(0)

    assert {counted.count("192.0.2.1", NOW).seconds for _ in range(1000)} == {0.0}
    assert Settings().wrong_keys == 100


def test_wrong_keys_of_one_caller_do_not_count_for_others_behind_a_proxy(quick_store: Store):
    """The whole admin face counts by the address that a proxy names; a forged one is not read."""
    proxy, stranger = "10.0.0.7", "198.51.100.4"
    settings = Settings.model_validate({"admin_proxies": proxy, "wrong_keys": 2})
    worklist = wiring.cases(settings, quick_store)
    client = Client(wiring.admin_face(settings, quick_store, worklist, Metrics()))

    def status(forwarded: str, address: str = proxy) -> int:
        headers = {"X-Forwarded-For": forwarded, "X-Api-Key": WRONG}
        base = {"REMOTE_ADDR": address}
        # WHY: an answer that is not read whole counts as a request that runs.
        return client.get(ALL, headers=headers, environ_base=base, buffered=True).status_code

    assert [status(stranger) for _ in range(3)] == [401, 401, 429]
    assert status("192.0.2.1") == 401
    assert status(f"192.0.2.9, {stranger}") == 429
    assert [status(f"192.0.2.{n}", "192.0.2.7") for n in range(3)] == [401, 401, 429]
