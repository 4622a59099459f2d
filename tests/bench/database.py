"""Databases full of payable notices, on PostgreSQL and SQLite, as durable as in production."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    FromClause,
    Insert,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from gpd_soap.core import rome
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.node.settlement import PAID
from gpd_soap.store.store import Store
from tests import world
from tests.bench.notices import SECOND_TRANSFER

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
DUE = rome.end_of_day(date(2199, 12, 31))

SERIES = {
    "postgresql": "SELECT i FROM generate_series(1, :last) AS each(i)",
    "sqlite": """WITH RECURSIVE each(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM each
                 WHERE i < :last) SELECT i FROM each""",
}
#: Aux digit 3, segregation code 01, the serial, and its check digits (see gpd_soap.core.notice).
NUMBERED = """CREATE TEMPORARY TABLE numbered AS SELECT i, CAST((3010000000000000 + i) * 100
  + (3010000000000000 + i) % 93 AS varchar(18)) AS nav FROM ({series}) AS series"""
numbered = Table("numbered", MetaData(), Column("i", BigInteger), Column("nav", String(18)))


def fill(url: str, positions: int) -> None:
    """Make a database with this many payable notices, each in its position, with two transfers."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        without_statement_timeout(connection)
        _configure(connection)
        series = SERIES[connection.dialect.name]
        # WHY: PostgreSQL takes no parameter in CREATE TABLE AS.
        connection.execute(text(NUMBERED.format(series=series.replace(":last", str(positions)))))
        for statement in _rows():
            connection.execute(statement)
    tidy(store)
    store.close()


def renew(url: str) -> None:
    """Make every notice payable again and delete the receipts, as if nothing had been paid."""
    store, option = Store(url), tables.payment_option
    with store.begin() as connection:
        without_statement_timeout(connection)
        connection.execute(delete(tables.receipt))
        paid = update(option).where(option.c.paid_at.is_not(None))
        connection.execute(paid.values(dict.fromkeys(set(PAID) - {"updated_at"})))
    tidy(store)
    store.close()


def lost(url: str, taken: Iterable[int]) -> int:
    """Return how many of these notices are not paid by a receipt that is stored with its bytes."""
    option, receipt = tables.payment_option.c, tables.receipt.c
    paid = (
        select(option.nav)
        .join(
            tables.receipt,
            (receipt.organization == option.organization)
            & (receipt.receipt_id == option.receipt_id)
            & (receipt.nav == option.nav),
        )
        .where(option.paid_at.is_not(None), func.length(receipt.raw) > 0)
    )
    store = Store(url)
    with store.begin() as connection:
        without_statement_timeout(connection)
        stored = set(connection.scalars(paid))
    store.close()
    return sum(world.nav(serial) not in stored for serial in taken)


def _configure(connection: Connection) -> None:
    configuration.put_organization(connection, world.ORGANIZATION, world.NAME)
    configuration.put_broker(connection, world.BROKER)
    configuration.put_station(connection, world.STATION, world.BROKER)
    configuration.put_serving(connection, world.ORGANIZATION, world.STATION, "01")


def _rows() -> list[Insert]:
    serial, nav = numbered.c.i, numbered.c.nav
    iupd = literal("IUPD-", String).concat(func.cast(serial, String))
    amount = 2000 + serial % 8000
    own = {"organization": world.ORGANIZATION}
    common = {**own, "nav": nav, "beneficiary": world.ORGANIZATION, "company_name": world.NAME,
             "category": "0101002IM"}  # fmt: skip
    return [
        _all(
            tables.position, **own, iupd=iupd, published_at=SINCE, company_name=world.NAME,
            debtor_kind=world.DEBTOR.kind, debtor_code=world.DEBTOR.code,
            debtor_full_name=world.DEBTOR.full_name, created_at=SINCE, updated_at=SINCE,
        ),
        _all(
            tables.payment_option, **own, nav=nav, iupd=iupd, iuv=func.substr(nav, 2),
            amount=amount, due_at=DUE, switch_to_expired=True, updated_at=SINCE,
            description=literal("Tributo ", String).concat(func.cast(serial, String)),
        ),
        _all(tables.transfer, **common, number=1, amount=amount - SECOND_TRANSFER, iban=world.BANK,
             remittance_information="Versamento 1"),
        _all(tables.transfer, **common, number=2, amount=SECOND_TRANSFER, iban=world.SECOND_BANK,
             remittance_information="Versamento 2"),
    ]  # fmt: skip


def _all(table: Table, **values: Any) -> Insert:
    """Return an insert of one row for each serial; a plain value is the same in each."""
    columns = [
        value if hasattr(value, "compile") else literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    source: FromClause = numbered
    return insert(table).from_select(list(values), select(*columns).select_from(source))


def tidy(store: Store) -> None:
    """Do the database's maintenance now, so that it takes no measured time."""
    pooled = store.engine.raw_connection()
    driver: Any = pooled.driver_connection
    if store.engine.dialect.name == "postgresql":
        # WHY: maintenance takes longer than the program's time limit; psycopg's own wait has none.
        del driver.wait
        driver.autocommit = True
        driver.execute("SET statement_timeout = 0")
        driver.execute("VACUUM ANALYZE")
        driver.execute("CHECKPOINT")
    else:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pooled.detach()
    driver.close()
