"""The cases of paSendRT and paSendRTV2 ("Receipts", rules 1 to 13)."""

from typing import Any

from tests import world
from tests.messages.build import (
    claim,
    metadata,
    receipt,
    tags,
    transfer,
)
from tests.messages.case import Case, good, refused
from tests.world import nav

SEND, SEND2 = "paSendRT", "paSendRTV2"
ID = "c0ffee00c0ffee00c0ffee00c0ffee00"
OK = tags(outcome="OK")
DOMAIN = "Il codice indicato in idPA non corrisponde all'ente a cui è rivolta la richiesta."


def stored(notice: str, how: str = "applied", reasons: str = "", **more: Any) -> dict[str, Any]:
    """Return the rows of a stored receipt, and the notice that it pays."""
    row = {
        "receipt_id": more.get("receipt_id", ID),
        "variant": 0,
        "nav": notice,
        "kept": how,
        "reasons": reasons,
        "drift": more.get("drift", ""),
        "copies": more.get("copies", 1),
        "stand_in": more.get("stand_in", False),
    }
    row = {name: value for name, value in row.items() if value != ""}
    paid = {"paid": {notice: row["receipt_id"]}} if more.get("pays", True) else {}
    return {"receipt": [row], **paid}


def quarantined(
    primitive: str, reason: str, organization: str = world.ORGANIZATION
) -> dict[str, Any]:
    """Return the row of a message that was sent as a receipt and is not a valid one."""
    row = {"organization": organization, "primitive": primitive, "reason": reason, "copies": 1}
    return {"quarantine": [row]}


FULL: dict[str, Any] = {
    "officeName": "Ufficio Tributi",
    "pspFiscalCode": "00000000000",
    "pspPartitaIVA": "00000000000",
    "paymentMethod": "creditCard",
    "fee": "1.50",
    "paymentDateTime": "2026-03-16T09:58:31.123",
    "applicationDate": "2026-03-16",
    "transferDate": "2026-03-17+01:00",
    "metadata": metadata(CHIAVE="valore"),
    "standIn": "true",
}
PAYER = tags(
    uniqueIdentifier=tags(entityUniqueIdentifierType="F", entityUniqueIdentifierValue="ANONIMO"),
    fullName="ANONIMO",
)


LONG_YEAR = "9" * 40
#: Dates that the schema allows and Python's calendar does not have.
DISTANT = {
    "year-12000": "12000-01-01T00:00:00",
    "year-0001": "0001-01-01T00:00:00",
    "year-before-christ": "-0044-03-15T12:00:00Z",
    "last-midnight": "9999-12-31T24:00:00Z",
}


def both(primitive: str) -> list[Case]:
    """Return the cases that the two versions have in common."""

    def take(name: str, promise: str, serial: int, *then: Any, **more: Any) -> Case:
        fields = {"amount": "100.00", **more}
        ask = claim() + receipt(nav(serial), **fields)
        pays = "double" not in then
        return good(primitive, name, promise, ask, OK, then=stored(nav(serial), *then, pays=pays))

    review = "review"
    not_paid: dict[str, Any] = {"pays": False}
    return [
        take("first", "The first receipt of a payable notice is applied.", 1),
        good(primitive, "everything", "Every optional element is accepted.",
             claim() + receipt(nav(1), payer=PAYER, **FULL), OK,
             then=stored(nav(1), stand_in=True)),
        good(primitive, "repeated", "The same receipt again is counted on the first.",
             claim() + receipt(nav(1)), OK, times=3, then=stored(nav(1), copies=3)),
        refused(primitive, "repeated-fault", "Where the setting says so, a repetition is a fault.",
                claim() + receipt(nav(1)), "PAA_RECEIPT_DUPLICATA",
                "La ricevuta era già stata acquisita.", times=2,
                settings={"duplicate_receipt": "fault"}, then=stored(nav(1), copies=2)),
        take("paid-already", "Another receipt of a paid notice is a double payment.", 17,
             "double", "the notice was paid already"),
        take("single-after-plan", "A receipt of an excluded single option is a double payment.",
             19, "double", "an exclusive alternative was paid"),
        take("plan-after-plan", "A receipt of an excluded plan is a double payment.", 24,
             "double", "an exclusive alternative was paid"),
        good(primitive, "second-installment", "The next installment of a plan is applied.",
             claim() + receipt(nav(21), "40.00"), OK, then=stored(nav(21))),
        take("withdrawn", "A receipt of a withdrawn notice pays it, under review.", 13,
             review, "the position was withdrawn"),
        take("draft", "A receipt of a draft pays it, under review.", 15,
             review, "the position is a draft"),
        take("not-yet-valid", "A receipt before the validity date pays, under review.", 16,
             review, "the notice was not yet valid"),
        take("expired", "A receipt of an expired notice pays it, under review.", 11,
             review, "the notice had expired"),
        take("past-due-payable", "A receipt of a payable past-due notice is applied.", 12),
        take("reported", "A receipt of a notice that a flow reported is applied.", 18),
        good(primitive, "amount-differs", "A receipt with another amount pays, under review.",
             claim() + receipt(nav(1), "99.99"), OK,
             then=stored(nav(1), review, "the amount differs")),
        good(primitive, "iuv-differs", "A receipt with another IUV pays, under review.",
             claim() + receipt(nav(1), creditorReferenceId="00000000000000000"), OK,
             then=stored(nav(1), review, "the IUV differs")),
        good(primitive, "several-doubts", "Every reason for a review is recorded.",
             claim() + receipt(nav(13), "1.00", creditorReferenceId="0"), OK,
             then=stored(nav(13), review,
                       "the position was withdrawn; the amount differs; the IUV differs")),
        good(primitive, "date-with-blanks", "White space around a date is no part of it.",
             claim() + receipt(nav(1), paymentDateTime="\n\t2026-03-16T09:58:31 ",
                               applicationDate=" 2026-03-16 ", transferDate="2026-03-17\r\n",
                               standIn=" true ", fee="\t1.50\n"), OK,
             then=stored(nav(1), stand_in=True)),
        *(good(primitive, name, "A date beyond Python's calendar is left out, under review.",
               claim() + receipt(nav(1), paymentDateTime=date), OK,
               then=stored(nav(1), review, "paymentDateTime is out of range"))
          for name, date in DISTANT.items()),
        good(primitive, "distant-dates", "Each date that is left out is a reason.",
             claim() + receipt(nav(13), paymentDateTime=f"{LONG_YEAR}-01-01T00:00:00Z",
                               applicationDate="12026-01-01", transferDate="-0044-03-15"), OK,
             then=stored(nav(13), review, "the position was withdrawn; paymentDateTime is out of"
                       " range; applicationDate is out of range; transferDate is out of range")),
        good(primitive, "distant-date-unmatched", "Without a notice it is a reason too.",
             claim() + receipt(nav(99), paymentDateTime="12000-01-01T00:00:00"), OK,
             then=stored(nav(99), "unmatched",
                       "no notice of this number; paymentDateTime is out of range", **not_paid)),
        good(primitive, "iuv-of-another", "A known IUV under an unknown notice pays nothing.",
             claim() + receipt(nav(99), creditorReferenceId=nav(1)[1:]), OK,
             then=stored(nav(99), review, "the IUV is of another notice", **not_paid)),
        good(primitive, "secondary", "A copy for a beneficiary is stored as secondary.",
             claim() + receipt(nav(1), fiscalCode=world.STRANGER), OK,
             then=stored(nav(1), "secondary", **not_paid)),
        good(primitive, "unmatched", "A receipt of an unknown notice waits for it.",
             claim() + receipt(nav(99)), OK,
             then=stored(nav(99), "unmatched", "no notice of this number", **not_paid)),
        good(primitive, "outcome-ko", "A receipt of a payment that was not made changes nothing.",
             claim() + receipt(nav(1), outcome="KO"), OK,
             then=stored(nav(1), "not-paid", "outcome KO", **not_paid)),
        good(primitive, "broker-drift", "An unknown broker is recorded, not refused.",
             claim(broker="nobody") + receipt(nav(1)), OK,
             then=stored(nav(1), drift="broker and station")),
        good(primitive, "station-drift", "An unknown station is recorded, not refused.",
             claim(station="nowhere") + receipt(nav(1)), OK,
             then=stored(nav(1), drift="station")),
        refused(primitive, "organization-unknown", "An unknown organization means quarantine.",
                claim(world.STRANGER) + receipt(nav(1)), "PAA_ID_DOMINIO_ERRATO", DOMAIN,
                signed=world.STRANGER,
                then=quarantined(primitive, "configuration: the organization is not ours",
                                 world.STRANGER)),
        *broken(primitive),
    ]  # fmt: skip


def broken(primitive: str) -> list[Case]:
    """Return the receipts that break the contract: they are refused, and stored as received."""

    def bad(name: str, promise: str, ask: str, field: str, rule: str, detail: str = "") -> Case:
        sentence = f"Il campo {field} non rispetta il contratto{detail and ': ' + detail}."
        return refused(primitive, name, promise, ask, "PAA_SINTASSI_XSD", sentence,
                       then=quarantined(primitive, f"contract: {field}, {rule}"))  # fmt: skip

    complete = receipt(nav(1))
    return [
        bad("amount-without-cents", "An amount needs two decimals.",
            claim() + receipt(nav(1), "100"), "paymentAmount", "pattern",
            r"formato atteso \d+\.\d{2}"),
        bad("standin-beside", "A standIn outside the receipt breaks the contract.",
            claim() + complete + tags(standIn="true"), "standIn", "unexpected",
            "non è ammesso in questa posizione"),
        bad("six-transfers", "A receipt has at most five transfers.",
            claim() + receipt(nav(1), transferList="".join(
                transfer(n % 5 + 1, "10.00") for n in range(6))),
            "transfer", "unexpected", "non è ammesso in questa posizione"),
    ]  # fmt: skip


V2_ONLY = [
    good(SEND2, "bundles", "The elements that V2 adds are accepted.",
         claim() + receipt(nav(1), paymentNote="nota", fee="1.50", primaryCiIncurredFee="0.50",
                           idBundle="B1", idCiBundle="B2"), OK, then=stored(nav(1))),
    good(SEND2, "stamp", "The stamp that was bought comes with the receipt.",
         claim() + receipt(nav(9), "116.00", transferList=transfer(1, "100.00") + transfer(
             2, "16.00", None, attachment="PG1hcmNhRGFCb2xsby8+")), OK, then=stored(nav(9))),
    good(SEND2, "long-id", "A receiptId that is too long for a key is replaced by its digest.",
         claim() + receipt(nav(1), receiptId="x" * 300), OK,
         then=stored(nav(1), receipt_id="sha256:"
                   "0d4e2ca9e9cbced7a7a5380eb29e1a3783b9b6d0db72de36a1051038e1c1fbc7")),
]  # fmt: skip

CASES = [*both(SEND), *both(SEND2), *V2_ONLY]
