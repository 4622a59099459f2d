"""Invented organizations, positions and receipts for the store's tests, and the settling loop.

The module does not import SOAP, so that the processes of a race start quickly.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import Debtor, NodeRoute, Transfer
from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.notice import issue
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.receipt import Receipt, Verdict, settle
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.database.errors import Contended
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.positions import insert as insert_position
from gpd_soap.store.positions import read as read_position
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import ATTEMPTS

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
ORGANIZATION, OTHER, STRANGER = "77777777777", "88888888888", "99999999999"
ROUTE = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
ACTOR = Actor(ActorKind.KEY, "k-1")
RAW = b"<receipt>as it came</receipt>"


def prepare(url: str) -> None:
    """Creates every table of a database, and our configuration."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, "Comune di Esempio")
        configuration.put_organization(connection, OTHER, "Provincia di Esempio")
        configuration.put_broker(connection, ROUTE.broker)
        configuration.put_station(connection, ROUTE.station, ROUTE.broker)
        configuration.put_serving(connection, ORGANIZATION, ROUTE.station, "01")
    store.close()


def entry_of(exchange: ExchangeRecord) -> Entry:
    """Returns the journal entry of one exchange."""
    return entries_of([exchange])[0]


def nav(serial: int) -> str:
    """Returns the notice number with this serial."""
    return issue("01", serial).nav


def transfer(number: int = 1, amount: int = 10000) -> Transfer:
    """Returns a transfer to our account."""
    return Transfer(
        *(number, amount, ORGANIZATION, None, "IT60X0542811101000000123456", None, None),
        *(f"Versamento {number}", "0101002IM", ()),
    )


def option(serial: int, *transfers: Transfer, **more: Any) -> NewOption:
    """Returns a notice of 100 euros, payable now unless fields are given."""
    transfers = transfers or (transfer(),)
    fields: dict[str, Any] = {
        "nav": nav(serial),
        "iuv": nav(serial)[1:],
        "amount": sum(each.amount for each in transfers),
        "description": f"Tributo {serial}",
        "plan": None,
        "valid_from": None,
        "due_at": TOMORROW,
        "switch_to_expired": True,
        "retention_at": None,
        "last_payment": None,
        "metadata": (),
        "transfers": transfers,
    }
    return NewOption(**{**fields, **more})


def position(iupd: str, *options: NewOption, **more: Any) -> NewPosition:
    """Returns a position, published unless fields are given."""
    fields: dict[str, Any] = {
        "organization": ORGANIZATION,
        "iupd": iupd,
        "debtor": Debtor("F", "RSSMRA00A01A000A", "Maria Esempio"),
        "region": None,
        "phone": None,
        "company_name": "Comune di Esempio",
        "office_name": None,
        "pay_stand_in": True,
        "published_at": YESTERDAY,
        "withdrawn_at": None,
        "options": options,
    }
    return NewPosition(**{**fields, **more})


def receipt(serial: int, **more: Any) -> Receipt:
    """Returns the receipt `r-<serial>` of a notice, of 100 euros unless fields are given."""
    fields: dict[str, Any] = {
        "route": ROUTE,
        "receipt_id": f"r-{serial}",
        "digest": f"content of r-{serial}",
        "issuer": ORGANIZATION,
        "nav": nav(serial),
        "iuv": nav(serial)[1:],
        "outcome": "OK",
        "amount": 10000,
        "psp": "ABI00000",
        "psp_name": "Banca di Esempio",
        "psp_fiscal_code": "00000000191",
        "channel": "00000000191_01",
        "method": "creditCard",
        "fee": 150,
        "paid_at": YESTERDAY,
        "stand_in": False,
        "debtor_code": "RSSMRA00A01A000A",
    }
    return Receipt(**{**fields, **more})


def add(store: Store, *added: NewPosition) -> None:
    """Inserts positions in a transaction."""
    with store.begin() as connection:
        insert_position.add(connection, added, NOW, ACTOR)


def take(store: Store, received: Receipt, now: datetime = NOW) -> Verdict:
    """Settles a receipt as `NodeService` does: reads, decides, writes, and retries if too slow."""
    for _ in range(ATTEMPTS):
        facts = store.receipt_facts(received)
        verdict = settle(received, facts, now)
        if store.settle(received, facts, verdict, primitive="paSendRTV2", raw=RAW, now=now):
            return verdict
    raise Contended("a receipt's position kept changing")


def statuses(store: Store) -> dict[tuple[str, int], tuple[str, str, int]]:
    """Returns the status, reasons and copies of each receipt, by receiptId and variant."""
    table = tables.receipt.c
    statement = select(table.receipt_id, table.variant, table.kept, table.reasons, table.copies)
    with store.begin() as connection:
        rows = connection.execute(statement).all()
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def etag(store: Store, iupd: str) -> str:
    """Returns the ETag of a position."""
    with store.begin() as connection:
        read = read_position.read(connection, ORGANIZATION, iupd)
    assert read is not None
    return read.etag


def paid(store: Store) -> dict[str, str | None]:
    """Returns the receiptId of each paid notice, by NAV."""
    table = tables.payment_option.c
    statement = select(table.nav, table.receipt_id).where(table.paid_at.is_not(None))
    with store.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}
