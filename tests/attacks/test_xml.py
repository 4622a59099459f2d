"""Attacks in XML on the whole node face: each is answered in bounded time and memory.

Messages that the parser alone refuses are in tests/contract/test_parsing.py, and plain cases in
tests/messages/transport.  The attacks here need a face, a store or a clock.

"""

import gc
import http.server
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import func, select

from gpd_soap.server.memory import resident
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import Response, call
from tests.conftest import WorldOf
from tests.messages.build import NAMESPACE, claim, envelope, qr, receipt, soap_request
from tests.messages.demands import ask as demand

#: LIMIT: CPU time of a message, in multiples of the time in which lxml lists a plain megabyte; no
#: bound is in seconds, which a busy machine could not keep.
TIMES = 30
#: LIMIT: attempts, because the same work takes more CPU time while another core uses the caches.
ATTEMPTS = 5
#: LIMIT: bytes of memory that one message may take, and that many messages may leave.
AT_ONCE, LEFT = 192 << 20, 8 << 20
MOST = 1 << 20
ROUNDS = 8

QUESTION = claim() + qr(world.nav(1))
VERIFY = f"<pafn:paVerifyPaymentNoticeReq>{QUESTION}</pafn:paVerifyPaymentNoticeReq>"
OTHER = VERIFY.replace(world.nav(1), world.nav(6))


@pytest.fixture
def store(shared_world: WorldOf) -> Store:
    """A store of the world."""
    return shared_world("sqlite").store


@pytest.fixture
def face(shared_world: WorldOf) -> Wsgi:
    """The node face over that store."""
    return shared_world("sqlite").face()


def post(face: Wsgi, message: str | bytes) -> Response:
    """Send a message as the Node does."""
    sent = message.encode() if isinstance(message, str) else message
    return call(face, "POST", "/partner", sent, CONTENT_TYPE="text/xml")


def filled(piece: str) -> str:
    """A SOAP body with as many pieces as the largest message may have."""
    return envelope(piece * ((MOST - len(envelope(""))) // len(piece)))


def colliding(many: int) -> list[str]:
    """Names with one hash value: 31 times A plus b equals 31 times B plus C."""
    pairs = ("Ab", "BC")
    return ["".join(each) for each in itertools.islice(itertools.product(pairs, repeat=14), many)]


def attributes(many: int) -> str:
    """Attributes with distinct names, `many` of them."""
    return " ".join(f'a{n}=""' for n in range(many))


def namespaces(many: int) -> str:
    """Namespace declarations with distinct prefixes, `many` of them."""
    return " ".join(f'xmlns:n{n}="u"' for n in range(many))


def request_with(content: str, primitive: str = "paVerifyPaymentNotice") -> str:
    """A request with this content."""
    return soap_request(primitive, content)


COLLIDING = " ".join(f'{name}="1"' for name in colliding(16_000))
START = "<soapenv:Envelope"
PLAIN = envelope(VERIFY)
LARGE = {
    "siblings in the body": filled("<a/>"),
    "siblings in the request": request_with("<a/>" * 240_000),
    "good siblings in the request": request_with(f"<idPA>{world.ORGANIZATION}</idPA>" * 40_000),
    "siblings with attributes": request_with('<a a="" b="" c="" d=""/>' * 40_000),
    "siblings with namespaces": request_with('<a xmlns:a="u" xmlns:b="v"/>' * 30_000),
    "transfers in a receipt": request_with(
        claim() + receipt(world.nav(1), transferList="<transfer/>" * 80_000), "paSendRTV2"
    ),
    "header entries": envelope(
        VERIFY, header=f"<soapenv:Header>{'<a/>' * 200_000}</soapenv:Header>"
    ),
    "bodies": envelope(f"{VERIFY}</soapenv:Body>" + "<soapenv:Body/>" * 60_000 + "<soapenv:Body>"),
    "attributes": PLAIN.replace("<idPA", f"<idPA {attributes(95_000)}"),
    "attributes, as many as may be": PLAIN.replace("<idPA", f"<idPA {attributes(9_999)}"),
    "attributes that collide": PLAIN.replace("<idPA", f"<idPA {COLLIDING}"),
    "attributes of the envelope": PLAIN.replace(START, f"{START} {attributes(95_000)}"),
    "namespaces": PLAIN.replace(START, f"{START} {namespaces(60_000)}"),
    "namespaces, as many as may be": PLAIN.replace(START, f"{START} {namespaces(9_990)}"),
    "namespaces, and the last of them in use": request_with("<n9989:a/>" * 80_000).replace(
        START, f"{START} {namespaces(9_990)}"
    ),
    "one long text": PLAIN.replace(world.BROKER, "1" * 500_000),
    "one long name": envelope(f"<{'a' * 500_000}></{'a' * 500_000}>"),
    "one long attribute": PLAIN.replace("<idPA", f'<idPA a="{"x" * 1_000_000}"'),
    "comments": PLAIN.replace(world.BROKER, "<!---->" * 140_000, 1),
    "references": PLAIN.replace(f">{world.BROKER}<", f">{'&#49;' * 200_000}<"),
    "depth": envelope("<a>" * 100_000 + "</a>" * 100_000),
    "base64 of siblings": demand(f"<s>{'<a/>' * 180_000}</s>"),
    "base64 of siblings, against a schema": demand(f"<s>{'<a/>' * 180_000}</s>", "00002"),
    "base64 of siblings, all declared": demand(f"<s>{'<importo/>' * 70_000}</s>", "00003"),
    "base64 of depth": demand("<a>" * 100_000 + "</a>" * 100_000),
    "base64 of attributes": demand(f"<s {attributes(75_000)}/>"),
    "base64 of attributes, as many as may be": demand(f"<s {attributes(9_999)}/>"),
    "base64 of namespaced attributes": demand(
        f"<s {namespaces(9_990)} " + " ".join(f'n{n}:a{n}=""' for n in range(9_990)) + "/>"
    ),
    "base64 of digits": demand(f"<service><importo>{'9' * 700_000}</importo></service>", "00003"),
    "digits of an amount": request_with(
        claim() + receipt(world.nav(1), "9" * 450_000 + ".00"), "paSendRTV2"
    ),
    "digits of a fee": request_with(
        claim() + receipt(world.nav(1), fee="9" * 900_000), "paSendRTV2"
    ),
    "digits of a year": request_with(
        claim() + receipt(world.nav(1), paymentDateTime=f"{'9' * 900_000}-01-01T00:00:00"),
        "paSendRTV2",
    ),
    "a pattern almost kept": request_with(claim() + qr("3" * 900_000)),
}  # fmt: skip


@pytest.fixture
def no_collections() -> Iterator[None]:
    """Stop the collections of the garbage collector."""
    # WHY: how long a collection takes, and when, depends on what earlier tests have left.
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collections")
@pytest.mark.parametrize("message", LARGE.values(), ids=LARGE)
def test_largest_message_has_bounded_time_memory_and_answer(face: Wsgi, message: str) -> None:
    """The CPU time is compared with that of a plain megabyte at the same time."""
    assert len(message.encode()) <= MOST
    post(face, envelope(VERIFY))
    before = resident()

    answered = post(face, message)

    assert resident() - before < AT_ONCE
    assert any(multiple(face, message) < TIMES for _ in range(ATTEMPTS))
    assert answered.status in (200, 500)
    assert len(answered.body) < 2000


@pytest.mark.parametrize(
    "name", ["siblings in the request", "depth", "one long text", "namespaces, as many as may be"]
)
def test_memory_after_many_large_messages_is_as_before(face: Wsgi, name: str) -> None:
    """The first round fills caches, and the second adds nothing."""
    for _ in range(ROUNDS):
        post(face, LARGE[name])
    gc.collect()
    before = resident()
    for _ in range(ROUNDS):
        post(face, LARGE[name])
    gc.collect()

    assert resident() - before < LEFT


def multiple(face: Wsgi, message: str) -> float:
    """CPU time of a message in multiples of that of a plain megabyte, taken before and after."""
    plain = plain_megabyte()
    began = time.thread_time()
    post(face, message)
    cpu_time = time.thread_time() - began
    return cpu_time / max(plain, plain_megabyte())


def plain_megabyte() -> float:
    """CPU seconds in which lxml reads a megabyte of elements and lists them."""
    content = b"<a>" + b"<b>text</b>" * (MOST // 11) + b"</a>"
    began = time.thread_time()
    assert len(list(etree.fromstring(content))) == MOST // 11
    return time.thread_time() - began


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """Serve a URL; the URL, and the paths that were requested from it."""
    asked_for: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked_for.append(self.path)

    with http.server.HTTPServer(("127.0.0.1", 0), Trap) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked_for
        server.shutdown()
        thread.join()


def test_external_reference_in_a_message_is_not_resolved(face: Wsgi, tmp_path: Path) -> None:
    """Entities, DTDs, inclusions and schema locations are refused, in the envelope or in base64."""
    secret = tmp_path / "secret"
    secret.write_text("segreto")
    inclusion = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    instance = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    with trap() as (url, asked_for):
        for location in (url, secret.as_uri()):
            fronts = [
                f'<!DOCTYPE x SYSTEM "{location}/dtd">',
                f'<!DOCTYPE x [<!ENTITY e SYSTEM "{location}">]>',
                f'<!DOCTYPE x [<!ENTITY % e SYSTEM "{location}">%e;]>',
            ]
            insides = [
                f'<a {inclusion}><xi:include href="{location}" parse="text"/></a>',
                f'<a {instance} xsi:schemaLocation="{NAMESPACE} {location}">&e;</a>',
                f'<a {instance} xsi:schemaLocation="{NAMESPACE} {location}"/>',
                f'<a {instance} xsi:noNamespaceSchemaLocation="{location}"/>',
            ]
            document = PLAIN.split("?>\n", 1)[1]
            messages = [front + document for front in fronts]
            messages += [PLAIN.replace(world.BROKER, inside) for inside in insides]
            messages += [demand(front + "<a>&e;</a>", "00003") for front in fronts]
            messages += [demand(inside, "00003") for inside in insides]
            for message in messages:
                answered = post(face, message)

                assert b"<outcome>OK" not in answered.body
                assert b"segreto" not in answered.body
    assert asked_for == []


@pytest.mark.parametrize("piece", ["<!---->", "<!-- 9 -->", "<?p 9?>", "<![CDATA[]]>"])
@pytest.mark.parametrize("offset", [1, 10, 17])
def test_notice_number_split_by_markup_is_read_as_a_whole(
    face: Wsgi, store: Store, piece: str, offset: int
) -> None:
    """Store, digest and journal have the number that the sender wrote."""
    number = world.nav(1)
    body = soap_request("paSendRTV2", claim() + receipt(number))
    split = body.replace(number, number[:offset] + piece + number[offset:])

    assert [b"<outcome>OK<" in post(face, each).body for each in (split, body)] == [True, True]
    with store.begin() as connection:
        [stored] = connection.execute(tables.receipt.select()).mappings()
    assert (stored["nav"], stored["kept"], stored["copies"]) == (number, "applied", 2)


TWICE = {
    "element": lambda name, value: f"<{name}>{value}</{name}><{name}>00000000000</{name}>",
    "in itself": lambda name, value: f"<{name}>{value}<{name}>0</{name}></{name}>",
    "an element inside": lambda name, value: f"<{name}>{value[:3]}<b/>{value[3:]}</{name}>",
    "a text after": lambda name, value: f"<{name}>{value}</{name}>00000000000",
    "a namespace": lambda name, value: f'<{name} xmlns="urn:x">{value}</{name}>',
    "an attribute": lambda name, value: f'<{name} value="0">{value}</{name}>',
    "a nil": lambda name, value: (
        f'<{name} xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1">{value}</{name}>'
    ),
}


@pytest.mark.parametrize("name", ["idPA", "fiscalCode", "noticeNumber"])
@pytest.mark.parametrize("shape", TWICE)
def test_ambiguous_element_is_refused_as_breaking_the_schema(
    face: Wsgi, shape: str, name: str
) -> None:
    """It occurs twice, or has an element, a text or an attribute that it must not have."""
    value = {"noticeNumber": world.nav(1)}.get(name, world.ORGANIZATION)
    plain = f"<{name}>{value}</{name}>"
    assert plain in PLAIN

    answered = post(face, PLAIN.replace(plain, TWICE[shape](name, value), 1))

    assert b"PAA_SINTASSI_XSD" in answered.body
    assert value.encode() not in answered.body.replace(b"<id>77777777777</id>", b"")


def header(entry: str) -> str:
    """A SOAP header with this entry."""
    return f"<soapenv:Header>{entry}</soapenv:Header>"


WRAPPED = {
    "the request in a header": (envelope(VERIFY, header=header(OTHER)), True),
    "a whole envelope in a header": (
        envelope(VERIFY, header=header(envelope(OTHER).split("?>\n")[1])),
        True,
    ),
    "a body in a header": (
        envelope(VERIFY, header=header(f"<soapenv:Body>{OTHER}</soapenv:Body>")),
        True,
    ),
    "a body of another namespace": (
        PLAIN.replace("<soapenv:Body>", f'<b:Body xmlns:b="urn:b">{OTHER}</b:Body><soapenv:Body>'),
        True,
    ),
    "a body inside the body": (
        envelope(f"<soapenv:Body>{OTHER}</soapenv:Body>"),
        False,
    ),
    "two requests": (envelope(VERIFY + OTHER), False),
    "a second body before": (
        PLAIN.replace("<soapenv:Body>", f"<soapenv:Body>{OTHER}</soapenv:Body><soapenv:Body>"),
        False,
    ),
    "the request wrapped": (envelope(f"<x:w xmlns:x='urn:x'>{VERIFY}</x:w>"), False),
    "the request in a request": (
        PLAIN.replace("<idPA>", f"{OTHER}<idPA>"),
        False,
    ),
    "by a reference": (envelope('<a href="#1"/>' + VERIFY.replace(">", ' id="1">', 1)), False),
}  # fmt: skip


@pytest.mark.parametrize(("message", "accepted"), WRAPPED.values(), ids=WRAPPED)
def test_wrapped_request_is_never_read_instead_of_the_first_child_of_the_body(
    face: Wsgi, message: str, *, accepted: bool
) -> None:
    """A request in another part of the message is ignored or refused (Messages, rule 1)."""
    answered = post(face, message)

    assert (b"Tributo 1<" in answered.body) is accepted
    assert b"Tributo 6<" not in answered.body


def test_wrapped_receipt_is_not_stored(face: Wsgi, store: Store) -> None:
    """Neither the visible nor the hidden receipt pays a notice."""
    inner = soap_request("paSendRTV2", claim() + receipt(world.nav(1)))
    payload = inner.split("<soapenv:Body>")[1].split("</soapenv:Body>")[0]
    for message in (
        envelope(payload * 2),
        envelope(f"<soapenv:Body>{payload}</soapenv:Body>"),
        envelope(VERIFY, header=header(payload)),
    ):
        post(face, message)

    with store.begin() as connection:
        assert connection.execute(select(func.count()).select_from(tables.receipt)).scalar() == 0
