"""Messages in quarantine: every receipt that was not taken, its charset, and how many are kept."""

import hashlib

import pytest
from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.receipts.quarantine import MOST_OF_NOBODY
from tests.api.office import ORGANIZATION, BackOffice
from tests.api.paying import RECEIPTS, WORKLIST, listed, message, quarantined, send
from tests.calling import Response, call
from tests.messages import build
from tests.validation.bodies import body, iuv, option
from tests.world import STRANGER

#: Receipts for an organization that is not ours yet, with a text beyond ASCII.
TEXT = message(1, organization=STRANGER, fiscalCode=STRANGER, description="Città").decode()
BARE = TEXT.removeprefix(build.HEAD)


def post(office: BackOffice, sent: bytes, kind: str = "text/xml") -> Response:
    """Post a message to the node face, and return the HTTP answer."""
    return call(office.node, "POST", "/partner", sent, CONTENT_TYPE=kind)


def accept(office: BackOffice, sent: bytes) -> bytes:
    """Register the organization, reprocess the case, and return the XML of the receipt."""
    key = office.key(Role.ADMIN)
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")
    path = f"/organizations/{STRANGER}/worklist/{quarantined(sent)}/rematch"
    answer = office.post(path, key=key)
    assert answer.status == 200, answer.body
    xml: bytes = office.get(f"{RECEIPTS.replace(ORGANIZATION, STRANGER)}/{iuv(1)}", key=key).body
    return xml


CHARSETS = {
    "utf-16-be": (BARE.encode("utf-16-be"), "text/xml; charset=utf-16be"),
    "cp1252": (BARE.encode("cp1252"), "text/xml; charset=Windows-1252"),
    "against the declaration": (
        TEXT.replace('"UTF-8"', '"ISO-8859-1"').encode(),
        "text/xml; charset=utf-8",
    ),
}


@pytest.mark.parametrize(("sent", "kind"), CHARSETS.values(), ids=CHARSETS)
def test_quarantined_message_is_read_again_in_the_charset_of_its_transport(
    office: BackOffice, sent: bytes, kind: str
):
    """The charset is stored with the bytes and shown with the case."""
    assert send(office, sent, kind) == "PAA_ID_DOMINIO_ERRATO"
    case = office.get(f"/worklist/{quarantined(sent)}", key=office.key(Role.ADMIN)).body
    assert case["charset"] == kind.partition("=")[2].lower()

    assert "Città".encode() in accept(office, sent)


@pytest.mark.parametrize("name", ["utf-16-be", "cp1252"])
def test_message_that_the_version_before_quarantined_is_read_again(quick: BackOffice, name: str):
    """It has no charset, so one is sought that fits the bytes."""
    sent, kind = CHARSETS[name]
    assert send(quick, sent, kind) == "PAA_ID_DOMINIO_ERRATO"
    with quick.store.begin() as connection:
        connection.execute(update(tables.quarantine).values(charset=None))

    assert "Città".encode() in accept(quick, sent)


def broken(number: int) -> bytes:
    """Return one of many receipts that are not XML."""
    return message(1, f"r-{number}")[:-20]


def test_quarantine_of_nobody_is_bounded_and_its_senders_keep_what_is_beyond(office: BackOffice):
    """A stranger cannot fill the disk; a sender gets 503 and sends again once cases are closed."""
    for number in range(MOST_OF_NOBODY):
        assert post(office, broken(number)).status == 500

    beyond = [post(office, broken(MOST_OF_NOBODY)), post(office, b"<paSendRTReq/><")]
    assert [answer.status for answer in beyond] == [503, 503]
    assert post(office, message(1, organization="")).status == 503
    assert post(office, broken(0)).status == 500
    key = office.key(Role.ADMIN)
    open_cases = office.get("/worklist", key=key).body["page_info"]["items_found"]
    assert open_cases == MOST_OF_NOBODY
    first = quarantined(broken(0))
    assert office.get(f"/worklist/{first}", key=key).body["copies"] == 2

    assert office.post(f"/worklist/{first}/resolve", {"note": "Estraneo"}, key=key).status == 200

    assert post(office, broken(MOST_OF_NOBODY)).status == 500
    assert post(office, broken(MOST_OF_NOBODY + 1)).status == 503


def test_full_quarantine_of_nobody_stops_no_other_message(office: BackOffice):
    """A valid receipt, and a message that names an organization, are taken as ever."""
    for number in range(MOST_OF_NOBODY):
        post(office, broken(number))
    office.create(body(option(1)), "?toPublish=true")
    invalid, faulted = message(2, outcome=None), message(3)
    faulted = faulted.replace(b"http://schemas.xmlsoap.org/soap/envelope/", b"urn:another")

    assert send(office, message(1)) == "OK"
    assert send(office, invalid) == "PAA_SINTASSI_XSD"
    assert post(office, faulted).status == 500

    assert set(listed(office)) == {quarantined(invalid), quarantined(faulted)}


def test_receipt_with_a_fault_is_read_resolved_and_downloaded(office: BackOffice):
    """It is a case like any other; it cannot be taken, because it would be refused again."""
    sent = message(1).replace(
        b"<soapenv:Body>",
        b'<soapenv:Header><x:y xmlns:x="urn:x" soapenv:mustUnderstand="1"/></soapenv:Header>'
        b"<soapenv:Body>",
    )
    assert post(office, sent).status == 500
    path = f"{WORKLIST}/{quarantined(sent)}"

    case = office.get(path).body
    assert (case["primitive"], case["organizationFiscalCode"]) == ("paSendRTV2", ORGANIZATION)
    assert case["reasons"] == ["soap: A header entry with mustUnderstand is not supported."]
    assert office.get(f"{path}/raw").body == sent
    again = office.post(f"{path}/rematch")
    assert (again.status, again.title) == (409, "The message was refused again")
    assert office.post(f"{path}/resolve", {"note": "Chiesta di nuovo"}).status == 200


def test_question_with_a_fault_is_not_quarantined(quick: BackOffice):
    """Nothing was paid by it."""
    question = build.soap_request("paVerifyPaymentNotice", build.claim()).encode()

    assert post(quick, question[:-20]).status == 500
    assert post(quick, question.replace(b"Envelope", b"Umschlag")).status == 500

    assert quick.get("/worklist", key=quick.key(Role.ADMIN)).body["worklist"] == []
    assert hashlib.sha256(question).hexdigest() not in str(listed(quick))
