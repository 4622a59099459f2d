"""Captured messages, replayed and compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from gpd_soap.simulator import replay as replaying
from gpd_soap.simulator.judging import Reply
from gpd_soap.simulator.replay import Case, Difference, cases, compare, line, replay, summary
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
    Said,
    caller,
    institution,
    payment,
    serving,
    silently,
    xml,
)

ASK = build.asked(VERIFY, build.claim() + build.qr(world.nav(1)))
HERE = Path(__file__).parents[1] / "messages"


@pytest.fixture
def asks(tmp_path: Path) -> Path:
    """A folder with one captured request."""
    (tmp_path / "ask.xml").write_text(ASK, encoding="utf-8")
    return tmp_path


def replayed(folder: Path, said: Said, answer: bytes | None = None) -> replaying.Replayed:
    """The request of this folder, replayed on an institution that answers so."""
    if answer is not None:
        (folder / "answer.xml").write_bytes(answer)
    with institution({VERIFY: said, "": said}) as made:
        [case] = cases([folder])
        return replay(caller(made.url, SHORT), case)


def test_a_request_is_posted_as_it_was_captured(asks: Path):
    """Byte for byte, under the action that its root asks for."""
    with institution({VERIFY: DUE}) as made:
        replay(caller(made.url), cases([asks])[0])

    [(headers, body)] = made.asked
    assert body == ASK.encode()
    assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])


def test_what_is_no_message_is_posted_all_the_same(asks: Path):
    """Somebody's broken capture is a good question; there is no rule for its answer."""
    (asks / "ask.xml").write_bytes(b"<broken")
    result = replayed(asks, xml(build.soap_fault("Client", "No."), 500))

    assert result.same is None
    assert result.says == "HTTP 500, SOAP Fault soap11env:Client: No."


def test_prefixes_indentation_and_envelope_do_not_count(asks: Path):
    """Two answers that say the same are the same."""
    indented = etree.fromstring(DUE.body)
    etree.indent(indented)
    renamed = etree.tostring(indented).decode().replace("soapenv", "s").replace("pafn", "x")

    assert replayed(asks, xml(renamed), DUE.body).same is True


def test_an_answer_on_file_may_stand_without_its_envelope(asks: Path):
    """A payload that somebody saved alone is enough."""
    payload = DUE.body.decode().partition("Body>")[2].partition("</soapenv:Body>")[0]
    alone = payload.replace("<pafn:", "<pafn:", 1).replace(
        "Res>", f'Res xmlns:pafn="{build.NAMESPACE}">', 1
    )

    assert replayed(asks, DUE, alone.encode()).same is True


def told(expected: str, found: str) -> Difference | None:
    """Where these two answers to getPaymentV2 part."""
    one, other = build.answered(GET2, expected), build.answered(GET2, found)
    return compare(one.encode(), Reply(200, other.encode()))


ROOT = "/paGetPaymentV2Response"
SHARES = f"{ROOT}/data/transferList/transfer"
TWO = payment(transfer(1, "50.00"), transfer(2, "50.00"))


@pytest.mark.parametrize(
    ("expected", "found", "path", "how"),
    [
        (payment(), payment(amount="99.00"), f"{ROOT}/data/paymentAmount", "another text"),
        (
            payment(),
            payment(officeName="Tributi"),
            f"{ROOT}/data/debtor",
            "another element",
        ),
        (TWO, payment(transfer(1, "50.00"), transfer(3, "50.00")), f"{SHARES}[2]/idTransfer", ""),
        (TWO, payment(transfer(1, "50.00")), f"{SHARES}[2]", "missing"),
        (tags(outcome="OK"), payment(), f"{ROOT}/data", "not expected"),
        (payment(), tags(outcome="OK"), f"{ROOT}/data", "missing"),
    ],
)
def test_the_first_difference_is_told_by_its_path(expected: str, found: str, path: str, how: str):
    """Where, and how; not what."""
    apart = told(expected, found)

    assert apart is not None
    assert (apart.path, how or apart.how) == (path, apart.how)


def test_another_namespace_is_another_element(asks: Path):
    """The same name in another namespace says something else."""
    other = DUE.body.decode().replace(build.NAMESPACE, "http://example.invalid/another")
    result = replayed(asks, xml(other), DUE.body)

    assert result.same is False
    assert result.says == "/paVerifyPaymentNoticeRes: another element"


def test_values_are_shown_only_where_they_are_asked_for(asks: Path):
    """An answer may carry names; a report of a difference need not."""
    other = DUE.body.decode().replace("Tributo 1", "Maria Esempio")
    result = replayed(asks, xml(other), DUE.body)

    assert line(result).startswith("FAIL  ")
    assert "Maria" not in line(result)
    assert "(expected 'Tributo 1', found 'Maria Esempio')" in line(result, values=True)


def test_the_right_answer_with_the_wrong_status_is_a_failure(asks: Path):
    """The Node would not read it."""
    assert replayed(asks, xml(DUE.body.decode(), 500), DUE.body).same is False


def test_a_soap_fault_on_file_is_compared_like_any_answer(asks: Path):
    """A fault's own status is 500."""
    fault = build.soap_fault("Client", "No.")

    assert replayed(asks, xml(fault, 500), fault.encode()).same is True
    assert replayed(asks, DUE, fault.encode()).same is False


@pytest.mark.parametrize("answer", [b"<html>", DUE.body])
def test_an_answer_that_is_no_xml_is_a_failure(asks: Path, answer: bytes):
    """On file or from the wire."""
    result = replayed(asks, Said(b"Service Unavailable", 200), answer)

    assert result.same is False
    assert "not well-formed XML" in result.says


def test_no_answer_is_a_failure(asks: Path):
    """With an answer on file or without."""
    assert replayed(asks, Said(b"", manner=silently)).same is False
    assert replayed(asks, Said(b"", manner=silently), DUE.body).same is False


def test_without_an_answer_on_file_the_outcome_is_told(asks: Path):
    """Well or refused is news, and only what the Node would not take is a failure."""
    well = replayed(asks, DUE)
    broken = replayed(asks, Said(b"", 500))

    assert (well.same, broken.same) == (None, False)
    assert "100.00 EUR" in well.says
    assert summary([well, broken, broken]) == "0 OK, 2 FAIL, 1 without an answer on file"


def test_answers_are_found_beside_their_requests(tmp_path: Path):
    """ask.xml and answer.xml, NAME.xml and NAME.answer.xml; an answer is never a request."""
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
    ]
    with pytest.raises(Unusable):
        cases([tmp_path / "answer.xml"])


@pytest.fixture
def ours(fresh_database: FreshDatabase) -> Iterator[str]:
    """Our own server, in the world of the message cases."""
    store = Store(fresh_database("sqlite", world.prepare))
    with serving(world.face(store)) as url:
        yield url
    store.close()


def test_the_message_cases_of_reads_replay_well_on_our_own_server(ours: str):
    """Questions that change nothing can be replayed on one server, all of them."""
    asked = caller(ours)
    # Cases with headers or settings of their own need more than their bytes.
    plain = [
        case
        for primitive in (VERIFY, "paGetPayment", GET2)
        for case in cases([HERE / primitive])
        if "[" not in case.ask.with_name("case.toml").read_text(encoding="utf-8")
    ]
    results = [replay(asked, case) for case in plain]

    assert len(results) > 60
    assert [line(each) for each in results if not each.same and each.case.answer] == []
