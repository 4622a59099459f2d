"""Any bytes get an answer that the rules allow, and the judge finds one that they forbid."""

import io
import logging
from collections.abc import Iterable, Iterator
from random import Random

import pytest

from gpd_soap.monitoring.logs import JsonLines
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi, answer
from tests import world
from tests.conftest import FreshDatabase
from tests.fuzz.judging import AnswerJudge, Finding
from tests.fuzz.mutating import CORPUS, mutate
from tests.messages.build import claim, qr, soap_request, soap_response

VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
NO_DATA = soap_response("paGetPaymentV2", "<outcome>OK</outcome>").encode()
UNFINISHED = soap_response("paVerifyPaymentNotice", "<outcome>PERHAPS</outcome>").encode()


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    """Yield the text of everything that is logged, in its final form."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def face(fresh_database: FreshDatabase) -> Wsgi:
    """Return the node face over the world."""
    return world.face(Store(fresh_database("sqlite", world.prepare)))


def test_mutation_with_the_same_seed_is_the_same() -> None:
    """A run can be repeated."""
    for number, message in enumerate(CORPUS):
        assert mutate(Random(number), message) == mutate(Random(number), message)  # noqa: S311  # nobody's secret


def test_message_cases_are_no_finding(face: Wsgi, log_text: io.StringIO) -> None:
    """Every message case is accepted by the judge, with any headers."""
    judge = AnswerJudge(face, log_text)

    assert len({judge.ask(message) for message in CORPUS}) > 50


def saying(status: str, body: bytes = b"", logged: str = "") -> Wsgi:
    """Return a face that gives this answer and logs this line."""

    def face(_environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if logged:
            logging.getLogger("somebody").debug(logged)
        return answer(start_response, status, body)

    return face


def failing(_environ: Environ, _start_response: StartResponse) -> Iterable[bytes]:
    """Raise an exception, as no face may."""
    raise LookupError


def swallowing(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer 500 and log the exception."""
    try:
        failing(environ, start_response)
    except LookupError:
        logging.getLogger("somebody").exception("failed")
    return answer(start_response, "500 Internal Server Error")


@pytest.mark.parametrize(
    ("face", "finding"),
    [
        (failing, "LookupError came out"),
        (swallowing, "a failure of ours"),
        (saying("302 Found"), "status 302"),
        (saying("200 OK", UNFINISHED), "AssertionError came out"),
        (saying("200 OK", NO_DATA), "the Node would not take"),
        (saying("400 Bad Request", logged=f"notice {world.nav(1)}"), "the log repeats"),
    ],
    ids="exception swallowed status contract rules log".split(),
)
def test_forbidden_answer_or_log_is_a_finding(
    face: Wsgi, finding: str, log_text: io.StringIO
) -> None:
    """The judge finds each broken rule."""
    with pytest.raises(Finding, match=finding):
        AnswerJudge(face, log_text).ask(VERIFY)
