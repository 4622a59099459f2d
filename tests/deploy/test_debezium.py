"""The table of events as an outbox: read through PostgreSQL's logical decoding, each event once."""

import json
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from gpd_soap.store import tables
from gpd_soap.store.events import numbering
from gpd_soap.store.journal import purge
from gpd_soap.store.journal.partitions import add_months, drop_month, ensure_months
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.store import Store
from tests.postgres import Postgres
from tests.store import samples
from tests.store.samples import ACTOR, NOW, ORGANIZATION, OTHER, option, position, receipt

FOLDER = Path(__file__).parents[2] / "deploy" / "debezium"
SLOT, PUBLICATION = "gpd_events", "gpd_events"
CONNECTOR: dict[str, str] = json.loads((FOLDER / "connector.json").read_text("utf-8"))["config"]
ROUTER = "transforms.outbox."


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Yields a server of this module's own whose log can be decoded."""
    made = Postgres()
    made.settings = {"wal_level": "logical", "max_wal_senders": "4"}
    with made:
        yield made


@pytest.fixture
def store(server: Postgres) -> Iterator[Store]:
    """Yields a store with the publication and a slot that reads from now on."""
    url = server.create_database("outbox")
    samples.prepare(url)
    with closing(Store(url)) as made:
        with made.begin() as connection:
            connection.execute(text((FOLDER / "publication.sql").read_text("utf-8")))
        with server.connect("outbox") as connection:
            connection.execute(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")
        yield made
    with server.connect("outbox") as connection:
        connection.execute(f"SELECT pg_drop_replication_slot('{SLOT}')")
    server.drop_database("outbox")


def decoded(server: Postgres) -> list[dict[str, str | None]]:
    """Returns the rows that the publication has sent since the last call, in order of commits."""
    statement = (
        "SELECT data FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL,"
        " 'proto_version', '1', 'publication_names', %s)"
    )
    with server.connect("outbox") as connection:
        messages = [row[0] for row in connection.execute(statement, (SLOT, PUBLICATION))]
    relations: dict[int, tuple[str, list[str]]] = {}
    rows = []
    for message in messages:
        kind, rest = message[:1], message[1:]
        if kind == b"R":
            number, name, columns = relation_of(rest)
            relations[number] = name, columns
        elif kind == b"I":
            name, columns = relations[struct.unpack(">I", rest[:4])[0]]
            assert name == "public.event"
            rows.append(dict(zip(columns, values_of(rest[5:]), strict=True)))
        else:
            assert kind in (b"B", b"C"), f"{kind!r} is published"
    return rows


def relation_of(message: bytes) -> tuple[int, str, list[str]]:
    """Returns number, name and columns of a relation.  SPEC: PostgreSQL, Message Formats."""
    number = struct.unpack(">I", message[:4])[0]
    schema, name, rest = message[4:].split(b"\0", 2)
    count = struct.unpack(">H", rest[1:3])[0]
    columns, rest = [], rest[3:]
    for _ in range(count):
        column, rest = rest[1:].split(b"\0", 1)
        columns.append(column.decode())
        rest = rest[8:]
    return number, f"{schema.decode()}.{name.decode()}", columns


def values_of(message: bytes) -> list[str | None]:
    """Returns the values of a tuple, as text."""
    count = struct.unpack(">H", message[:2])[0]
    values: list[str | None] = []
    rest = message[2:]
    for _ in range(count):
        kind, rest = rest[:1], rest[1:]
        if kind == b"t":
            size = struct.unpack(">I", rest[:4])[0]
            values.append(rest[4 : 4 + size].decode())
            rest = rest[4 + size :]
        else:
            assert kind == b"n"
            values.append(None)
    return values


def stored(store: Store) -> set[str]:
    """Returns the ids of all events."""
    with store.reading() as connection:
        return set(connection.execute(select(tables.event.c.id)).scalars())


def ids(rows: list[dict[str, str | None]]) -> list[str]:
    """Returns the ids of decoded events."""
    return [str(each["id"]) for each in rows]


def event(organization: str, instant: datetime, number: int) -> dict[str, Any]:
    """Returns the row of an event of an instant."""
    return {
        "organization": organization,
        "subject": "P",
        "at": instant,
        "id": f"evt_{number:032x}",
        "type": "position.updated",
        "actor_kind": "job",
        "actor": "j",
        "data": {"n": number},
    }


def test_each_event_is_decoded_once_and_its_numbering_is_not(server: Postgres, store: Store):
    """Events of positions, receipts and another organization, in the order of their commits."""
    samples.add(store, *(position(str(n), option(n)) for n in range(1, 6)))
    samples.add(store, position("9", option(9), organization=OTHER))
    numbering.number_all(store)
    for serial in range(1, 6):
        samples.take(store, receipt(serial))
    with store.begin() as connection:
        old = stored_positions.read(connection, ORGANIZATION, "1", lock=True)
        assert old is not None
        change.withdraw(connection, old, ACTOR, NOW)
    assert numbering.number_all(store) > 0

    rows = decoded(server)

    assert len(ids(rows)) == len(set(ids(rows)))
    assert set(ids(rows)) == stored(store)
    assert {each["sequence"] for each in rows} == {None}
    of_first = [each["type"] for each in rows if each["subject"] == "1"]
    assert of_first == ["position.created", "receipt.applied", "position.withdrawn"]
    assert decoded(server) == []


def test_undone_change_is_not_decoded(server: Postgres, store: Store):
    """An event is in the transaction of its change."""
    with store.engine.connect() as connection:
        connection.execute(insert(tables.event), [event(ORGANIZATION, NOW, 1)])
        connection.rollback()

    assert decoded(server) == []


def test_months_that_come_move_and_go_tell_nothing_twice(server: Postgres, store: Store):
    """Rows of `event_rest` move to a new month; old ones are deleted, or dropped with a month."""
    now = datetime.now(UTC)
    far = datetime.combine(add_months(now.date(), 5), datetime.min.time(), UTC) + timedelta(days=3)
    instants = [now, now - timedelta(days=400), far, far]
    with store.begin() as connection:
        rows = [event(ORGANIZATION, each, n) for n, each in enumerate(instants)]
        connection.execute(insert(tables.event), rows)
    first = decoded(server)
    with store.begin() as connection:
        ensure_months(connection, far)
    with store.begin() as connection:
        connection.execute(insert(tables.event), [event(ORGANIZATION, far, 9)])
    numbering.number_all(store)
    assert purge.purge(store, now - timedelta(days=300), tables.event) == 1
    with store.begin() as connection:
        assert drop_month(connection, add_months(far.date(), 0), "event") == 3

    assert sorted(ids(first)) == [f"evt_{n:032x}" for n in range(4)]
    assert ids(decoded(server)) == [f"evt_{9:032x}"]


def test_connector_names_columns_of_the_table(store: Store):
    """A misspelled column would stop the connector."""
    columns = set(tables.event.c.keys())
    placed = CONNECTOR[f"{ROUTER}table.fields.additional.placement"].split(",")
    named = {CONNECTOR[f"{ROUTER}table.field.event.{each}"] for each in ("id", "key", "payload")}
    named |= {each.split(":")[0] for each in placed}
    named.add(CONNECTOR[f"{ROUTER}route.by.field"])
    with store.reading() as connection:
        published = text("SELECT pubname, pubinsert, pubupdate, pubdelete FROM pg_publication")
        [publication] = connection.execute(published).all()

    assert named <= columns
    assert columns - named == {"sequence", "ordinal", "actor_kind", "actor"}
    assert tuple(publication) == (CONNECTOR["publication.name"], True, False, False)
    assert CONNECTOR["slot.name"] == SLOT
