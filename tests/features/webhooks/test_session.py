"""Requests of a lane go over one connection, as long as the receiver keeps it."""

import socket
import ssl
from pathlib import Path

import pytest
import trustme

from gpd_soap.features.webhooks.client import Client, Identities, Session, Timeouts
from gpd_soap.features.webhooks.exchange import LARGEST_BODY, Request
from gpd_soap.store.store import Store
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import Behave, Received, Receiver, answer, receiving, silent

NAME = "ente.example.it"
MANY = 1000


def client(receiver: Receiver, **identities: dict[str, str]) -> Client:
    """Returns a client that may call the receiver, under any name."""
    return Client(
        receiver.rule,
        Identities(**identities),
        Timeouts(0.5, 2.0),
        resolve=lambda _host, _port: ("127.0.0.1",),
    )


def post(session: Session, receiver: Receiver, number: int, **more: object) -> int | None:
    """Sends a numbered request and returns the status of its answer."""
    request = Request("POST", receiver.url(), {}, str(number).encode())
    return session.send(request._replace(**more)).reply.status  # type: ignore[arg-type]  # the fields of a request


def bodies(receiver: Receiver) -> list[int]:
    """Returns the numbers of the requests that arrived."""
    return [int(each.body) for each in receiver.received]


@pytest.mark.parametrize("is_tls", [False, True], ids=["http", "https"])
def test_requests_of_a_session_go_over_one_connection(tmp_path: Path, *, is_tls: bool):
    """Neither the name is resolved nor TLS is spoken anew."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with receiving(answer(204), context if is_tls else None, MANY) as receiver:
        caller = client(receiver, authorities={"test": str(tmp_path / "authority.pem")})
        with caller.session() as session:
            named = {"authority": "test"} if is_tls else {}
            statuses = [post(session, receiver, number, **named) for number in range(5)]

    assert statuses == [204] * 5
    assert bodies(receiver) == [0, 1, 2, 3, 4]
    assert receiver.connections == 1
    assert {each.headers["connection"] for each in receiver.received} == {"keep-alive"}


@pytest.mark.parametrize(
    ("behave", "requests"),
    [
        (answer(204), 1),
        (answer(200, Connection="close"), MANY),
        (answer(200, b"x" * (LARGEST_BODY + 1)), MANY),
    ],
    ids=["closed", "announced", "with an unread body"],
)
def test_connection_that_may_not_be_used_again_is_left(behave: Behave, requests: int):
    """Each request arrives once, over a connection of its own."""
    with (
        receiving(behave, requests=requests) as receiver,
        client(receiver).session() as session,
    ):
        statuses = [post(session, receiver, number) for number in range(3)]

    assert set(statuses) < {200, 204}
    assert bodies(receiver) == [0, 1, 2]
    assert receiver.connections == 3


def test_request_that_meets_the_end_of_its_connection_is_sent_again():
    """The receiver closed while the request was on its way; the event has the same id again."""

    def behave(connection: socket.socket, received: Received) -> None:
        if receiver.connections == 1 and received.body == b"1":
            connection.shutdown(socket.SHUT_RDWR)
        else:
            answer(204)(connection, received)

    with receiving(behave, requests=MANY) as receiver, client(receiver).session() as session:
        statuses = [post(session, receiver, number) for number in range(3)]

    assert statuses == [204] * 3
    assert bodies(receiver) == [0, 1, 1, 2]
    assert receiver.connections == 2


def test_failure_of_a_new_connection_is_not_repeated():
    """The schedule decides on the next attempt."""
    with receiving(silent, requests=MANY) as receiver, client(receiver).session() as session:
        statuses = [post(session, receiver, number) for number in range(2)]

    assert statuses == [None, None]
    assert bodies(receiver) == [0, 1]


def test_connection_is_of_one_receiver_and_one_identity():
    """Another name is another receiver, also at the same address."""
    with (
        receiving(answer(204), requests=MANY) as receiver,
        client(receiver).session() as session,
    ):
        post(session, receiver, 0)
        post(session, receiver, 1, url=receiver.url(NAME))
        post(session, receiver, 2, url=receiver.url(NAME))
        post(session, receiver, 3, url=receiver.url(NAME), certificate="other")

    assert bodies(receiver) == [0, 1, 2, 3]
    assert receiver.connections == 3


def test_request_without_a_session_closes_its_connection():
    """The test of a subscription is one, or a parked event."""
    with receiving(answer(204), requests=MANY) as receiver:
        for number in range(2):
            request = Request("POST", receiver.url(), {}, str(number).encode())
            assert client(receiver).send(request).reply.status == 204

    assert receiver.connections == 2
    assert {each.headers["connection"] for each in receiver.received} == {"close"}


def test_events_of_a_lane_go_over_one_connection(quick_store: Store):
    """A connection for each event would cost a handshake for each."""
    with receiving(answer(204), requests=MANY) as receiver:
        harness = Harness(quick_store, receiver)
        harness.happen("A", "B", "C", "D")
        harness.deliver()

    assert len(receiver.received) == 4
    assert receiver.connections == 1
