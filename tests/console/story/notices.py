"""A notice whose events, exchanges and receipts a test chooses.

All of it is invented.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gpd_soap.core import rome
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.payable import EXPIRED
from gpd_soap.core.position import NewOption
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.positions.describe import UNPAID
from gpd_soap.store.positions.read import Progress, Stored
from gpd_soap.store.receipts.of_notice import NoticeReceipt
from gpd_soap.usecases.notices.read import WholeNotice
from tests.world import ORGANIZATION, nav, option, position

NAV = nav(1)
IUPD = "TARI-1"
CREATED = datetime(2026, 9, 15, 7, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 9, 41, tzinfo=UTC)
DUE = rome.end_of_day(datetime(2026, 11, 30, tzinfo=UTC).date())
OPERATOR, KEY = Actor(ActorKind.OPERATOR, "op-1"), Actor(ActorKind.KEY, "k-1")
NAMES = {OPERATOR: "Anna Bianchi", KEY: "tributi"}
VERIFY, PAY = "paVerifyPaymentNotice", "paGetPaymentV2"


def in_rome(text: str) -> datetime:
    """Return an instant that is written as Rome's clock shows it."""
    return rome.parse_instant(text)


def notice_with(
    *,
    options: Sequence[NewOption] = (),
    progress: Sequence[Progress] = (),
    events: Sequence[StoredEvent] = (),
    entries: Sequence[Entry] = (),
    receipts: Sequence[NoticeReceipt] = (),
    **more: object,
) -> WholeNotice:
    """Return a notice, by default published, payable, due on 30 November, and never asked for."""
    options = options or [option(1, due_at=DUE)]
    progress = progress or [UNPAID] * len(options)
    new = position(IUPD, *options, **{"published_at": CREATED, **more})
    stored = Stored(new, 1, CREATED, CREATED, tuple(progress))
    return WholeNotice(stored, 0, events, entries, receipts, NAMES)


def event(kind: str, when: str, actor: Actor = OPERATOR, **data: Any) -> StoredEvent:
    """Return an event of the position."""
    return StoredEvent(
        ORGANIZATION, IUPD, in_rome(when), f"ev_{when}", None, kind, None, None, 1,
        actor.kind, actor.id, data,
    )  # fmt: skip


def created(when: str = "2026-09-15T09:02:00", amount: int = 13100) -> StoredEvent:
    """Return the creation of the notice with a load."""
    after = {"state": "VALID", "options": [{"nav": NAV, "amount": amount}]}
    return event("position.created", when, KEY, origin="load", after=after)


def entry(when: str, operation: str = VERIFY, refusal: Any = None, **more: Any) -> Entry:
    """Return an exchange that was answered OK in 7 ms, or refused."""
    fields: dict[str, Any] = {
        "organization": ORGANIZATION, "arrived_at": in_rome(when), "id": 1, "microseconds": 7000,
        "caller": "node", "operation": operation, "broker": "b", "station": "s", "nav": NAV,
        "iuv": None, "receipt_id": None, "psp": None, "channel": None,
        "outcome": "OK" if refusal is None else "KO",
        "fault": "-" if refusal is None else refusal.fault.code,
        "rule": "payable" if refusal is None else refusal.rule,
        "status": 200, "soap_action": None,
    }  # fmt: skip
    return Entry(**{**fields, **more})


def expired(when: str) -> Entry:
    """Return a verify that was refused, because the notice had expired."""
    return entry(when, refusal=EXPIRED)


def receipt(when: str, kept: str = "applied", **more: Any) -> NoticeReceipt:
    """Return a receipt that arrived at this time, a minute after the payment."""
    received = in_rome(when)
    fields: dict[str, Any] = {
        "receipt_id": "b4f109ac", "variant": 0, "kept": kept, "reasons": "", "outcome": "OK",
        "amount": 12850, "fee": 120, "psp": "BALVIT2X", "psp_name": "Banca delle Alpi Vive",
        "channel": "c", "method": "creditCard", "paid_at": received - timedelta(minutes=1),
        "received_at": received, "copies": 1, "stand_in": False, "resolved_at": None,
        "resolved_as": None,
    }  # fmt: skip
    return NoticeReceipt(**{**fields, **more})


def paid(when: str = "2026-11-20T10:41:00", **more: Any) -> Progress:
    """Return the progress of a notice that the receipt has paid."""
    fields = {"paid_at": in_rome(when), "payment_date": in_rome(when), "receipt_id": "b4f109ac"}
    return UNPAID._replace(**{**fields, **more})
