"""What a page says when it cannot be shown, and what it does not say."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import Client

from gpd_soap import wiring
from gpd_soap.console import failures
from gpd_soap.console.app import POLICY
from gpd_soap.console.guard import MOST_REQUESTS
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.usecases import refusals
from gpd_soap.wsgi.exposure import console_problem
from gpd_soap.wsgi.http import Environ, StartResponse
from gpd_soap.wsgi.mount import Mounted
from tests.console.harness import ORGANIZATION, Console

#: What a page raises, its status, and what is said.
RAISED: list[tuple[Callable[[], Exception], int, str]] = [
    (Unavailable, 503, "non è stato modificato niente"),
    (TimeoutError, 503, "non è stato modificato niente"),
    (lambda: RuntimeError("RSSMRA00A01A000K"), 500, "Si è rotto qualcosa da noi"),
    (refusals.PositionChanged, 412, "Qualcun altro"),
    (refusals.AlreadyPaid, 409, "Così com’è adesso non si può fare"),
    (refusals.NoticeNotFound, 404, "Qui non c’è niente"),
]


@pytest.mark.parametrize(("make", "status", "expected"), RAISED)
def test_failure_has_its_page(
    make: Callable[[], Exception], status: int, expected: str, console: Console,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """It says what happened and the number of the request, and never what was in it."""

    def raising(**_values: object) -> None:
        raise make()

    monkeypatch.setitem(console.app.view_functions, "me.page", raising)
    answer = console.client("admin").get("/console/me", headers={"X-Request-Id": "abc-1"})

    assert answer.status_code == status
    assert expected in answer.text
    assert "abc-1" in answer.text
    assert answer.headers["X-Request-Id"] == "abc-1"
    assert "RSSMRA00A01A000K" not in answer.text
    assert ("Retry-After" in answer.headers) is (status == 503)


def test_page_of_an_error_needs_no_database(console: Console, monkeypatch: pytest.MonkeyPatch):
    """With the database away, who is not signed in gets a page too."""

    def away() -> None:
        raise Unavailable

    monkeypatch.setattr(console.store, "reading", away)
    monkeypatch.setattr(console.store, "begin", away)
    for path in ("/console/me", "/console/sign-in", f"/console/{ORGANIZATION}/config"):
        answer = console.client().get(path)
        assert answer.status_code in {200, 303, 503}, path


def test_every_answer_has_the_headers(console: Console):
    """Nothing inline is run, nothing frames us, nothing is kept."""
    client = console.client("reader")
    for path in ("/console/me", "/console/none", "/console/sign-in"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert "unsafe" not in POLICY
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert {"HX-Request", "Cookie"} <= set(headers["Vary"].split(", "))


def test_text_of_ten_megabytes_is_refused(console: Console):
    """A field, many fields and a file beyond the bound get a page, and nothing is stored."""
    client = console.client("admin")
    huge = "x" * 10_000_000
    answer = client.post("/console/me/habits", data={"language": huge})
    assert (answer.status_code, "È troppo grande" in answer.text) == (413, True)
    answer = client.post("/console/sign-in", data={"name": huge, "password": "x"})
    assert answer.status_code == 413
    many = {f"f{number}": "x" for number in range(2000)}
    answer = client.post("/console/me/habits", data=many, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_operator_who_asks_too_much_waits(console: Console):
    """Others do not wait for it, and a moment later it goes on."""
    console = Console(console.store, rate=1000)
    client = console.client("clerk")
    statuses = [client.get("/console/help/general").status_code for _ in range(MOST_REQUESTS + 1)]
    assert statuses == [200] * MOST_REQUESTS + [429]
    answer = client.get("/console/help/general")
    assert (answer.headers["Retry-After"], "Troppe richieste" in answer.text) == ("1", True)
    assert console.client("reader").get("/console/help/general").status_code == 200
    console.later(seconds=1)
    assert client.get("/console/help/general").status_code == 200


def test_template_escapes_and_says_nothing_safe():
    """No template marks a text as safe, and none has a style or a script inside."""
    app = Flask("gpd_soap.console", template_folder="templates")
    loader = app.create_global_jinja_loader()
    for name in app.jinja_env.list_templates(filter_func=lambda each: each.endswith(".html")):
        source, _path, _uptodate = loader.get_source(app.jinja_env, name)
        for banned in ("|safe", "| safe", "autoescape false", " style=", "<style", " onclick="):
            assert banned not in source, name
        assert source.count("<script") == source.count("<script src="), name


def mounted(most: int = 1, *, wait: threading.Event | None = None) -> Client:
    """Return a listener with an API and a console that wait for an event, if there is one."""

    def says(text: bytes) -> Callable[[Environ, StartResponse], Iterator[bytes]]:
        def application(_environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Type", "text/plain")])
            if wait is not None:
                wait.wait(10)
            yield text

        return application

    return Client(Mounted(says(b"api"), says(b"console"), most))


def test_root_leads_people_to_the_console_and_programs_to_the_api():
    """`/` leads people to the console, and nothing of the API changes its path."""
    client = mounted()

    root = client.get("/")
    assert (root.status_code, root.headers["Location"]) == (303, "/console/")
    assert client.post("/").text == "api"
    for path in ("/console", "/console/", "/console/77777777777/x"):
        assert client.get(path).text == "console"
    for path in ("/organizations", "/consoles", "/docs", "/health/live"):
        assert client.get(path).text == "api"


def test_console_leaves_threads_to_the_api():
    """One page more than the bound is asked to come again, and the API answers."""
    gate = threading.Event()
    client = mounted(1, wait=gate)
    slow = threading.Thread(target=client.get, args=("/console/slow",))
    slow.start()
    try:
        for _ in range(200):
            answer = mounted_busy(client)
            if answer == 503:
                break
        assert answer == 503
    finally:
        gate.set()
        slow.join(10)


def test_thread_is_given_back_after_each_answer():
    """It is given back also where a page fails, or its reader goes away before its end."""

    def failing(environ: Environ, _start_response: StartResponse) -> list[bytes]:
        raise RuntimeError(environ["PATH_INFO"])

    def api(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
        return []

    broken = Client(Mounted(api, failing, 1))
    for _ in range(3):
        with pytest.raises(RuntimeError):
            broken.get("/console/x")
    client = mounted(1)
    for _ in range(3):
        client.get("/console/x", buffered=False).close()
        assert client.get("/console/x").text == "console"


def mounted_busy(client: Client) -> int:
    """Return the status of a page that is opened while another one is being made."""
    seen: list[int] = []
    one = threading.Thread(target=lambda: seen.append(client.get("/console/x").status_code))
    one.start()
    one.join(0.05)
    return seen[0] if seen else 0


@pytest.mark.parametrize(
    ("settings", "served"),
    [
        ({}, True),
        ({"admin_bind": "0.0.0.0:8081", "admin_open": True}, False),
        ({"admin_bind": "0.0.0.0:8081", "console_url": "http://console.ec.example"}, False),
        ({"admin_bind": "0.0.0.0:8081", "console_url": "https://console.ec.example"}, True),
        ({"admin_bind": "unix:/run/x"}, True),
    ],
)
def test_console_in_clear_text_is_not_served(settings: dict[str, object], *, served: bool):
    """Passwords go over TLS or stay on this machine; the text says what to set."""
    problem = console_problem(Settings.model_validate(settings))

    assert (problem == "") is served
    assert served or "GPD_CONSOLE_URL" in problem


def test_withheld_console_says_why(console: Console, tmp_path: object):
    """The API goes on beside it."""
    settings = Settings.model_validate({"admin_bind": "0.0.0.0:8081", "admin_open": True})
    cases = wiring.cases(settings, console.store)
    client = Client(wiring.admin_face(settings, console.store, cases, Metrics(tmp_path)))  # type: ignore[arg-type]  # a path

    answer = client.get("/console/")
    assert (answer.status_code, "GPD_CONSOLE_URL" in answer.text) == (503, True)
    assert client.get("/health/live").status_code == 200


def test_error_texts_have_a_title_for_each_status():
    """An unknown status of ours gets the page of its kind."""
    assert {400, 403, 404, 405, 409, 412, 413, 422, 429, 500, 503} <= failures.TEXTS.keys()
