"""The database access of the floor and of stock Spyne: one prepared statement, by hand.

It reads the same facts as gpd_soap (configuration, position, option, alternatives, transfers), and
only the columns that the answers need.  A receipt is one transaction of two statements.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from lxml import etree
from sqlalchemy import make_url

Row = tuple[Any, ...]

NOTICE = """
SELECT {columns}
  FROM organization_station AS serves
  JOIN station ON station.id = serves.station AND station.broker = %s
  JOIN payment_option AS o ON o.organization = serves.organization
  JOIN position AS p ON p.organization = o.organization AND p.iupd = o.iupd
  {transfers}
 WHERE serves.station = %s AND serves.organization = %s AND o.nav = %s
   AND p.published_at IS NOT NULL AND p.withdrawn_at IS NULL
   AND o.paid_at IS NULL AND o.reported_at IS NULL
   AND (NOT o.switch_to_expired OR o.due_at >= now())
   AND NOT EXISTS (
     SELECT 1 FROM payment_option AS x
      WHERE x.organization = o.organization AND x.iupd = o.iupd AND x.nav <> o.nav
        AND (x.paid_at IS NOT NULL OR x.reported_at IS NOT NULL)
        AND (x.plan IS NULL OR o.plan IS NULL OR x.plan <> o.plan))
 {order}"""

VERIFY = NOTICE.format(
    columns="""o.amount, o.due_at, o.description, p.company_name, NOT EXISTS (
      SELECT 1 FROM transfer AS t
       WHERE t.organization = o.organization AND t.nav = o.nav AND t.postal_iban IS NULL)""",
    transfers="",
    order="",
)
PAYMENT = NOTICE.format(
    columns="""o.iuv, o.amount, o.due_at, o.description, p.company_name, p.debtor_kind,
      p.debtor_code, p.debtor_full_name, t.number, t.amount, t.beneficiary, t.company_name, t.iban,
      t.remittance_information, t.category""",
    transfers="JOIN transfer AS t ON t.organization = o.organization AND t.nav = o.nav",
    order="ORDER BY t.number",
)

#: The columns of a receipt that the message has, with their paths in it.
FROM_MESSAGE = {
    "organization": "idPA", "broker": "idBrokerPA", "station": "idStation",
    "receipt_id": "receipt/receiptId", "issuer": "receipt/fiscalCode",
    "nav": "receipt/noticeNumber", "iuv": "receipt/creditorReferenceId",
    "outcome": "receipt/outcome", "psp": "receipt/idPSP",
    "psp_name": "receipt/PSPCompanyName", "psp_fiscal_code": "receipt/pspFiscalCode",
    "channel": "receipt/idChannel", "method": "receipt/paymentMethod",
    "paid_at": "receipt/paymentDateTime",
    "debtor_code": "receipt/debtor/uniqueIdentifier/entityUniqueIdentifierValue",
}  # fmt: skip
MADE = ("amount", "fee", "digest", "received_at", "last_received_at", "raw")
CONSTANT = {
    "variant": "0", "copies": "1", "kept": "'applied'", "reasons": "''",
    "primitive": "'paSendRTV2'", "stand_in": "false",
}  # fmt: skip
KEEP = (
    f"INSERT INTO receipt ({', '.join([*FROM_MESSAGE, *MADE, *CONSTANT])})"  # noqa: S608  # our own names
    f" VALUES ({', '.join(['%s'] * (len(FROM_MESSAGE) + len(MADE)) + list(CONSTANT.values()))})"
)
AMOUNTS = ("receipt/paymentAmount", "receipt/fee")
PAY = """UPDATE payment_option SET paid_at = %s, updated_at = %s, receipt_id = %s,
  payment_date = %s, payment_method = %s, psp = %s, psp_name = %s, psp_fiscal_code = %s, fee = %s
  WHERE organization = %s AND nav = %s"""
PAID_BY = ("receipt_id", "paid_at", "method", "psp", "psp_name", "psp_fiscal_code")


class NoticeQuery(NamedTuple):
    """The notice of a question and its route, in the order of the statements' parameters."""

    broker: str
    station: str
    organization: str
    nav: str


class Queries:
    """One connection for each thread, held open."""

    def __init__(self, address: str) -> None:
        """`address` is SQLAlchemy's URL; nothing is opened yet."""
        self._url, self._mine = make_url(address), threading.local()
        self._sqlite = self._url.drivername == "sqlite"

    def verify(self, query: NoticeQuery) -> Row:
        """Return amount, due instant, description, company name, allCCP."""
        row: Row = self._cursor().execute(VERIFY, query).fetchone()
        return row

    def payment(self, query: NoticeQuery) -> list[Row]:
        """Return one row for each transfer, which begins with the columns of the notice."""
        rows: list[Row] = self._cursor().execute(PAYMENT, query).fetchall()
        return rows

    def store_receipt(self, payload: etree._Element, raw: bytes) -> None:
        """Store a receipt and mark its notice paid, durably."""
        texts = {name: payload.findtext(path) for name, path in FROM_MESSAGE.items()}
        amount, fee = (_cents(payload.findtext(path)) for path in AMOUNTS)
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        made = (amount, fee, hashlib.sha256(raw).hexdigest(), now, now, raw)
        with self._transaction() as run:
            run(KEEP, (*texts.values(), *made))
            run(PAY, (now, now, *(texts[name] for name in PAID_BY), fee,
                      texts["organization"], texts["nav"]))  # fmt: skip

    @contextmanager
    def _transaction(self) -> Iterator[Callable[[str, Row], Any]]:
        cursor = self._cursor()
        if not self._sqlite:
            with cursor.connection.transaction():
                yield cursor.execute
            return
        cursor.execute("BEGIN IMMEDIATE")
        yield lambda statement, values: cursor.execute(statement.replace("%s", "?"), values)
        cursor.execute("COMMIT")

    def _cursor(self) -> Any:
        cursor = getattr(self._mine, "cursor", None)
        if cursor is None:
            cursor = self._mine.cursor = self._opened().cursor()
        return cursor

    def _opened(self) -> Any:
        if self._sqlite:
            # WHY: SQLite lets a writer starve; gpd_soap would answer 503, and the floor waits.
            connection = sqlite3.connect(str(self._url.database), timeout=60, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            return connection
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(
            address, autocommit=True, prepare_threshold=0, options="-c timezone=UTC"
        )


def _cents(text: str | None) -> int | None:
    return None if text is None else int(text.replace(".", ""))
