"""Invented organizations, positions and receipts for the store's tests, and the desk's one loop.

Nothing of SOAP is imported, so that a process of a race starts quickly.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

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
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import ATTEMPTS

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
ORGANIZATION, OTHER, STRANGER = "77777777777", "88888888888", "99999999999"
CLAIM = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
RAW = b"<receipt>as it came</receipt>"


def prepare(url: str) -> None:
    """Make a database with every table and our configuration."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, "Comune di Esempio")
        configuration.put_organization(connection, OTHER, "Provincia di Esempio")
        configuration.put_broker(connection, CLAIM.broker)
        configuration.put_station(connection, CLAIM.station, CLAIM.broker)
        configuration.put_serving(connection, ORGANIZATION, CLAIM.station, "01")
    store.close()


def entry_of(told: ExchangeRecord) -> Entry:
    """What is kept of one exchange."""
    return entries_of([told])[0]


def nav(serial: int) -> str:
    """The number of the notice that a test calls by this serial."""
    return issue("01", serial).nav


def share(number: int = 1, amount: int = 10000) -> Transfer:
    """One transfer to our account."""
    return Transfer(
        *(number, amount, ORGANIZATION, None, "IT60X0542811101000000123456", None, None),
        *(f"Versamento {number}", "0101002IM", ()),
    )


def option(serial: int, *shares: Transfer, **more: Any) -> NewOption:
    """One notice of 100 euros, payable now unless said otherwise."""
    transfers = shares or (share(),)
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
    """One position, published unless said otherwise."""
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
    """The receipt `r-<serial>` of a notice, over 100 euros unless said otherwise."""
    fields: dict[str, Any] = {
        "claim": CLAIM,
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


def add(store: Store, *wanted: NewPosition) -> None:
    """Keep positions in a transaction of their own."""
    with store.begin() as connection:
        positions.add(connection, wanted, NOW)


def take(store: Store, taken: Receipt, now: datetime = NOW) -> Verdict:
    """Settle a receipt as the desk does: ask, decide, write, and again while others are faster."""
    for _ in range(ATTEMPTS):
        known = store.known(taken)
        verdict = settle(taken, known, now)
        if store.settle(taken, known, verdict, primitive="paSendRTV2", raw=RAW, now=now):
            return verdict
    raise Contended("a receipt's position kept changing")


def kept(store: Store) -> dict[tuple[str, int], tuple[str, str, int]]:
    """How each receipt is kept, why, and how often it came, by receiptId and variant."""
    table = tables.receipt.c
    asked = select(table.receipt_id, table.variant, table.kept, table.reasons, table.copies)
    with store.begin() as connection:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(asked)}


def mark(store: Store, iupd: str) -> str:
    """What a position is marked with now, for whoever means to change it."""
    with store.begin() as connection:
        read = admin_positions.read(connection, ORGANIZATION, iupd)
    assert read is not None
    return read.etag


def paid(store: Store) -> dict[str, str | None]:
    """The receiptId on each notice that is paid."""
    table = tables.payment_option.c
    asked = select(table.nav, table.receipt_id).where(table.paid_at.is_not(None))
    with store.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(asked)}
