"""Compares what each encounter left in the store with the ends of the serial orders."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import RowMapping, select

from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.drills.encounters import Encounter
from tests.drills.judge import StoreContent, effect_missing
from tests.drills.operations import (
    Create,
    End,
    Operation,
    Option,
    PayElsewhere,
    Position,
    Receive,
    Replace,
    SetFee,
    State,
    Verify,
)
from tests.drills.serial import Record, ends


class Stored(NamedTuple):
    """Positions and options by IUPD, and receipts by the notice number that they name."""

    positions: dict[str, Position]
    receipts: dict[str, list[RowMapping]]
    options: dict[str, list[RowMapping]]
    waiting: set[tuple[str, int | None]]


class Tally(NamedTuple):
    """The encounters of one kind: all, those that met a receipt, those that no order explains."""

    encounters: int = 0
    met: int = 0
    unexplained: int = 0


def look(url: str, content: StoreContent) -> Stored:
    """Return what the encounters left; `content` is what `judge.look` has read."""
    store = Store(url)
    with store.begin() as connection:
        positions = connection.execute(select(tables.position)).mappings().all()
        transfers = connection.execute(select(tables.transfer.c.nav, tables.transfer.c.iban)).all()
    store.close()
    ibans = {nav: iban or "" for nav, iban in transfers}
    options, receipts = defaultdict(list), defaultdict(list)
    for row in content.options:
        options[row["iupd"]].append(row)
    for row in content.receipts:
        receipts[row["nav"]].append(row)
    by_iupd = {
        row["iupd"]: Position(
            tuple(sorted(
                Option(o["nav"], o["amount"], o["plan"], ibans.get(o["nav"], ""),
                       None if o["paid_at"] is None else o["receipt_id"], o["notification_fee"])
                for o in options[row["iupd"]]
            )),
            published=row["published_at"] is not None,
            withdrawn=row["withdrawn_at"] is not None,
        )
        for row in positions
    }  # fmt: skip
    return Stored(by_iupd, receipts, options, content.waiting)


def judge(
    encounters: Sequence[Encounter],
    records: dict[str, list[Record]],
    etags: dict[str, list[str]],
    stored: Stored,
) -> tuple[list[str], dict[str, Tally]]:
    """Return every effect that no serial order explains, and the encounters counted by kind."""
    broken: list[str] = []
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for encounter in encounters:
        done = together(records.get(encounter.iupd, []))
        wrong = list(_faults(encounter, done, etags.get(encounter.iupd, []), stored))
        broken += wrong
        counted[encounter.kind] += Counter(encounters=1, met=meets(done), unexplained=bool(wrong))
    return broken, {kind: Tally(**counts) for kind, counts in sorted(counted.items())}


def together(records: Sequence[Record]) -> list[Record]:
    """Return the records; those of one receipt are one, with the first sending and first answer."""
    received: defaultdict[Receive, list[Record]] = defaultdict(list)
    for record in records:
        if isinstance(record.operation, Receive):
            received[record.operation].append(record)
    return [record for record in records if not isinstance(record.operation, Receive)] + [
        min(group, key=lambda each: each.answered)._replace(sent=min(r.sent for r in group))
        for group in received.values()
    ]


def meets(records: Sequence[Record]) -> bool:
    """Return whether a change was under way at the same time as a receipt."""
    receipts = [record for record in records if isinstance(record.operation, Receive)]
    changes = [
        record for record in records
        if not isinstance(record.operation, Receive | Verify) and record.outcome is not None
    ]  # fmt: skip
    return any(
        change.sent < receipt.answered and receipt.sent < change.answered
        for receipt, change in itertools.product(receipts, changes)
    )


def explain(start: State, records: Sequence[Record], end: End) -> str | None:
    """Return why no serial order explains this end, or None if one does."""
    possible = ends(start, records)
    if end in possible:
        return None
    done = "; ".join(
        f"{_brief(record.operation)} -> {record.outcome}"
        for record in sorted(records, key=lambda each: each.sent)
    )
    return (
        f"no serial order of [{done}] ends in {_ended(end)}; "
        f"{' or '.join(map(_ended, possible)) or 'no end'} is possible"
    )


def _brief(operation: Operation) -> str:
    """Return an operation in a few words."""
    name = type(operation).__name__
    if isinstance(operation, Replace | Create):
        name += f" by {_options(operation.options)}"
    elif isinstance(operation, Receive | Verify | PayElsewhere | SetFee):
        name += f" of {_serial(operation.nav)}"
    if isinstance(operation, Receive):
        name += f", {operation.amount}"
    return f"{name}, if as it was" if getattr(operation, "conditional", False) else name


def _ended(end: End) -> str:
    position, receipts = "no position", ", ".join(map(str, sorted(end.receipts)))
    if end.position is not None:
        state = [_options(end.position.options)]
        state += ["withdrawn"] if end.position.withdrawn else []
        state += [] if end.position.published else ["a draft"]
        position = " ".join(state)
    return f"<{position}; receipts {receipts or 'none'}>"


def _options(options: Sequence[Option]) -> str:
    return " + ".join(
        f"{_serial(option.nav)}:{option.amount}+{option.fee}:{option.iban[-4:]}"
        + (f" paid by {option.paid_by}" if option.paid_by else "")
        for option in options
    )


def _serial(nav: str) -> str:
    """Return the last digits of a notice's serial, which differ within an encounter."""
    return nav[12:16]


def _faults(
    encounter: Encounter, records: Sequence[Record], etags: Sequence[str], stored: Stored
) -> Iterator[str]:
    rows = [row for nav in encounter.navs for row in stored.receipts.get(nav, ())]
    statuses = {(row["receipt_id"], row["kept"], row["reasons"]) for row in rows}
    end = End(stored.positions.get(encounter.iupd), frozenset(statuses))
    why = explain(encounter.state, records, end)
    if why is not None:
        yield f"{encounter.iupd} ({encounter.kind}): {why}"
    for row in rows:
        needs_a_person = row["kept"] in NEEDS_A_PERSON
        if needs_a_person != ((row["receipt_id"], row["variant"]) in stored.waiting):
            yield f"receipt {row['receipt_id']} has status {row['kept']}, unlike the worklist"
    if len(set(etags)) != len(etags):
        yield f"{encounter.iupd}: one ETag names two states: {etags}"
    by_id = {row["receipt_id"]: row for row in rows}
    for option in stored.options.get(encounter.iupd, ()):
        if option["receipt_id"] in by_id:
            yield from effect_missing(option, by_id[option["receipt_id"]])
