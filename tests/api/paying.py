"""Messages of the Node in these tests, sent to a node face over the back office's store."""

import hashlib
from typing import Any

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.soap.envelope import NotSoap, open_envelope
from tests.api.office import ORGANIZATION, BackOffice
from tests.calling import call
from tests.messages import build
from tests.validation.bodies import nav
from tests.world import STRANGER

V1, V2 = "paSendRT", "paSendRTV2"
WORKLIST = f"/organizations/{ORGANIZATION}/worklist"
RECEIPTS = f"/payments/{ORGANIZATION}/receipts"


def message(serial: int = 1, receipt_id: str = "r-1", primitive: str = V2, **more: Any) -> bytes:
    """A receipt of ten euros for a notice of these tests; `more` changes or adds fields."""
    route = build.claim(more.pop("organization", ORGANIZATION))
    number = more.pop("noticeNumber", nav(serial))
    fields = build.receipt(number, more.pop("amount", "10.00"), receiptId=receipt_id, **more)
    return build.soap_request(primitive, route + fields).encode()


def send(office: BackOffice, sent: bytes, kind: str = "text/xml") -> str:
    """Send a message as the Node does; return OK, or the code of the fault in the answer."""
    answered = call(office.node, "POST", "/partner", sent, CONTENT_TYPE=kind)
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    return str(payload.findtext("fault/faultCode") or payload.findtext("outcome"))


def quarantined(sent: bytes) -> str:
    """Id of the case of a quarantined message."""
    return case_id(CaseKey(hashlib.sha256(sent).hexdigest(), None))


#: One message of each kind, about notices that no position has.
WAITING = message(90, "r-90")
NOBODYS = message(91, "r-91", organization=STRANGER)


def keep(office: BackOffice) -> None:
    """Store a receipt that waits for its notice, and a message for an unknown organization."""
    assert send(office, WAITING) == "OK"
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"


def listed(office: BackOffice, query: str = "", where: str = WORKLIST) -> list[str]:
    """Ids of the cases that a query finds; fails if they do not fit on one page."""
    answer = office.get(f"{where}?limit=50&{query}")
    assert answer.status == 200, answer.body
    cases = [each["id"] for each in answer.body["worklist"]]
    assert answer.body["page_info"]["items_found"] == len(cases)
    return cases
