"""What the admin face takes, the node face says: any position, made and changed by its API.

What it does not take changes nothing and is told without a word of what was sent.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gpd_soap
from gpd_soap.settings import Settings
from gpd_soap.soap import models
from gpd_soap.soap.codec import reader
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.node_rules import broken_rule
from gpd_soap.store import tables
from gpd_soap.wiring import node_face
from gpd_soap.wsgi.http import Wsgi
from tests.api.office import ALL, ORGANIZATION, Answer, Office
from tests.calling import call
from tests.messages.build import asked
from tests.messages.questions import ask
from tests.validation.bodies import POSTAL, STAMP, body, changed, nav, option, share
from tests.validation.test_answers import TRANSFER_TYPES, Body, bodies

ANSWERS = {
    "paVerifyPaymentNotice": models.PaVerifyPaymentNoticeRes,
    "paGetPayment": models.PaGetPaymentRes,
    "paGetPaymentV2": models.PaGetPaymentV2Response,
}
#: Of GPD's states, what the Node may be told where it is not OK.
UNPAYABLE = {"PUBLISHED": "PAA_PAGAMENTO_SCONOSCIUTO"}
#: Shorter texts stand by chance in a sentence or in another value.
LONG_ENOUGH = 6
#: What stands in our own sentences is said whatever was sent.
OUR_WORDS = "\n".join(
    path.read_text(encoding="utf-8")
    for place in (
        "core/*.py",
        "validation/*.py",
        "usecases/service_rules.py",
        "usecases/loading/*.py",
        "api/problems.py",
    )
    for path in Path(gpd_soap.__file__).parent.glob(place)
)

TEXTS = st.text(st.characters(), max_size=40) | st.builds(
    lambda text, size: text * size,
    st.sampled_from(["x", "è", "\U0001f600", " ", "&", "0"]),
    st.sampled_from([1, 2, 16, 17, 35, 36, 70, 71, 140, 141, 255, 256]),
)
CENTS = [0, 1, -1, 99_999_999_999, 100_000_000_000, 2**31, 2**63, 10**30]
DATES = """2026-03-16 2026-03-16T10:00:00 2026-03-17T00:00:00+14:00 2026-03-29T02:30:00 2026-02-30
           2999-12-31 3000-01-01 0001-01-01 2026-12-31T23:59:60Z""".split()
ANYTHING: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.sampled_from(CENTS) | st.integers() | st.just(1.5)
    | st.sampled_from(DATES) | TEXTS | st.just([]) | st.just({}) | st.lists(st.just({}), max_size=7)
)  # fmt: skip


def holders(told: object) -> Iterator[Any]:
    """Every object and list inside a JSON value that has something in it, from the outside in."""
    if isinstance(told, (dict, list)) and told:
        yield told
        for value in told.values() if isinstance(told, dict) else told:
            yield from holders(value)


@st.composite
def mutated(draw: st.DrawFn, told: Body) -> Body:
    """A body that is changed in one to three places, whatever they are."""
    body = copy.deepcopy(told)
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(list(holders(body))))
        place = draw(
            st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        )
        how = draw(st.sampled_from(["replace", "replace", "remove", "repeat"]))
        if how == "replace":
            holder[place] = draw(ANYTHING)
        elif how == "remove":
            del holder[place]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[place]))
        else:
            holder[draw(TEXTS)] = holder[place]
    return body


@st.composite
def requests(draw: st.DrawFn) -> Body:
    """A position as a client may send it: every other one is not in order."""
    told = draw(bodies())
    told.pop("validityDate", None)
    validity = draw(st.sampled_from([None, None, "2026-03-16T10:00:00.000001", "2026-03-17"]))
    if validity:
        told["validityDate"] = validity
    return draw(mutated(told)) if draw(st.booleans()) else told


def emptied(office: Office) -> None:
    """Forget every position, and that its numbers were ever used."""
    with office.store.begin() as connection:
        for table in (
            tables.transfer,
            tables.payment_option,
            tables.position,
            tables.retired_number,
        ):
            connection.execute(table.delete())


def said(face: Wsgi, primitive: str, notice: str, **more: object) -> Any:
    """The Node's answer, which keeps to the contract and to the Node's own rules."""
    message = asked(primitive, ask(notice, **more)).encode()
    answered = call(face, "POST", "/partner", message, CONTENT_TYPE="text/xml")
    assert answered.status == 200
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    answer = reader(ANSWERS[primitive])(payload)
    assert broken_rule(answer) is None
    return answer


def code(answer: Any) -> str | None:
    """Why an answer is not OK."""
    return None if answer.outcome == "OK" else str(answer.fault.faultCode)


def everything_is_said(face: Wsgi, position: Body) -> None:
    """Each notice of a position as its state asks, to all three questions, for every account."""
    unpayable = UNPAYABLE.get(position["status"])
    assert unpayable or position["status"] == "VALID"
    for each in position["paymentOption"]:
        notice, shares = each["nav"], each["transfer"]
        verified = said(face, "paVerifyPaymentNotice", notice)
        assert code(verified) == unpayable
        if not unpayable:
            assert verified.paymentList.paymentOptionDescription.amount == each["amount"]
        stamped = any("stamp" in share for share in shares)
        postal = "postalIban" in next(share for share in shares if share["idTransfer"] == "1")
        for wanted in TRANSFER_TYPES:
            missing = wanted == "POSTAL" and not postal
            for primitive, odd in (
                ("paGetPayment", stamped or missing),
                ("paGetPaymentV2", missing),
            ):
                answer = said(face, primitive, notice, transferType=wanted)
                assert code(answer) == (unpayable or ("PAA_SEMANTICA" if odd else None))
                if answer.outcome == "OK":
                    assert len(answer.data.transferList.transfer) == len(shares)


def texts(told: object) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, (dict, list)):
        for each in [*told, *told.values()] if isinstance(told, dict) else told:
            yield from texts(each)


def names(told: object) -> set[str]:
    """What GPD calls things, which an error may name."""
    return {text for text in texts(told) if text.isascii() and text.isalpha()}


def nothing_is_repeated(refused: Answer, told: Body) -> None:
    """A problem of the caller's that says nothing of what came."""
    assert 400 <= refused.status < 500
    assert refused.title
    sent = {text for text in texts(told) if len(text) >= LONG_ENOUGH and text not in OUR_WORDS}
    sent -= names(told)
    answered = list(texts(refused.body))
    assert [text for text in sent if any(text in each for each in answered)] == []


def taken(office: Office, face: Wsgi, told: Body) -> Answer | None:
    """Make and publish a position: either all of it is said, or nothing is left of it."""
    made = office.post(f"{ALL}?toPublish=true", told)
    if made.status == 201:
        everything_is_said(face, made.body)
        return made
    nothing_is_repeated(made, told)
    assert office.get(ALL).body["page_info"]["items_found"] == 0
    return None


def node(office: Office) -> Wsgi:
    """The node face over the office's store, at its time."""
    return node_face(Settings(public_url="http://ec.example/partner"), office.store, office.clock)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(first=requests(), second=requests())
def test_what_is_accepted_is_said_and_what_is_refused_leaves_no_trace(
    office: Office, first: Body, second: Body
):
    """Created and published, then updated: each is all or nothing, and no answer is invalid."""
    emptied(office)
    face = node(office)
    made = taken(office, face, first)
    if made is None:
        return

    second = {**second, "iupd": made.body["iupd"]}
    updated = office.put(made.headers["Location"], second)
    if updated.status == 200:
        everything_is_said(face, updated.body)
    else:
        nothing_is_repeated(updated, second)
        everything_is_said(face, made.body)


#: A position that has everything that can be sent.
RICH = body(
    option(
        1,
        share(1, postalIban=POSTAL, companyName="Esempio", organizationFiscalCode=ORGANIZATION,
              transferMetadata=[{"key": "CHIAVE", "value": "valore"}]),
        share(2, 1600, iban=None, stamp=STAMP),
        nav=nav(1),
        retentionDate="2026-05-31T12:00:00",
        paymentOptionMetadata=[{"key": "CHIAVE", "value": "valore"}],
    ),
    streetName="Via dell'Esempio", civicNumber="1/A", postalCode="00100", city="Roma",
    province="RM", region="Lazio", country="IT", email="nessuno@esempio.it", phone="000",
    officeName="Ufficio Tributi", payStandIn=True,
)  # fmt: skip
LENGTHS = (0, 1, 2, 16, 17, 35, 36, 70, 71, 72, 140, 141, 255, 256)


def places(told: Any, *steps: str) -> Iterator[tuple[str, Any]]:
    """Every place in a JSON value, as `changed` takes it, with what is there."""
    if steps:
        yield ".".join(steps), told
    if isinstance(told, (dict, list)):
        for step, value in told.items() if isinstance(told, dict) else enumerate(told):
            yield from places(value, *steps, str(step))


def odd(value: object) -> Iterator[object]:
    """What a client may send by mistake where this should be."""
    yield from (None, True, 0, -1, 1.5, "", [], {}, *DATES)
    if isinstance(value, str):
        yield from ("x" * length for length in LENGTHS)
        yield from ("0" * length for length in LENGTHS)
        yield from (f"{value}{end}" for end in (" ", "\x01", "\n", "\ud800", "\ufffe", "\x85"))
        yield from ("3", "è" * 70, "\U0001f600" * 70, value.lower(), value[:-1])
    if isinstance(value, int):
        yield from (value + 1, value - 1, str(value), *CENTS)
    if isinstance(value, list):
        yield from (value * 2, value * 6, value[::-1], value[1:])
    if isinstance(value, dict):
        yield {**value, "RSSMRA80A01H501U": "RSSMRA80A01H501U"}


PLACES = dict(places(RICH))


@pytest.mark.parametrize("place", PLACES)
def test_a_field_is_taken_as_it_can_be_said_or_not_at_all(quick: Office, place: str):
    """One field after the other, with everything that it should not be."""
    face = node(quick)
    for other in odd(PLACES[place]):
        taken(quick, face, changed(RICH, place, other))
        emptied(quick)
