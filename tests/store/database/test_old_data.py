"""Each migration with the rows of the version before it, and with that version beside it."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, column, inspect, table
from sqlalchemy import insert as insert_into

from gpd_soap.core.debt import RouteCheck
from gpd_soap.core.receipt import Receipt, ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.database import migrate
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.node.settlement import values_of
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.insert import option_rows, position_row, transfer_row
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from gpd_soap.usecases.loads.undo import FIRST_VERSION
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from tests.store.samples import (
    ACTOR,
    NOW,
    ORGANIZATION,
    RAW,
    ROUTE,
    add,
    option,
    position,
    receipt,
    take,
)
from tests.store.upgrading import upgrade_to

#: The first serial of the receipts that wait for a notice, and the offset of the rows that the
#: version before writes after the migration.
WAITING, BESIDE = 5000, 500
CHECK = RouteCheck("Comune di Esempio", broker_known=True, station_serves=True)
UNMATCHED = Verdict(ReceiptStatus.UNMATCHED, ("no notice of this number",))

KILLS = '''"""A migration that makes a table, and whose process is killed then."""

import os
import signal

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    """Make a table, then end without a word."""
    op.create_table("half_done", sa.Column("id", sa.Integer))
    os.kill(os.getpid(), signal.SIGKILL)
'''


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yields an engine on an empty database."""
    opened = make_engine(database_url)
    yield opened
    opened.dispose()


Columns = Mapping[str, frozenset[str]]


def columns_of(engine: Engine) -> Columns:
    """Returns the columns of each table, as the version of this revision knows them."""
    known = inspect(engine)
    return {
        name: frozenset(each["name"] for each in known.get_columns(name))
        for name in known.get_table_names()
    }


def insert(connection: Connection, known: Columns, name: str, row: Mapping[str, Any]) -> None:
    """Insert a row with the columns that a version knows, without defaults of this version."""
    ours = tables.metadata.tables[name].c
    values = {key: value for key, value in row.items() if key in known[name]}
    bare = table(name, *(column(key, ours[key].type) for key in values))
    connection.execute(insert_into(bare), values)


def configure(connection: Connection, known: Columns) -> None:
    """Insert the organization and its station as the first version does."""
    organization = {"fiscal_code": ORGANIZATION, "name": "Comune di Esempio"}
    insert(connection, known, "organization", organization)
    insert(connection, known, "broker", {"fiscal_code": ROUTE.broker})
    insert(connection, known, "station", {"id": ROUTE.station, "broker": ROUTE.broker})
    serving = {
        "organization": ORGANIZATION,
        "station": ROUTE.station,
        "segregation_code": "01",
        "broadcast": False,
    }
    insert(connection, known, "organization_station", serving)


def write(connection: Connection, known: Columns, serial: int) -> None:
    """Insert a position with one notice, and a receipt that waits, as a version does."""
    new = position(f"P-{serial}", option(serial))
    row = position_row(new, NOW) | {"version": FIRST_VERSION}
    insert(connection, known, "position", row)
    for each in option_rows(new, NOW):
        insert(connection, known, "payment_option", each)
    for part in new.options[0].transfers:
        insert(connection, known, "transfer", transfer_row(new, new.options[0], part))
    waiting: Receipt = receipt(WAITING + serial)
    values = values_of(waiting, UNMATCHED, CHECK, "paSendRTV2", RAW, NOW)
    insert(connection, known, "receipt", {**values, "variant": 0, "copies": 1})


def test_rows_of_every_version_are_read_and_paid_by_this_one(engine: Engine, database_url: str):
    """The version before writes on, after each migration, with the columns that it knows."""
    serials: list[int] = []
    revisions = migrate._revisions()
    for number, (revision, following) in enumerate(pairwise(revisions), 1):
        upgrade_to(engine, revision)
        known = columns_of(engine)
        with engine.begin() as connection:
            if number == 1:
                configure(connection, known)
            write(connection, known, number)
        upgrade_to(engine, following)
        with engine.begin() as connection:
            write(connection, known, number + BESIDE)
        serials += [number, number + BESIDE]
    migrate.upgrade(engine)
    store = Store(database_url)
    ledger = Ledger(store, lambda: NOW, ACTOR)

    def is_complete(serial: int) -> bool:
        stored = read_only(store, lambda c: stored_positions.find(c, ORGANIZATION, f"P-{serial}"))
        new = position(f"P-{serial}", option(serial))
        return stored is not None and stored.position == new

    assert [serial for serial in serials if not is_complete(serial)] == []
    for serial in serials:
        assert take(store, receipt(serial)).status is ReceiptStatus.APPLIED, serial
        add(store, position(f"W-{serial}", option(WAITING + serial)))
        reference = PositionRef(ORGANIZATION, f"W-{serial}", lambda _etag: True)
        assert ledger.read(*reference[:2]).progress[0].paid_at is not None, serial
    query = worklist.CaseQuery(None, None, None, None, 10, 0)
    assert read_only(store, lambda c: worklist.page(c, ORGANIZATION, query))[1] == 0
    store.close()


def test_upgrade_of_a_process_that_was_killed_is_done_by_the_next(
    engine: Engine, database_url: str, tmp_path: Path
):
    """Nothing of it is there, on either database, and rows of the version before stay."""
    upgrade_to(engine, "0014")
    known = columns_of(engine)
    with engine.begin() as connection:
        configure(connection, known)
        write(connection, known, 1)
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    last = migrate._revisions()[-1]
    (scripts / "versions/9999_kills.py").write_text(KILLS.format(last=last), "utf-8")
    program = (
        "import sys; from pathlib import Path; from gpd_soap.store.database import migrate;"
        "from gpd_soap.store.database.engine import make_engine;"
        "migrate.SCRIPTS = Path(sys.argv[1]); migrate.upgrade(make_engine(sys.argv[2]))"
    )

    killed = subprocess.run(
        [sys.executable, "-c", program, str(scripts), database_url], check=False, timeout=120
    )

    assert killed.returncode == -signal.SIGKILL
    assert migrate.pending(engine)[0] == "0015"
    assert columns_of(engine) == known
    migrate.upgrade(engine)
    assert migrate.pending(engine) == []
    store = Store(database_url)
    assert take(store, receipt(1)).status is ReceiptStatus.APPLIED
    store.close()
