"""A drill: receipts are deleted by mistake, and the database is restored to the instant before.

`python -m tests.drills.restore` runs it on a PostgreSQL of its own and prints the outcome.  It
follows README's section Backup.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.e2e.load import asking, stored_receipts
from tests.e2e.served import started
from tests.e2e.test_served import living
from tests.postgres import Postgres

WITHIN = 30.0


class Outcome(NamedTuple):
    """The acknowledged receipts, and those stored after the mistake and after the restore."""

    acknowledged: set[str]
    after_mistake: set[str]
    restored: set[str]
    seconds: float


def drill(server: Postgres, home: Path) -> Outcome:
    """Back up, accept receipts, delete them, restore; `home` is for the logs."""
    archive, backup = server.home / "archive", server.home / "backup"
    _archiving(server, archive)
    database = server.create_database("gpd")
    living(database)
    server.run("pg_basebackup", "--checkpoint=fast", f"--pgdata={backup}")
    with started("node", database, home / "log") as served, asking(served.url) as load:
        time.sleep(2)
    instant = _mistake(server)
    after_mistake = stored_receipts(database)
    begun = time.monotonic()
    _restore(server, archive, backup, instant)
    return Outcome(
        load.acknowledged, after_mistake, stored_receipts(database), time.monotonic() - begun
    )


def _archiving(server: Postgres, archive: Path) -> None:
    archive.mkdir()
    owner = server.home.stat()
    os.chown(archive, owner.st_uid, owner.st_gid)
    server.settings |= {
        "archive_mode": "on",
        "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f",
    }
    server.restart()


def _mistake(server: Postgres) -> str:
    """Delete every receipt, and return the instant before it."""
    with server.connect("gpd") as connection:
        [instant] = connection.execute("SELECT clock_timestamp()::text").fetchone() or [""]
        connection.execute("DELETE FROM receipt")
        connection.execute("SELECT pg_switch_wal()")
        _until(
            server,
            "SELECT count(*) > 0 FROM pg_stat_archiver WHERE last_archived_time > %s",
            instant,
        )
    return str(instant)


def _restore(server: Postgres, archive: Path, backup: Path, instant: str) -> None:
    server.stop()
    (server.home / "data").rename(server.home / "data.mistaken")
    backup.rename(server.home / "data")
    (server.home / "data/recovery.signal").touch()
    server.settings |= {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_time": instant,
        "recovery_target_action": "promote",
    }
    server.start()
    _until(server, "SELECT NOT pg_is_in_recovery()")


def _until(server: Postgres, question: str, *values: str) -> None:
    """Return when this query is true.  Raises AssertionError after `WITHIN` seconds."""
    deadline = time.monotonic() + WITHIN
    with server.connect() as connection:
        while connection.execute(question, values).fetchone() != (True,):
            assert time.monotonic() < deadline, question
            time.sleep(0.1)


def main() -> int:
    """Hold the drill and print the outcome; return 1 if a receipt is missing."""
    with TemporaryDirectory() as home, Postgres(fsync=True) as server:
        outcome = drill(server, Path(home))
    missing = outcome.acknowledged - outcome.restored
    sys.stdout.write(
        f"{len(outcome.acknowledged)} receipts acknowledged, {len(outcome.after_mistake)} stored "
        f"after the mistake, {len(outcome.restored)} after the restore ({outcome.seconds:.1f} s): "
        f"{len(missing)} missing\n"
    )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
