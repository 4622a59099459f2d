"""Checks the store after a drill; each fault is one sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, func, select

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store import tables
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from tests import world
from tests.drills.stories import Message, Story

#: The columns of an option that its receipt fills, with the receipt's columns.
EFFECT = {"payment_date": "paid_at", "payment_method": "method", "psp": "psp",
          "psp_name": "psp_name", "psp_fiscal_code": "psp_fiscal_code", "fee": "fee"}  # fmt: skip


class Deliveries(NamedTuple):
    """How often each receipt was sent, and how often it was answered OK."""

    sent: Counter[bytes]
    taken: Counter[bytes]


class StoreContent(NamedTuple):
    """The rows of the store; `waiting` is the worklist, by receiptId and variant."""

    receipts: list[RowMapping]
    options: list[RowMapping]
    versions: dict[str, int]
    waiting: set[tuple[str, int | None]]
    quarantined: int


def look(url: str) -> StoreContent:
    """Return the content of the whole store."""
    store = Store(url)
    everything = worklist.CaseQuery(None, False, None, None, limit=1_000_000, page=0)
    with store.begin() as connection:

        def rows(table: Any) -> list[RowMapping]:
            return list(connection.execute(select(table)).mappings())

        cases, _ = worklist.page(connection, world.ORGANIZATION, everything)
        content = StoreContent(
            rows(tables.receipt),
            rows(tables.payment_option),
            {row["iupd"]: row["version"] for row in rows(tables.position)},
            {(case.name, case.variant) for case in cases},
            connection.scalar(select(func.count()).select_from(tables.quarantine)) or 0,
        )
    store.close()
    return content


def in_order(content: StoreContent) -> StoreContent:
    """Return the same rows in one order, so that two stores can be compared."""

    def ordered(rows: list[RowMapping]) -> list[RowMapping]:
        return sorted(rows, key=lambda row: (row["nav"], row["receipt_id"] or "", str(row)))

    return content._replace(receipts=ordered(content.receipts), options=ordered(content.options))


def judge(
    stories: list[Story],
    deliveries: Deliveries,
    content: StoreContent,
    others: Sequence[Message] = (),
) -> list[str]:
    """Return every fault; of the `others` only that each receipt is stored once."""
    receipts, options = _by_position(stories, content)
    messages = [s for story in stories for s in story.steps if isinstance(s, Message)]
    broken = list(_stored_once([*messages, *others], deliveries, content))
    for story in stories:
        stored, notices = receipts[story.iupd], options[story.iupd]
        broken += _paid_by_one(stored, notices, story.iupd)
        broken += _others_wait(stored, content.waiting)
        broken += _nothing_half_done(stored, notices, story.iupd, content.versions)
    if content.quarantined:
        broken.append(f"{content.quarantined} valid receipts are in quarantine")
    return broken


Rows = defaultdict[str, list[RowMapping]]


def _by_position(stories: list[Story], content: StoreContent) -> tuple[Rows, Rows]:
    """Return receipts and options by the position that they belong to."""
    about = {s.nav: s.iupd for story in stories for s in story.steps if isinstance(s, Message)}
    receipts, options = Rows(list), Rows(list)
    for row in content.receipts:
        receipts[about.get(row["nav"], "")].append(row)
    for row in content.options:
        options[row["iupd"]].append(row)
    return receipts, options


def _stored_once(
    messages: Sequence[Message], deliveries: Deliveries, content: StoreContent
) -> Iterator[str]:
    copies: dict[bytes, list[int]] = defaultdict(list)
    for row in content.receipts:
        copies[row["raw"]].append(row["copies"])
        if row["raw"] not in deliveries.sent:
            yield f"receipt {row['receipt_id']} is stored and was never sent"
    for raw, name in {message.raw: message.receipt_id for message in messages}.items():
        taken, sent, stored = deliveries.taken[raw], deliveries.sent[raw], copies[raw]
        if taken and not stored:
            yield f"receipt {name} was answered OK {taken} times and is not stored"
        if len(stored) > 1:
            yield f"receipt {name} is stored {len(stored)} times"
        if not taken <= sum(stored) <= sent:
            yield f"receipt {name} is counted {sum(stored)} times: sent {sent}, answered OK {taken}"


def _paid_by_one(stored: list[RowMapping], options: list[RowMapping], iupd: str) -> Iterator[str]:
    """Yield a fault unless one receipt alone paid the position."""
    paid = [(o["nav"], o["receipt_id"]) for o in options if o["paid_at"] is not None]
    paying = [(r["nav"], r["receipt_id"]) for r in stored if r["kept"] == ReceiptStatus.APPLIED]
    if len(paid) != 1:
        yield f"position {iupd} has {len(paid)} paid options, not one"
    if len(paying) != 1:
        yield f"position {iupd} has {len(paying)} receipts applied, not one"
    if sorted(paid) != sorted(paying):
        yield f"position {iupd}: options paid are {paid}, receipts applied are {paying}"


def _others_wait(stored: list[RowMapping], waiting: set[tuple[str, int | None]]) -> Iterator[str]:
    """Yield a fault unless each receipt that does not pay is on the worklist, with its reason."""
    for row in stored:
        name = f"receipt {row['receipt_id']}, variant {row['variant']},"
        first, kind = row["variant"] == 0, row["kept"]
        allowed = (
            (ReceiptStatus.APPLIED, ReceiptStatus.DOUBLE) if first else (ReceiptStatus.CONFLICTING,)
        )
        if kind not in allowed:
            yield f"{name} has status {kind}"
        if (kind != ReceiptStatus.APPLIED) != ((row["receipt_id"], row["variant"]) in waiting):
            yield f"{name} has status {kind}, and the worklist disagrees"


def _nothing_half_done(
    stored: list[RowMapping], options: list[RowMapping], iupd: str, versions: dict[str, int]
) -> Iterator[str]:
    """Yield a fault unless each payment changed position and option once."""
    payments = sum(option["paid_at"] is not None for option in options)
    # WHY: the payment of a lone option changes the option alone, unless it waited for its position.
    moves = {1 + payments} if len(options) > 1 else {1, 1 + payments}
    if versions.get(iupd) not in moves:
        yield f"position {iupd} is at version {versions.get(iupd)} after {payments} payments"
    moved = sum(option["revision"] - 1 for option in options)
    if moved != payments:
        yield f"position {iupd} has options that changed {moved} times, for {payments} payments"
    by_id = {row["receipt_id"]: row for row in stored if row["variant"] == 0}
    for option in options:
        yield from effect_missing(option, by_id.get(option["receipt_id"]))


def effect_missing(option: RowMapping, receipt: RowMapping | None) -> Iterator[str]:
    """Yield the fields of an option that differ from the receipt that paid it."""
    wrong = [
        name
        for name, source in EFFECT.items()
        if option[name] != (receipt[source] if receipt else None)
    ]
    if wrong:
        yield f"option {option['nav']} differs from its receipt in {', '.join(wrong)}"
