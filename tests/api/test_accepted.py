"""Every position that the admin face accepts can be asked for at the node face.

A refused position changes nothing, and the refusal does not repeat what was sent.

"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exists, or_, select

import gpd_soap
from gpd_soap.settings import Settings
from gpd_soap.soap import models
from gpd_soap.soap.codec import reader
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.node_rules import broken_rule
from gpd_soap.store import tables
from gpd_soap.wiring import node_face
from gpd_soap.wsgi.http import Wsgi
from tests.api.office import ALL, ORGANIZATION, Answer, BackOffice
from tests.calling import call
from tests.drawn import draws
from tests.messages.build import soap_request
from tests.messages.questions import ask
from tests.validation.bodies import POSTAL, STAMP, body, changed, nav, option, transfer
from tests.validation.test_answers import TRANSFER_TYPES, Body, bodies

ANSWERS = {
    "paVerifyPaymentNotice": models.PaVerifyPaymentNoticeRes,
    "paGetPayment": models.PaGetPaymentRes,
    "paGetPaymentV2": models.PaGetPaymentV2Response,
}
#: The fault that the node face may answer for a position in this state of GPD.
UNPAYABLE = {"PUBLISHED": "PAA_PAGAMENTO_SCONOSCIUTO"}
#: The names that a refusal repeats, so that a client finds a misspelt field.
FIELD_NAME = re.compile(r"[A-Za-z_-]{1,40}[0-9]?")
#: LIMIT: characters; shorter texts occur by chance in a sentence or in another value.
LONG_ENOUGH = 6
#: Our own sentences, which an answer may contain whatever was sent.
OUR_WORDS = "\n".join(
    path.read_text(encoding="utf-8")
    for pattern in (
        "core/*.py",
        "validation/*.py",
        "usecases/service_rules.py",
        "usecases/loading/*.py",
        "api/problems.py",
    )
    for path in Path(gpd_soap.__file__).parent.glob(pattern)
)

TEXTS = st.text(st.characters(), max_size=40) | st.builds(
    lambda text, size: text * size,
    st.sampled_from(["x", "è", "\U0001f600", " ", "&", "0"]),
    st.sampled_from([1, 2, 16, 17, 35, 36, 70, 71, 140, 141, 255, 256]),
)
CENTS = [0, 1, -1, 99_999_999_999, 100_000_000_000, 2**31, 2**63, 10**30]
DATES = """2026-03-16 2026-03-16T10:00:00 2026-03-17T00:00:00+14:00 2026-03-29T02:30:00 2026-02-30
           2999-12-31 3000-01-01 0001-01-01 2026-12-31T23:59:60Z""".split()
#: The tables that hold a position, and the numbers of those before it.
WRITTEN = (tables.transfer, tables.payment_option, tables.position, tables.retired_number)
#: Whether one of them has a row.
HAS_ROWS = select(or_(*(exists().select_from(table) for table in WRITTEN)))
ANYTHING: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.sampled_from(CENTS) | st.integers() | st.just(1.5)
    | st.sampled_from(DATES) | TEXTS | st.just([]) | st.just({}) | st.lists(st.just({}), max_size=7)
)  # fmt: skip


def holders(value: object) -> Iterator[Any]:
    """Yield every non-empty object and list inside a JSON value, the outer ones first."""
    if isinstance(value, (dict, list)) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from holders(child)


@st.composite
def mutated(draw: st.DrawFn, original: Body) -> Body:
    """A body with one to three random changes."""
    body = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(list(holders(body))))
        step = draw(
            st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        )
        change = draw(st.sampled_from(["replace", "replace", "remove", "repeat"]))
        if change == "replace":
            holder[step] = draw(ANYTHING)
        elif change == "remove":
            del holder[step]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[step]))
        else:
            holder[draw(TEXTS)] = holder[step]
    return body


@st.composite
def requests(draw: st.DrawFn) -> Body:
    """A position as a client may send it; about half of them are mutated."""
    position = draw(bodies())
    position.pop("validityDate", None)
    validity = draw(st.sampled_from([None, None, "2026-03-16T10:00:00.000001", "2026-03-17"]))
    if validity:
        position["validityDate"] = validity
    return draw(mutated(position)) if draw(st.booleans()) else position


def empty(office: BackOffice) -> None:
    """Delete every position and every retired number."""
    with office.store.begin() as connection:
        for table in WRITTEN:
            connection.execute(table.delete())


def ask_node(face: Wsgi, primitive: str, notice: str, **more: object) -> Any:
    """The node face's answer, which fits the contract and the Node's own rules."""
    content = soap_request(primitive, ask(notice, **more)).encode()
    answered = call(face, "POST", "/partner", content, CONTENT_TYPE="text/xml")
    assert answered.status == 200
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    answer = reader(ANSWERS[primitive])(payload)
    assert broken_rule(answer) is None
    return answer


def fault_code(answer: Any) -> str | None:
    """Code of the fault in an answer; None if the answer is OK."""
    return None if answer.outcome == "OK" else str(answer.fault.faultCode)


def check_notices(face: Wsgi, position: Body) -> None:
    """Ask about each notice of a position: every answer is the one that its state requires."""
    unpayable = UNPAYABLE.get(position["status"])
    assert unpayable or position["status"] == "VALID"
    for each in position["paymentOption"]:
        notice, transfers = each["nav"], each["transfer"]
        verified = ask_node(face, "paVerifyPaymentNotice", notice)
        assert fault_code(verified) == unpayable
        if not unpayable:
            assert verified.paymentList.paymentOptionDescription.amount == each["amount"]
        stamped = any("stamp" in transfer for transfer in transfers)
        postal = "postalIban" in next(
            transfer for transfer in transfers if transfer["idTransfer"] == "1"
        )
        for transfer_type in TRANSFER_TYPES:
            missing = transfer_type == "POSTAL" and not postal
            for primitive, wrong_values in (
                ("paGetPayment", stamped or missing),
                ("paGetPaymentV2", missing),
            ):
                answer = ask_node(face, primitive, notice, transferType=transfer_type)
                assert fault_code(answer) == (
                    unpayable or ("PAA_SEMANTICA" if wrong_values else None)
                )
                if answer.outcome == "OK":
                    assert len(answer.data.transferList.transfer) == len(transfers)


def texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from texts(each)


def field_names(value: object) -> set[str]:
    """Texts in the form of a field's name, which an error may contain."""
    return {text for text in texts(value) if FIELD_NAME.fullmatch(text)}


def check_refusal(refused: Answer, content: Body) -> None:
    """The answer is a problem of the caller, and repeats nothing that was sent."""
    assert 400 <= refused.status < 500
    assert refused.title
    sent = {text for text in texts(content) if len(text) >= LONG_ENOUGH} - field_names(content)
    answered = list(texts(refused.body))
    repeated = [text for text in sent if any(text in each for each in answered)]
    assert [text for text in repeated if text not in OUR_WORDS] == []


def create_or_refuse(office: BackOffice, face: Wsgi, content: Body) -> Answer | None:
    """Create and publish a position: either all its notices are payable, or nothing is stored."""
    made = office.post(f"{ALL}?toPublish=true", content)
    if made.status == 201:
        check_notices(face, made.body)
        return made
    check_refusal(made, content)
    with office.store.reading() as connection:
        assert connection.execute(HAS_ROWS).scalar_one() is False
    return None


def node(office: BackOffice) -> Wsgi:
    """The node face over the back office's store and clock."""
    return node_face(Settings(public_url="http://ec.example/partner"), office.store, office.clock)


@draws(30)
@given(first=requests(), second=requests())
def test_random_position_is_answered_at_the_node_or_refused_without_trace(
    office: BackOffice, first: Body, second: Body
):
    """A position is created, published and updated as a whole or not at all."""
    empty(office)
    face = node(office)
    made = create_or_refuse(office, face, first)
    if made is None:
        return

    second = {**second, "iupd": made.body["iupd"]}
    updated = office.put(made.headers["Location"], second)
    if updated.status == 200:
        check_notices(face, updated.body)
    else:
        check_refusal(updated, second)
        check_notices(face, made.body)


#: A position with every field that can be sent.
RICH = body(
    option(
        1,
        transfer(1, postalIban=POSTAL, companyName="Esempio", organizationFiscalCode=ORGANIZATION,
              transferMetadata=[{"key": "CHIAVE", "value": "valore"}]),
        transfer(2, 1600, iban=None, stamp=STAMP),
        nav=nav(1),
        retentionDate="2026-05-31T12:00:00",
        paymentOptionMetadata=[{"key": "CHIAVE", "value": "valore"}],
    ),
    streetName="Via dell'Esempio", civicNumber="1/A", postalCode="00100", city="Roma",
    province="RM", region="Lazio", country="IT", email="nessuno@esempio.it", phone="000",
    officeName="Ufficio Tributi", payStandIn=True,
)  # fmt: skip
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LENGTHS = (0, 1, 2, 16, 17, 35, 36, 70, 71, 72, 140, 141, 255, 256)


def field_paths(value: Any, *steps: str) -> Iterator[tuple[str, Any]]:
    """Yield the path of each value inside a JSON value, as `changed` takes it, with the value."""
    if steps:
        yield ".".join(steps), value
    if isinstance(value, (dict, list)):
        for step, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from field_paths(child, *steps, str(step))


def wrong_values(value: object) -> Iterator[object]:
    """Yield values that a client may send by mistake instead of this one."""
    yield from (None, True, 0, -1, 1.5, "", [], {})
    # WHY: a date is a text like others, except where one is expected.
    yield from DATES if isinstance(value, str) and DATE.match(value) else DATES[:1]
    if isinstance(value, str):
        yield from (("0" if value.isdigit() else "x") * length for length in LENGTHS)
        yield from (f"{value}{end}" for end in (" ", "\x01", "\n", "\ud800", "\ufffe", "\x85"))
        yield from ("3", "è" * 70, "\U0001f600" * 70, value.lower(), value[:-1])
    if isinstance(value, int):
        yield from (value + 1, value - 1, str(value), *CENTS)
    if isinstance(value, list):
        yield from (value * 2, value * 6, value[::-1], value[1:])
    if isinstance(value, dict):
        yield {**value, "RSSMRA80A01H501U": "RSSMRA80A01H501U"}


FIELDS = dict(field_paths(RICH))


@pytest.mark.parametrize("field_path", FIELDS)
def test_position_with_one_wrong_field_is_answered_at_the_node_or_refused(
    quick: BackOffice, field_path: str
):
    """Each field is replaced by every wrong value in turn."""
    face = node(quick)
    for other in wrong_values(FIELDS[field_path]):
        if create_or_refuse(quick, face, changed(RICH, field_path, other)) is not None:
            empty(quick)
