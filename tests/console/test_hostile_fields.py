"""Every page takes every field with values that no browser sends: none fails or is logged."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from gpd_soap import console as package
from gpd_soap.monitoring.logs import JsonLines
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.console import harness
from tests.console.harness import ORGANIZATION, Console
from tests.console.loads import tried
from tests.usecases.loads.files import as_csv, line

FOLDER = Path(package.__file__).parent
#: How a template names a field, and how a view reads one.
NAMES = re.compile(
    r'name="([a-z_][\w.-]*)"|\.get(?:list)?\("([a-z_][\w.-]*)"|"([a-z_]+)" in ', re.IGNORECASE
)
PLANTED = "Zzyzx Inventata"
INSTANT = "2026-01-01T00:00:00+00:00"
#: LIMIT: characters of a query, less than the server takes.
MOST_QUERY = 100_000
VALUES = {
    "digits": "9" * 5000,
    "more than a database counts": "9" * 19,
    "control": f"{PLANTED}\0\r\n\x1b[2J",
    "markup": f"\u202e{PLANTED}<script>alert(1)</script>{{{{7*7}}}}%s%(x)d" + PLANTED * 300,
    "first year": "0001-01-01",
    "last year": "9999-12-31",
    "place, number": f"{INSTANT}_{'9' * 20}",
    "place, name": f"{INSTANT} \0{PLANTED}",
    "place, case": "0001-01-01T00:00:00+14:00~5~%00",
}
FORM = "application/x-www-form-urlencoded"
#: Pages that end the session, after which the others would lead to sign in.
ENDS = {"me.end_all", "sign_in.out", "people.suspend", "people.end_sessions", "people.reset"}


def fields() -> set[str]:
    """Return the names of the fields that pages read."""
    files = [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]
    read = (NAMES.findall(each.read_text("utf-8")) for each in files)
    return {name for names in read for groups in names for name in groups if name}


@pytest.fixture(params=["sqlite", "postgresql"])
def hostile(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Console]:
    """Yield a console of its own, of each kind of database."""
    store = Store(fresh_database(request.param, harness.prepare))
    yield Console(store)
    store.close()


def known(console: Console, client: FlaskClient) -> dict[str, str]:
    """Return something that is there for each part of an address."""
    page = client.get(f"/console/{ORGANIZATION}/notices").text
    nav = re.search(rf"/console/{ORGANIZATION}/notices/([0-9]{{18}})", page)
    load = tried(console, client, as_csv([line(1), line(2, importo="x")])).rpartition("/")[2]
    assert nav is not None
    return {
        "organization": ORGANIZATION,
        "nav": nav[1],
        "load": load,
        "operator": "reader",
    }


def requests(console: Console, there: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and address of each page, of something that is there if we have it."""
    with console.app.test_request_context():
        adapter = console.app.url_map.bind("127.0.0.1")
        for rule in console.app.url_map.iter_rules():
            address = adapter.build(rule.endpoint, {n: there.get(n, "x") for n in rule.arguments})
            for method in (rule.methods or set()) & {"GET", "POST"}:
                if rule.endpoint not in ENDS:
                    yield rule.endpoint, method, address


def test_no_field_makes_a_page_fail(hostile: Console):
    """Each answer has its headers, repeats no markup, and leaves no value in the log."""
    lines: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    form = JsonLines()
    handler.emit = lambda record: lines.append(form.format(record))  # type: ignore[method-assign]  # it collects the lines
    logging.getLogger().addHandler(handler)
    client = hostile.client("admin")
    there, names = known(hostile, client), sorted(fields())
    wrong: list[tuple[str, str, str, object]] = []
    try:
        for title, value in VALUES.items():
            # WHY: encoding it for each request took longer than the answers.
            given = urlencode(dict.fromkeys(names, value)).encode()
            query = urlencode(dict.fromkeys(names, value[: MOST_QUERY // len(names) // 3]))
            for endpoint, method, address in requests(hostile, there):
                if method == "GET":
                    answer = client.get(f"{address}?{query}")
                else:
                    answer = client.post(address, data=given, content_type=FORM)
                # WHY: a body that is too large is refused before any page reads it.
                if answer.status_code >= 500 or answer.status_code == 413:
                    wrong.append((title, endpoint, method, answer.status_code))
                if (
                    b"<script>alert" in answer.data
                    or "Content-Security-Policy" not in answer.headers
                ):
                    wrong.append((title, endpoint, method, "headers or markup"))
    finally:
        logging.getLogger().removeHandler(handler)

    assert wrong == []
    assert [each for each in lines if PLANTED in each] == []
