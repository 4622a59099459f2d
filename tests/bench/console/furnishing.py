"""What a town has a few of: operators, files of positions, and messages that are opened."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.soap import stored
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.journal.entries import EntryKey
from gpd_soap.store.store import Store
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.validation.queries.operators import NewOperator
from tests import world
from tests.bench.console.town import Town
from tests.console import harness, working
from tests.console import loads as sending
from tests.usecases.loads.files import as_csv, line

#: Rows of the file that is tried and loaded, of which one in 50 is wrong; files in the list.
ROWS, FILES = 2000, 300
COLLEAGUES = 40
#: Receipts and cases of each kind that are opened: their messages are as the Node sends them.
OPENED = 20
KINDS = ("applied", "double", "review", "unmatched")
#: A service for spontaneous payments, with its subject, kind and settings.
SERVICE = ("00001", "00009", "declared", world.SERVICES[0][2])


class Things(NamedTuple):
    """The ids of what is opened."""

    load: str
    receipts: tuple[str, ...]
    cases: tuple[str, ...]
    messages: tuple[str, ...]
    entries: tuple[str, ...]
    invitation: str


def furnish(store: Store, town: Town) -> Things:
    """Add operators, files and whole messages to a town, and return what is there to be opened."""
    for name, rights in harness.PEOPLE.items():
        harness.add_operator(store, name, rights)
    for number in range(COLLEAGUES):
        rights = (Role.READER, (world.ORGANIZATION,), frozenset())
        harness.add_operator(store, f"colleague{number}", rights)
    load = _load(store, town)
    with store.begin() as connection:
        configuration.put_service(connection, world.ORGANIZATION, *SERVICE)
        opened = list(_messages(connection))
        entries = tuple(_entries(connection))
        quarantine = tables.quarantine.c
        digests = connection.scalars(select(quarantine.digest).limit(5)).all()
    receipts = tuple(reference for kind, reference in opened if kind == KINDS[0])
    cases = tuple(reference for kind, reference in opened if kind != KINDS[0])
    messages = tuple(case_id(CaseKey(digest, None)) for digest in digests)
    return Things(load, receipts, cases, messages, entries, _invitation(store, town))


def _load(store: Store, town: Town) -> str:
    """Load a file through the console, put hundreds like it into the list; return its id."""
    console = harness.Console(store)
    console.now = town.now
    client = console.client("writer")
    due = {"scadenza": f"{town.now + timedelta(days=200):%d/%m/%Y}"}
    bad = {"codice_fiscale": "0123456789"}
    lines = [line(n, **due, **(bad if n % 50 == 0 else {})) for n in range(1, ROWS + 1)]
    address = sending.tried(console, client, as_csv(lines))
    reading = sending.reading_in(client.get(address).text)
    assert client.post(f"{address}/load", data={"reading": reading}).status_code == 303
    while sending.work(console):
        pass
    load = address.rpartition("/")[2]
    with store.begin() as connection:
        row: dict[str, Any] = dict(
            connection.execute(select(tables.load).where(tables.load.c.id == load)).mappings().one()
        )
        copies = [
            {
                **row,
                "id": f"{load[:30]}_{n}",
                "created_at": town.now - timedelta(days=n),
                "job": None,
            }
            for n in range(1, FILES)
        ]
        connection.execute(tables.load.insert(), copies)
    return load


def _messages(connection: Connection) -> Iterator[tuple[str, str]]:
    """Give some receipts of each status their whole message, and yield status and id."""
    receipt = tables.receipt.c
    for kind in KINDS:
        statement = (
            select(receipt.receipt_id, receipt.nav, receipt.amount, receipt.received_at)
            .where(receipt.organization == world.ORGANIZATION, receipt.kept == kind)
            .order_by(receipt.received_at.desc())
            .limit(OPENED)
        )
        for row in connection.execute(statement).all():
            euros = f"{row.amount // 100}.{row.amount % 100:02}"
            raw = working.message(row.received_at, row.nav, euros, row.receipt_id)
            of_receipt = update(tables.receipt).where(
                receipt.organization == world.ORGANIZATION, receipt.receipt_id == row.receipt_id
            )
            payload = open_envelope(raw, None)
            assert not isinstance(payload, NotSoap)
            connection.execute(of_receipt.values(raw=raw, digest=stored._digest(payload)))
            yield kind, row.receipt_id


def _entries(connection: Connection) -> Iterator[str]:
    """Yield the ids of some of the journal's entries, from the newest to old ones."""
    entry = tables.journal.c
    newest = select(entry["at"], entry.id).where(entry.organization == world.ORGANIZATION)
    for row in connection.execute(newest.order_by(entry["at"].desc()).limit(1000)).all()[::50]:
        yield EntryKey(*row).reference


def _invitation(store: Store, town: Town) -> str:
    """Invite somebody who has not accepted yet, and return the token of the link."""
    new = NewOperator.model_validate(
        {"name": "Carla Inventata", "role": "reader", "organizations": [world.ORGANIZATION],
         "scopes": []}
    )  # fmt: skip
    return Operators(store, secrets.token_bytes).invite(new, "admin", town.now)[1]
