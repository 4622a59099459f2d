"""What the Node sends in these tests, by its own door and into the office's own store."""

import hashlib
from typing import Any

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.settings import Settings
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.wiring import node_face
from tests.api.office import ORGANIZATION, Office
from tests.calling import call
from tests.messages import build
from tests.validation.bodies import nav
from tests.world import STRANGER

V1, V2 = "paSendRT", "paSendRTV2"
WORKLIST = f"/organizations/{ORGANIZATION}/worklist"
RECEIPTS = f"/payments/{ORGANIZATION}/receipts"


def message(serial: int = 1, receipt_id: str = "r-1", primitive: str = V2, **more: Any) -> bytes:
    """A receipt of ten euros for a notice of these tests, and what `more` adds or changes."""
    whose = build.claim(more.pop("organization", ORGANIZATION))
    number = more.pop("noticeNumber", nav(serial))
    told = build.receipt(number, more.pop("amount", "10.00"), receiptId=receipt_id, **more)
    return build.asked(primitive, whose + told).encode()


def send(office: Office, sent: bytes, kind: str = "text/xml") -> str:
    """Let the Node send a message; OK, or the code of the fault that it is told."""
    face = node_face(Settings(), office.store, office.clock)
    answered = call(face, "POST", "/partner", sent, CONTENT_TYPE=kind)
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    return str(payload.findtext("fault/faultCode") or payload.findtext("outcome"))


def quarantined(sent: bytes) -> str:
    """What a quarantined message is called."""
    return case_id(CaseKey(hashlib.sha256(sent).hexdigest(), None))


#: One of each, of notices that no position has.
WAITING = message(90, "r-90")
NOBODYS = message(91, "r-91", organization=STRANGER)


def keep(office: Office) -> None:
    """Have a receipt that waits for its notice, and a message for nobody of ours."""
    assert send(office, WAITING) == "OK"
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"


def listed(office: Office, query: str = "", where: str = WORKLIST) -> list[str]:
    """The ids of the cases that a query finds, on one page."""
    answer = office.get(f"{where}?limit=50&{query}")
    assert answer.status == 200, answer.body
    found = [each["id"] for each in answer.body["worklist"]]
    assert answer.body["page_info"]["items_found"] == len(found)
    return found
