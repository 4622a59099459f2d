"""Runs a conformance kit against this tree, on both databases: `python -m tests.kit RUN.SH`.

The kit is a script that takes a checkout and the URL of an empty database.  It serves the database
and exits with 0 if every answer was right.  Its messages are not ours, so it is not in the
repository.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import Postgres

ROOT = Path(__file__).parents[1]
#: LIMIT: 600 s for one database; a quiet machine of two cores needs about 60.
WITHIN = 600
#: What the kit may find wrong.  It counts the cases of quarantine without the eleven receipts that
#: end as a SOAP Fault, which are kept by Receipts, rule 13.
KNOWN = {"WRONG worklist: kept: 59 cases of quarantine, want 48"}
#: What it must say of its messages and of its answers.
RIGHT = ("446 right answers, 0 wrong", "93 answers, 93 the same, 0 not")


def main(arguments: list[str]) -> int:
    """Run the kit on SQLite, then on PostgreSQL; return 1 if an answer was wrong on either."""
    [kit] = arguments
    with tempfile.TemporaryDirectory() as home, Postgres() as server:
        databases = {
            "SQLite": f"sqlite:///{home}/kit.db",
            "PostgreSQL": server.create_database("kit"),
        }
        wrong = [name for name, url in databases.items() if not _right(kit, name, url, home)]
    return 1 if wrong else 0


def _right(kit: str, name: str, url: str, home: str) -> bool:
    sys.stdout.write(f"{kit} on {name}\n")
    sys.stdout.flush()
    # WHY: the kit leaves its database and its server's output in a temporary folder.
    variables = {**os.environ, "TMPDIR": home}
    done = subprocess.run(
        ["/bin/bash", kit, ROOT, url],
        env=variables,
        timeout=WITHIN,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    sys.stdout.write(done.stdout)
    wrong = {line for line in done.stdout.splitlines() if line.startswith("WRONG ")}
    if wrong and wrong <= KNOWN and all(line in done.stdout for line in RIGHT):
        return True
    for output in Path(home).glob("*/serve*.log") if done.returncode else ():
        sys.stdout.write(f"{output.name}:\n{output.read_text('utf-8', 'replace')[-3000:]}\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
