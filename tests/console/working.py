"""Work for the people of a console: receipts of every kind, and a busy station."""

from datetime import datetime, timedelta

from gpd_soap.core.notice import issue
from gpd_soap.settings import Settings
from gpd_soap.store.journal.entries import entries_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from tests.calling import call
from tests.console.bed import ORGANIZATION
from tests.messages import build
from tests.store.journal.test_writer import exchange

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
OPERATIONS = ("paVerifyPaymentNotice", "paGetPaymentV2", "paSendRTV2")


def send(store: Store, now: datetime, nav: str, amount: str, receipt_id: str, **more: str) -> None:
    """Send a receipt as the Node does, at an instant."""
    fields = {
        "receiptId": receipt_id,
        "payer": PAYER,
        "PSPCompanyName": "Cassa del Levante",
        "paymentDateTime": f"{now:%Y-%m-%dT%H:%M:%S}",
        "fee": "2.00",
        **more,
    }
    content = build.claim(ORGANIZATION) + build.receipt(nav, amount, **fields)
    message = build.soap_request("paSendRTV2", content).encode()
    face = node_face(Settings(), store, lambda: now)
    assert call(face, "POST", "/partner", message, CONTENT_TYPE="text/xml").status == 200


def add_cases(store: Store, now: datetime) -> None:
    """Send receipts that make a case of every kind."""
    send(store, now - 6 * DAY, PAID, "100.00", DOUBLE)
    send(store, now - 3 * DAY, PAID, "100.00", SECOND_DOUBLE, PSPCompanyName="Banca delle Alpi")
    send(store, now - DAY, SLIPPED, "100.00", UNMATCHED)
    send(store, now - 3 * HOUR, BOTH, "48.00", REVIEW)
    send(store, now - 40 * MINUTE, PAID, "100.00", DOUBLE, description="Altro")
    send(store, now - 30 * MINUTE, PAID, "100.00", "broken", outcome="MAYBE")
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
    with store.begin() as connection:
        write_entries(connection, entries_of([*month, *unknown]))
