"""Plants one fault at a time in a copy of the program: `python -m tests.planted [WORD …]`.

Each fault is one replaced line.  The tests named beside it run on the copy, and one of them must
fail; the command prints which.  Words choose the faults whose name or file contains one of them.
It ends with 1 if a fault is not caught.  Run it before and after a test is removed or shared.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("gpd_soap", "tests", "wsdl", "xsd", "deploy", "pyproject.toml", "README.md", "Makefile")
#: Seconds after which the tests of a fault count as hanging.
WITHIN = 1200
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


class Fault(NamedTuple):
    """A fault: its name, its file in the program, the code, the wrong code, and the tests."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str


NUMBERING = "tests/store/events/test_numbering_order.py"
CLOCKS = "tests/store/events/test_clock_steps.py"

FAULTS = [
    Fault("due date excluded", "core/payable.py", "now > notice.due_at", "now >= notice.due_at",
          "tests/core tests/store/test_states.py"),
    Fault("draft is payable", "core/payable.py", "        return DRAFT\n", "        return None\n",
          "tests/test_messages.py"),
    Fault("alternative is payable", "core/payable.py",
          "return EXCLUDED if notice.alternative_paid else None", "return None",
          "tests/test_messages.py"),
    Fault("double receipt is applied", "core/receipt.py", 'ReceiptStatus.DOUBLE, ("an exclusive',
          'ReceiptStatus.REVIEW, ("an exclusive', "tests/test_messages.py tests/store/node"),
    Fault("amount is not compared", "core/receipt.py", "receipt.amount != notice.amount", "False",
          "tests/test_messages.py"),
    Fault("postal account is ignored", "core/payment.py", "postal or bank if", "bank or postal if",
          "tests/test_messages.py"),
    Fault("unknown organization is quarantined no more", "usecases/node.py",
          "self.quarantine(organization, primitive, refusal.rule, raw, charset)", "pass",
          "tests/test_messages.py"),
    Fault("payment without the guard of the version", "store/node/settlement.py",
          '("organization", "iupd", "version")', '("organization", "iupd")',
          "tests/store/node tests/store/test_revisions.py tests/api/test_interleaving.py"),
    Fault("receipt without its effect", "store/node/settlement.py",
          "_in_turn(engine, [keep, paid, event])", "_in_turn(engine, [keep, event])",
          "tests/test_messages.py"),
    Fault("station of another broker serves", "store/node/queries.py",
          ".where(station.id == serves.station, station.broker == idbroker)",
          ".where(station.id == serves.station)", "tests/test_messages.py tests/store/node"),
    Fault("SQL filter of expiry", "store/states.py", "option.switch_to_expired, option.due_at <",
          "option.switch_to_expired, option.due_at <=", "tests/store/test_states.py"),
    Fault("SQL filter of plans", "store/states.py",
          "sibling.plan == option.plan, not_", "not_",
          "tests/api/test_matrix.py tests/store/test_states.py"),
    Fault("events numbered without the lock of their feed", "store/events/numbering.py",
          "locked = feed.with_for_update(skip_locked=True)", "locked = feed", NUMBERING),
    Fault("events read before their feed is locked", "store/events/numbering.py",
          "    last = _lock(connection, organization)\n"
          "    # WHY: a new statement reads what was committed until the lock was held; the"
          " statement that\n    # waits for a lock reads what was committed before.\n"
          "    rows = [] if last is None else _oldest(connection, organization, BATCH)\n",
          "    rows = _oldest(connection, organization, BATCH)\n"
          "    last = _lock(connection, organization)\n", NUMBERING),
    Fault("events numbered by their ids", "store/events/numbering.py",
          "return row.ordinal is not None, row.ordinal or 0, row.at, row.id", "return (row.id,)",
          NUMBERING),
    Fault("events numbered by the clock", "store/events/numbering.py",
          "return row.ordinal is not None, row.ordinal or 0, row.at, row.id",
          "return row.at, row.id", CLOCKS),
    Fault("events numbered without those that a clock put off", "store/events/numbering.py",
          "if ordinals and len(rows) >= BATCH:", "if ordinals and len(rows) > BATCH:", CLOCKS),
    Fault("relation without the organization", "store/receipts/search.py",
          "and_(OPTION.organization == organization, OPTION.receipt_id",
          "and_(OPTION.organization == RECEIPT.organization, OPTION.receipt_id",
          "tests/store/test_organization.py"),
    Fault("revoked key is valid", "store/access/keys.py",
          "KEY.digest == digest(token), KEY.revoked_at.is_(None)", "KEY.digest == digest(token)",
          "tests/api/test_keys.py tests/api/test_key_operations.py"),
    Fault("key of another organization", "usecases/access/rights.py",
          "if organization is None else key.serves(organization)",
          "if organization is None else True", "tests/api/test_scope.py"),
    Fault("reader may write", "usecases/access/rights.py", "and not key.may_write", "and False",
          "tests/api/test_scope.py tests/api/test_keys.py tests/api/test_matrix.py"),
    Fault("administrator's operations for all", "usecases/access/rights.py",
          "if role is Role.ADMIN and key.role is not Role.ADMIN:", "if False:",
          "tests/api/test_configuration.py tests/api/test_key_operations.py"),
    Fault("idempotent answer is kept too long", "store/access/idempotency.py",
          "too_old = REQUEST.asked_at <= new", "too_old = REQUEST.asked_at < new",
          "tests/api/test_idempotency.py"),
    Fault("another request of the same name is replayed", "api/idempotency.py",
          "if earlier.digest != claim.digest:", "if False:", "tests/api/test_idempotency.py"),
    Fault("If-Match is ignored", "usecases/positions/locking.py",
          "if etag_matches is not None and not etag_matches(stored.etag):", "if False:",
          "tests/api/test_refusals.py tests/api/test_races.py"),
    Fault("answer may be stored by a cache", "api/pages.py",
          'PRIVATE = {**ALWAYS, "Cache-Control": "no-store"}', "PRIVATE = {**ALWAYS}",
          "tests/api/test_pages.py tests/api/test_key_operations.py"),
    Fault("refusal with another status", "api/problems.py",
          'NOT_FOUND = Problem(404, "Not found the debt position"',
          'NOT_FOUND = Problem(400, "Not found the debt position"', "tests/api/test_refusals.py"),
    Fault("change without its audit", "api/app.py",
          "api.after_request(AuditWriter(store, clock, persons).after)", "pass",
          "tests/api/test_audit.py"),
    Fault("text of an exception in the log", "monitoring/logs.py",
          'line["exception"] = record.exc_info[0].__name__',
          'line["exception"] = str(record.exc_info[1])', "tests/monitoring/test_logs.py"),
    Fault("parameters in the text of a database error", "store/database/engine.py",
          '"hide_parameters": True', '"hide_parameters": False',
          "tests/store/database/test_errors.py"),
    Fault("password in the text of the settings", "settings/__init__.py",
          "        repr=False,  # WHY: it may hold a password.\n", "",
          "tests/test_settings.py"),
    Fault("certificate of a stranger", "wsgi/client_certificates.py",
          "return not address if self._on_socket else _is_in(address, self._proxies)",
          "return True",
          "tests/wsgi"),
    Fault("name of a certificate is not compared", "wsgi/client_certificates.py",
          "(self._names and name not in self._names)", "False", "tests/e2e/test_tls.py"),
    Fault("document type is accepted", "contract/parsing.py",
          "if root is None or root.getroottree().docinfo.internalDTD is not None:",
          "if root is None:", "tests/contract/test_parsing.py"),
    Fault("exit code of a check", "cli/check.py", "raise SystemExit(1)", "raise SystemExit(0)",
          "tests/features/check"),
    Fault("exit code of a load", "cli/load.py", "raise SystemExit(1)", "raise SystemExit(0)",
          "tests/usecases/loading/test_load_command.py"),
    Fault("loaded twice", "usecases/loading/compare.py",
          "return None if left else tuple(navs)", "return None", "tests/usecases/loading"),
    Fault("second case of a receipt", "core/case_id.py", "            return NoCase.HAS_ONE\n",
          "            return None\n", "tests/usecases/casework/test_opening.py"),
    Fault("open face is not refused", "wsgi/exposure.py", "        if not each.allowed:",
          "        if False:", "tests/test_exposure.py tests/e2e/test_reachable.py"),
    Fault("serving role may change receipts", "store/database/grants.py",
          '"receipt": (*ADD, f"UPDATE (kept,', '"receipt": (*ADD, f"DELETE", "UPDATE (kept,',
          "tests/store/test_grants.py"),
    Fault("answer lacks a described field", "soap/node_rules.py", '"fiscalCodePA", ', "",
          "tests/soap/test_node_rules.py"),
    Fault("receipt is compared by its spelling", "core/receipt.py",
          "has_same_values(receipt.content, stored.content)", "False",
          "tests/core tests/soap/test_receipts.py"),
    Fault("notice of a removed organization", "usecases/spontaneous/issue.py",
          "if not numbers.is_registered(connection, key.organization):", "if False:",
          "tests/usecases/spontaneous"),
    Fault("load begins on another reading", "usecases/loads/manage.py",
          "    loads.lock(connection, organization, load_id)\n    return existing",
          "    return existing", "tests/usecases/loads"),
    Fault("change after the end of its session", "console/recording.py",
          "                self._confirm(connection)\n", "                pass\n",
          "tests/console/notices"),
    Fault("numbers of a restored database are given twice", "store/events/numbering.py",
          "FEED.last + GAP", "FEED.last", "tests/api/test_feed.py tests/cli/test_events.py"),
    Fault("locked row of a person is left out", "usecases/retention/keep.py",
          "return unlocked + self._forget(database, run, conditions, wait=True)",
          "return unlocked", "tests/usecases/retention"),
    Fault("XSD of a service is not used", "usecases/spontaneous/declared.py",
          "if options.data_schema is not None:", "if False:",
          "tests/usecases/spontaneous"),
]  # fmt: skip


def plant(program: Path, fault: Fault) -> str:
    """Write the wrong code into a copy of the program, and return the file as it was."""
    file = program / fault.file
    before = file.read_text("utf-8")
    if before.count(fault.right) != 1:
        raise ValueError(f"{fault.name}: {fault.file} does not hold its code once")
    file.write_text(before.replace(fault.right, fault.wrong), "utf-8")
    return before


def caught_by(copy: Path, fault: Fault) -> str | None:
    """Return the first test that fails with this fault in the copy, or None.

    Raises RuntimeError if that test fails without the fault too.
    """
    before = plant(copy / "gpd_soap", fault)
    failed = first_failure(copy, *fault.tests.split())
    (copy / "gpd_soap" / fault.file).write_text(before, "utf-8")
    if failed is not None and first_failure(copy, failed) is not None:
        raise RuntimeError(f"{failed} fails without a fault")
    return failed


def first_failure(copy: Path, *tests: str) -> str | None:
    """Return the first of these tests that fails, or None.  Raises RuntimeError if none can run."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest, *tests],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
    failed = FAILED.search(done.stdout)
    if failed is None and done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return failed and failed[1]


def main() -> None:
    """Plant the chosen faults, print what caught each, and exit with 1 if one was not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args().words
    chosen = [f for f in FAULTS if not words or any(w in f"{f.name} {f.file}" for w in words)]
    uncaught = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for fault in chosen:
            caught = caught_by(copy, fault)
            uncaught += not caught
            sys.stdout.write(f"{fault.name} ({fault.file}): {caught or 'NOT CAUGHT'}\n")
            sys.stdout.flush()
    sys.exit(bool(uncaught))


if __name__ == "__main__":
    main()
