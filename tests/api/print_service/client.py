"""What a client of the print service sends, and how it reads the documents."""

from typing import Any

from gpd_soap.features.documents.archive.job import batch_kind
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.settings import Settings
from gpd_soap.usecases.jobs.worker import Worker
from tests.api.office import ORGANIZATION, Answer, BackOffice
from tests.validation.bodies import nav

BASE = "/print-payment-notice-service/external/v1/notices"
SINGLE, PLAN, FINE = "TemplateSingleInstalment", "TemplateInstalments", "TemplateCdsInfraction"
DUE = "30/04/2026"
DEBTOR = {
    "taxCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio Inviata",
    "address": "Via della Prova",
    "buildingNumber": "12/A",
    "postalCode": "00100",
    "city": "Roma",
    "province": "RM",
}
#: As a client sends it whose fields have no value: null.
SENT: dict[str, Any] = {
    "templateId": SINGLE,
    "data": {
        "notice": {
            "subject": "Oggetto inviato",
            "paymentAmount": 1000,
            "dueDate": DUE,
            "code": nav(1),
            "installments": None,
            "reduced": None,
            "discounted": None,
        },
        "creditorInstitution": {"taxCode": ORGANIZATION},
        "debtor": DEBTOR,
    },
}


def item(template: str = SINGLE, **notice: object) -> dict[str, Any]:
    """Return a notice to print; `notice` replaces fields of its amounts."""
    data = {**SENT["data"], "notice": {**SENT["data"]["notice"], **notice}}
    return {"templateId": template, "data": data}


def amount(serial: int, cents: int = 1000, due: str | None = DUE) -> dict[str, Any]:
    """Return one amount of an item."""
    return {"code": nav(serial), "amount": cents, "dueDate": due}


def generate(office: BackOffice, content: object = None, query: str = "", **more: Any) -> Answer:
    """Print a notice."""
    return office.post(f"{BASE}/generate{query}", content or item(), **more)


def many(office: BackOffice, *items: object, name: str = "prova", **more: Any) -> Answer:
    """Send a request for many notices."""
    named = {"headers": {"Idempotency-Key": name}} if name else {}
    return office.post(f"{BASE}/generate-massive", {"notices": list(items)}, **named, **more)


def work(office: BackOffice) -> None:
    """Do the jobs that are due."""
    Worker(office.store, [batch_kind(Settings())], office.clock).once()


def text_of(pdf: bytes) -> str:
    """Return the text of a document."""
    return "\n".join(page.text for page in read_pages(pdf))


def numbers(pdf: bytes) -> list[str]:
    """Return the notice numbers in the QR codes of a document."""
    codes = [code for page in read_pages(pdf) for code in page.codes]
    return [text.split("|")[2] for kind, text in codes if kind == "QR code"]


def follow(office: BackOffice, answer: Answer, **more: Any) -> Answer:
    """Open the link of an answer, without a key."""
    assert answer.status == 200, answer.body
    link = answer.body["signedUrl"]
    assert link.startswith("http://localhost/"), link
    return office.get(link.removeprefix("http://localhost"), key="", **more)


def status_of(office: BackOffice, folder: str) -> Any:
    """Return how far a folder is."""
    return office.get(f"{BASE}/folder/{folder}/status").body
