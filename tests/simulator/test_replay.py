"""Captured messages, replayed and compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from gpd_soap.simulator.judging import Reply
from gpd_soap.simulator.replay import (
    Case,
    Difference,
    Replayed,
    cases,
    compare,
    line,
    replay,
    summary,
)
from gpd_soap.simulator.request import Unusable
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.messages import build
from tests.messages.build import tags, transfer
from tests.simulator.endpoints import (
    DUE,
    GET2,
    SHORT,
    VERIFY,
    Scripted,
    caller,
    institution,
    payment,
    serving,
    silent,
    xml,
)

ASK = build.soap_request(VERIFY, build.claim() + build.qr(world.nav(1)))
HERE = Path(__file__).parents[1] / "messages"


@pytest.fixture
def asks(tmp_path: Path) -> Path:
    """Return a folder with one captured request."""
    (tmp_path / "ask.xml").write_text(ASK, encoding="utf-8")
    return tmp_path


def replayed(folder: Path, scripted: Scripted, answer: bytes | None = None) -> Replayed:
    """Return the result of the folder's request on an institution with this answer."""
    if answer is not None:
        (folder / "answer.xml").write_bytes(answer)
    with institution({VERIFY: scripted, "": scripted}) as made:
        [case] = cases([folder])
        return replay(caller(made.url, SHORT), case)


def test_request_is_posted_unchanged(asks: Path):
    """Its SOAPAction is that of the root of its payload."""
    with institution({VERIFY: DUE}) as made:
        replay(caller(made.url), cases([asks])[0])

    [(headers, body)] = made.requests
    assert body == ASK.encode()
    assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])


def test_request_that_is_not_a_message_is_posted(asks: Path):
    """Its answer is described and not compared."""
    (asks / "ask.xml").write_bytes(b"<broken")
    result = replayed(asks, xml(build.soap_fault("Client", "No."), 500))

    assert result.same is None
    assert result.says == "HTTP 500, SOAP Fault soap11env:Client: No."


def test_answer_with_other_prefixes_and_indentation_is_the_same(asks: Path):
    """The comparison ignores prefixes, indentation and the envelope."""
    indented = etree.fromstring(DUE.body)
    etree.indent(indented)
    renamed = etree.tostring(indented).decode().replace("soapenv", "s").replace("pafn", "x")

    assert replayed(asks, xml(renamed), DUE.body).same is True


def test_answer_on_file_without_an_envelope_is_compared(asks: Path):
    """A payload that was saved alone is enough."""
    payload = DUE.body.decode().partition("Body>")[2].partition("</soapenv:Body>")[0]
    alone = payload.replace("<pafn:", "<pafn:", 1).replace(
        "Res>", f'Res xmlns:pafn="{build.NAMESPACE}">', 1
    )

    assert replayed(asks, DUE, alone.encode()).same is True


def first_difference(expected: str, actual: str) -> Difference | None:
    """Return the first difference of two answers to getPaymentV2."""
    one, other = build.soap_response(GET2, expected), build.soap_response(GET2, actual)
    return compare(one.encode(), Reply(200, other.encode()))


ROOT = "/paGetPaymentV2Response"
TRANSFERS = f"{ROOT}/data/transferList/transfer"
TWO = payment(transfer(1, "50.00"), transfer(2, "50.00"))


@pytest.mark.parametrize(
    ("expected", "actual", "path", "how"),
    [
        (payment(), payment(amount="99.00"), f"{ROOT}/data/paymentAmount", "another text"),
        (
            payment(),
            payment(officeName="Tributi"),
            f"{ROOT}/data/debtor",
            "another element",
        ),
        (
            TWO,
            payment(transfer(1, "50.00"), transfer(3, "50.00")),
            f"{TRANSFERS}[2]/idTransfer",
            "",
        ),
        (TWO, payment(transfer(1, "50.00")), f"{TRANSFERS}[2]", "missing"),
        (tags(outcome="OK"), payment(), f"{ROOT}/data", "not expected"),
        (payment(), tags(outcome="OK"), f"{ROOT}/data", "missing"),
    ],
)
def test_first_difference_has_its_path_and_kind(expected: str, actual: str, path: str, how: str):
    """The path names elements and no values."""
    difference = first_difference(expected, actual)

    assert difference is not None
    assert (difference.path, how or difference.how) == (path, difference.how)


def test_element_of_another_namespace_is_a_difference(asks: Path):
    """The same name in another namespace is another element."""
    other = DUE.body.decode().replace(build.NAMESPACE, "http://example.invalid/another")
    result = replayed(asks, xml(other), DUE.body)

    assert result.same is False
    assert result.says == "/paVerifyPaymentNoticeRes: another element"


def test_line_shows_values_on_request_alone(asks: Path):
    """An answer may have names of people."""
    other = DUE.body.decode().replace("Tributo 1", "Maria Esempio")
    result = replayed(asks, xml(other), DUE.body)

    assert line(result).startswith("FAIL  ")
    assert "Maria" not in line(result)
    assert "(expected 'Tributo 1', found 'Maria Esempio')" in line(result, values=True)


def test_equal_answer_with_a_wrong_status_is_a_failure(asks: Path):
    """The Node would reject it."""
    assert replayed(asks, xml(DUE.body.decode(), 500), DUE.body).same is False


def test_soap_fault_on_file_is_compared(asks: Path):
    """The status of a fault is 500."""
    fault = build.soap_fault("Client", "No.")

    assert replayed(asks, xml(fault, 500), fault.encode()).same is True
    assert replayed(asks, DUE, fault.encode()).same is False


@pytest.mark.parametrize("answer", [b"<html>", DUE.body])
def test_answer_that_is_not_xml_is_a_failure(asks: Path, answer: bytes):
    """The file or the reply is not well-formed."""
    result = replayed(asks, Scripted(b"Service Unavailable", 200), answer)

    assert result.same is False
    assert "not well-formed XML" in result.says


def test_missing_answer_is_a_failure(asks: Path):
    """An answer on file makes no difference."""
    assert replayed(asks, Scripted(b"", manner=silent)).same is False
    assert replayed(asks, Scripted(b"", manner=silent), DUE.body).same is False


def test_request_without_an_answer_on_file_is_judged(asks: Path):
    """Only an answer that the Node would reject is a failure."""
    payable = replayed(asks, DUE)
    broken = replayed(asks, Scripted(b"", 500))

    assert (payable.same, broken.same) == (None, False)
    assert "100.00 EUR" in payable.says
    assert summary([payable, broken, broken]) == "0 OK, 2 FAIL, 1 without an answer on file"


def test_cases_have_the_answers_beside_their_requests(tmp_path: Path):
    """The pairs are ask.xml and answer.xml, or NAME.xml and NAME.answer.xml."""
    for name in ("ask.xml", "answer.xml", "one.xml", "one.answer.xml", "two.xml", "deep/ask.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<x/>")

    assert cases(sorted(tmp_path.glob("*.xml"))) == [
        Case(tmp_path / "ask.xml", tmp_path / "answer.xml"),
        Case(tmp_path / "one.xml", tmp_path / "one.answer.xml"),
        Case(tmp_path / "two.xml", None),
    ]
    assert [case.ask for case in cases([tmp_path])] == [
        tmp_path / "ask.xml",
        tmp_path / "deep/ask.xml",
        tmp_path / "one.xml",
        tmp_path / "two.xml",
    ]
    with pytest.raises(Unusable):
        cases([tmp_path / "answer.xml"])


@pytest.fixture
def ours(fresh_database: FreshDatabase) -> Iterator[str]:
    """Yield the address of our own server, in the world of the message cases."""
    store = Store(fresh_database("sqlite", world.prepare))
    with serving(world.face(store)) as url:
        yield url
    store.close()


def test_message_cases_of_questions_replay_without_a_difference(ours: str):
    """Questions change nothing, so that one server answers all of them."""
    node = caller(ours)
    # Cases with headers or settings of their own need more than their bytes.
    plain = [
        case
        for primitive in (VERIFY, "paGetPayment", GET2)
        for case in cases([HERE / primitive])
        if "[" not in case.ask.with_name("case.toml").read_text(encoding="utf-8")
    ]
    results = [replay(node, case) for case in plain]

    assert len(results) > 60
    assert [line(each) for each in results if not each.same and each.case.answer] == []
