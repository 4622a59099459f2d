"""What the tests of the notices' pages share: numbers of the demo, and forms."""

import html
import re
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from gpd_soap.core.faults import Refusal
from gpd_soap.store import tables
from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.journal.writer import write_entries
from tests.console.harness import ORGANIZATION, Console

ORG = f"/console/{ORGANIZATION}"
SINGLE, INSTALLMENT, AT_ONCE = "347000000000000124", "347000000000000225", "347000000000000528"
EXPIRED, WITHDRAWN, PAID = "347000000000001033", "347000000000001235", "347000000000001336"
DRAFT, FUTURE, PAST_DUE = "347000000000001437", "347000000000001538", "301000000000001154"
TWO = "301000000000000649"
NAME, CODE = "Maria Esempio", "RSSMRA00A01A000K"


def one(nav: str) -> str:
    """Return the address of a notice."""
    return f"{ORG}/notices/{nav}"


def text(answer: TestResponse) -> str:
    """Return what a page says, without markup and with single blanks."""
    page = answer.get_data(as_text=True).partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def etag(client: FlaskClient, nav: str) -> str:
    """Return the ETag that the forms of a notice carry."""
    page = client.get(one(nav)).get_data(as_text=True)
    match = re.search(r'name="etag" value="([^"]+)"', page)
    assert match is not None
    return html.unescape(match[1])


def send(client: FlaskClient, nav: str, action: str, **fields: str) -> TestResponse:
    """Send a form of a notice as its page has it now."""
    given = {"etag": fields.pop("etag", "") or etag(client, nav), **fields}
    return client.post(f"{one(nav)}/{action}", data=given)


def option_of(console: Console, nav: str) -> Any:
    """Return the row of a notice."""
    option = tables.payment_option.c
    with console.store.reading() as connection:
        statement = select(tables.payment_option).where(
            option.organization == ORGANIZATION, option.nav == nav
        )
        return connection.execute(statement).one()


def position_of(console: Console, iupd: str) -> Any:
    """Return the row of a position."""
    position = tables.position.c
    with console.store.reading() as connection:
        statement = select(tables.position).where(
            position.organization == ORGANIZATION, position.iupd == iupd
        )
        return connection.execute(statement).one()


def events_of(console: Console, iupd: str) -> list[Any]:
    """Return the events of a position, the oldest first."""
    event = tables.event.c
    with console.store.reading() as connection:
        statement = select(tables.event).where(event.subject == iupd).order_by(event["at"])
        return list(connection.execute(statement))


def audit_of(console: Console) -> list[Any]:
    """Return the rows of the audit."""
    console.store.access_trail.flush()
    with console.store.reading() as connection:
        return list(connection.execute(select(tables.audit)))


def ask(
    console: Console,
    nav: str,
    minutes_ago: int,
    refusal: Refusal | None = None,
    operation: str = "paVerifyPaymentNotice",
) -> None:
    """Write an exchange with the Node to the journal."""
    entry = Entry(
        ORGANIZATION, console.now - timedelta(minutes=minutes_ago), minutes_ago, 7000, "node",
        operation, "15376371009", "15376371009_01", nav, None, None, None, None,
        "OK" if refusal is None else "KO", "-" if refusal is None else refusal.fault.code,
        "payable" if refusal is None else refusal.rule, 200, None,
    )  # fmt: skip
    with console.store.begin() as connection:
        write_entries(connection, [entry])
