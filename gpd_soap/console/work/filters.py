"""The filters of lists, as addresses have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from gpd_soap.console.days import filter_day
from gpd_soap.console.words import _
from gpd_soap.console.work.calls import FAULTS, OPERATIONS
from gpd_soap.console.work.kinds import STATUSES
from gpd_soap.core.receipt import receipt_key
from gpd_soap.store.journal.entries import REFERENCE, EntryKey

Errors = list[tuple[str, str]]
#: LIMIT: characters of a code, as the columns have.
LONGEST_CODE, LONGEST_RECEIPT = 35, 255
OUTCOMES = ("OK", "KO", "Fault")
NAV = re.compile(r"[0-9]{18}")


class ReceiptsGiven(NamedTuple):
    """The filters of receipts; None filters nothing."""

    first: date | None
    last: date | None
    status: str | None
    psp: str | None


class EntriesGiven(NamedTuple):
    """The filters of the journal; None filters nothing."""

    first: date | None
    last: date | None
    operation: str | None
    outcome: str | None
    fault: str | None
    nav: str | None
    iuv: str | None
    receipt_id: str | None
    psp: str | None
    station: str | None
    after: EntryKey | None

    @property
    def has_more(self) -> bool:
        """Whether one of the rarer filters is given."""
        return any((self.iuv, self.receipt_id, self.psp, self.station))


def receipts_given(args: Mapping[str, str]) -> tuple[ReceiptsGiven, Errors]:
    """Returns the filters of receipts, and what is wrong with them."""
    first, last, errors = _days(args)
    status = args.get("status", "")
    given = ReceiptsGiven(first, last, status if status in STATUSES else None, _code(args, "psp"))
    return given, errors


def entries_given(args: Mapping[str, str]) -> tuple[EntriesGiven, Errors]:
    """Returns the filters of the journal, and what is wrong with them."""
    first, last, errors = _days(args)
    nav = "".join(args.get("nav", "").split())
    if nav and not NAV.fullmatch(nav):
        errors.append(("nav", _("Un numero avviso ha 18 cifre")))
    operation, outcome = args.get("operation", ""), args.get("outcome", "")
    fault, after = args.get("fault", ""), args.get("after", "")
    given = EntriesGiven(
        first,
        last,
        operation if operation in OPERATIONS else None,
        outcome if outcome in OUTCOMES else None,
        fault if fault in FAULTS else None,
        nav if NAV.fullmatch(nav) else None,
        _code(args, "iuv"),
        _receipt(args),
        _code(args, "psp"),
        _code(args, "station"),
        EntryKey.of(after) if re.fullmatch(REFERENCE, after) else None,
    )
    return given, errors


def _days(args: Mapping[str, str]) -> tuple[date | None, date | None, Errors]:
    errors: Errors = []
    days: list[date | None] = []
    for name in ("first", "last"):
        try:
            days.append(filter_day(args[name]) if args.get(name) else None)
        except ValueError:
            days.append(None)
            errors.append((name, _("Il giorno non si capisce")))
    first, last = days
    if first is not None and last is not None and first > last:
        errors.append(("last", _("L’ultimo giorno viene prima del primo")))
    return first, last, errors


def _receipt(args: Mapping[str, str]) -> str | None:
    """Returns the id of a receipt as the journal has it."""
    given = args.get("receiptId", "").strip()[:LONGEST_RECEIPT]
    return receipt_key(given) if given and given.isprintable() else None


def _code(args: Mapping[str, str], name: str) -> str | None:
    code = args.get(name, "").strip()[:LONGEST_CODE]
    return code if code and code.isprintable() else None
