"""A town of millions of positions: three years of notices, payments, cases, exchanges and people.

All of it is invented.  The first positions are those of `tests.bench.database`, which the load on
the node face asks for; the console's pages are about the others.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateIndex

from gpd_soap.core import rome
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import building, engine
from gpd_soap.store.database.sqlite_statistics import assume_large_tables
from gpd_soap.store.journal.partitions import add_months, ensure_months
from gpd_soap.store.store import Store
from tests import world
from tests.bench import database
from tests.bench.console import statements

#: Positions of the load on the node face: so many of a large town, a tenth of a small one.
MOST_PLAIN = 100_000
#: Days of creations; notices due on one day come every `CAMPAIGN` days, the next in ten days.
DAYS = 1095
ORGANIZATIONS = 30
COMMON = ("Rossi", "Ferrari", "Russo", "Bianchi", "Romano", "Gallo", "Costa", "Fontana", "Conti",
          "Esposito", "Ricci", "Bruno", "De Luca", "Moretti", "Marino", "Greco")  # fmt: skip
GIVEN = ("Maria", "Anna", "Giuseppe", "Rosa", "Antonio", "Giovanni", "Angela", "Francesco", "Luigi",
         "Giuseppina", "Maria Grazia", "Salvatore")  # fmt: skip
SURNAMES, GIVEN_NAMES = 5000, 200


class Town(NamedTuple):
    """What a bench needs to know of a town: its size, its plain positions, and its instant."""

    positions: int
    plain: int
    now: datetime


def fill(url: str, positions: int, now: datetime) -> Town:
    """Make a database with a town of this many positions as of an instant."""
    town = Town(positions, plain_of(positions), now)
    database.fill(url, town.plain)
    store = Store(url)
    with store.begin() as connection:
        engine.without_statement_timeout(connection)
        _months(connection, now)
        # WHY: an index that is built at the end costs a third of one that grows with its rows.
        for index in tables.DEBTOR_INDEXES:
            connection.execute(text(f"DROP INDEX {index.name}"))
        _organizations(connection)
        _names(connection)
        for statement in statements.of(connection.dialect.name):
            connection.execute(text(_filled(statement, town)))
    building.build_indexes(store.engine)
    with store.begin() as connection:
        for index in tables.DEBTOR_INDEXES:
            connection.execute(CreateIndex(index, if_not_exists=True))
        # WHY: SQLite forgets the statistics of an index that is dropped.
        assume_large_tables(connection)
    database.tidy(store)
    store.close()
    return town


def plain_of(positions: int) -> int:
    """Return how many positions of a town of this size the load on the node face is about."""
    return min(MOST_PLAIN, positions // 10)


def end_of_today(now: datetime) -> datetime:
    """Return the last instant of the day in Rome; the town's due dates are days from it."""
    return rome.end_of_day(rome.day_of(now))


def _filled(statement: str, town: Town) -> str:
    """Return a statement with the town's instants, which PostgreSQL takes as text alone."""
    return (
        statement.replace("{now}", f"{town.now:%Y-%m-%d %H:%M:%S.%f}")
        .replace("{due}", f"{end_of_today(town.now):%Y-%m-%d %H:%M:%S.%f}")
        .replace("{days}", str(DAYS))
        .replace("{people}", str(max(town.positions * 3 // 10, 10)))
        .replace("{last}", str(town.positions))
        .replace("{first}", str(town.plain + 1))
        .replace("{surnames}", str(SURNAMES))
        .replace("{given}", str(GIVEN_NAMES))
        .replace("{name}", world.NAME)
        .replace("{own}", world.ORGANIZATION)
        .replace("{plain_nav}", world.nav(town.plain))
        .replace("{iban}", world.BANK)
        .replace("{broker}", world.BROKER)
        .replace("{station}", world.STATION)
    )


def _months(connection: Connection, now: datetime) -> None:
    """Make the partitions of all months, as if they had been made when they began."""
    first: date = (now - timedelta(days=DAYS + 31)).date()
    for month in range(0, 37, 3):
        begin = add_months(first, month)
        ensure_months(connection, now.replace(year=begin.year, month=begin.month, day=1))
    ensure_months(connection, now)


def _organizations(connection: Connection) -> None:
    for number in range(1, ORGANIZATIONS + 1):
        code = f"{55555000000 + number}"
        configuration.put_organization(connection, code, f"Comune Inventato {number}")


def _names(connection: Connection) -> None:
    """Make tables of surnames and of given names, the most frequent first."""
    for table, common, count, stem in (
        ("surname", COMMON, SURNAMES, "Cognomè"),
        ("given", GIVEN, GIVEN_NAMES, "Nome"),
    ):
        connection.execute(
            text(f"CREATE TEMPORARY TABLE {table} (k integer PRIMARY KEY, name varchar(30))")
        )
        rows = [{"k": k, "name": name} for k, name in enumerate(common)]
        rows += [{"k": k, "name": f"{stem}{k}"} for k in range(len(common), count)]
        connection.execute(text(f"INSERT INTO {table} VALUES (:k, :name)"), rows)  # noqa: S608  # ours
