"""Work for the people of a console: receipts of every kind, and a busy station."""

import hashlib
from datetime import datetime, timedelta

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.core.notice import issue
from gpd_soap.core.rome import to_wire_datetime
from gpd_soap.settings import Settings
from gpd_soap.store.journal.entries import EntryKey, entries_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from tests.calling import call
from tests.console import harness
from tests.console.harness import ORGANIZATION
from tests.messages import build
from tests.store.journal.test_writer import exchange
from tests.usecases.people.people import NOW

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
#: The notices of the demo that the receipts are about.
SINGLE, BOTH, PAID, EXPIRED = (issue("47", serial).nav for serial in (1, 7, 13, 10))
#: The number of a notice of the demo with one digit off.
SLIPPED = SINGLE[:9] + "7" + SINGLE[10:]

PAYER = (
    "<uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType>"
    "<entityUniqueIdentifierValue>NRELDA52P18X999U</entityUniqueIdentifierValue>"
    "</uniqueIdentifier><fullName>Aldo Inventato</fullName>"
)
#: The ids of the cases, in the order in which they arrived.
DOUBLE, SECOND_DOUBLE, UNMATCHED, REVIEW, CONFLICTING = (
    "e09b7f3a", "e09b7f3b", "77c041d2", "77c041d3", "e09b7f3a.1",
)  # fmt: skip
#: The id of the one entry of the journal that a test opens.
OPENED = EntryKey(NOW - timedelta(minutes=5), 7)
ENTRY = OPENED.reference
OPERATIONS = ("paVerifyPaymentNotice", "paGetPaymentV2", "paSendRTV2")


def message(now: datetime, nav: str, amount: str, receipt_id: str, **more: str) -> bytes:
    """Returns a receipt as the Node sends it at an instant."""
    fields = {
        "receiptId": receipt_id,
        "payer": PAYER,
        "PSPCompanyName": "Cassa del Levante",
        "paymentDateTime": to_wire_datetime(now),
        "fee": "2.00",
        **more,
    }
    content = build.claim(ORGANIZATION) + build.receipt(nav, amount, **fields)
    return build.soap_request("paSendRTV2", content).encode()


#: A message that is no valid receipt, and the id of its case.
BROKEN = message(NOW, PAID, "100.00", "broken", outcome="MAYBE")
QUARANTINED = case_id(CaseKey(hashlib.sha256(BROKEN).hexdigest(), None))


def send(store: Store, now: datetime, sent: bytes) -> None:
    """Send a message as the Node does, at an instant."""
    face = node_face(Settings(), store, lambda: now)
    assert call(face, "POST", "/partner", sent, CONTENT_TYPE="text/xml").status == 200


def add_cases(store: Store, now: datetime) -> None:
    """Send receipts that make a case of every kind."""
    for before, nav, amount, receipt_id, more in (
        (6 * DAY, PAID, "100.00", DOUBLE, {}),
        (3 * DAY, PAID, "100.00", SECOND_DOUBLE, {"PSPCompanyName": "Banca delle Alpi"}),
        (DAY, SLIPPED, "100.00", UNMATCHED, {}),
        (3 * HOUR, BOTH, "48.00", REVIEW, {}),
        (40 * MINUTE, PAID, "100.00", DOUBLE, {"description": "Altro"}),
    ):
        send(store, now - before, message(now - before, nav, amount, receipt_id, **more))
    send(store, now - 30 * MINUTE, BROKEN)
    store.journal.flush()


def add_exchanges(store: Store, now: datetime, count: int = 3000) -> None:
    """Write a busy month into the journal: quick answers, some refusals, an unusual one today."""
    month = [
        exchange(
            number,
            arrived_at=now - number * 14 * MINUTE,
            organization=ORGANIZATION,
            operation=OPERATIONS[number % 3],
            seconds=2.5 if number % 97 == 0 else 0.004 + 0.0003 * (number % 40),
            outcome="KO" if number % 11 == 0 and number % 3 == 0 else "OK",
            fault="PAA_PAGAMENTO_SCADUTO" if number % 11 == 0 and number % 3 == 0 else "-",
        )
        for number in range(1, count)
    ]
    unknown = [
        exchange(
            number,
            arrived_at=now - number * MINUTE,
            organization=ORGANIZATION,
            outcome="KO",
            fault="PAA_PAGAMENTO_SCONOSCIUTO",
            rule="rule 1: no notice of this number",
        )
        for number in range(1, 42)
    ]
    entries = entries_of([*month, *unknown])
    with store.begin() as connection:
        write_entries(connection, [entries[0]._replace(arrived_at=OPENED.arrived_at, id=OPENED.id)])
        write_entries(connection, entries[1:])


def prepare(url: str) -> None:
    """Make the demo's database, with a case of every kind and a busy station."""
    harness.prepare(url)
    store = Store(url)
    add_cases(store, NOW)
    add_exchanges(store, NOW)
    store.close()
