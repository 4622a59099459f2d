"""The scenarios of GPD's public integration tests by name, and those that end otherwise here.

SPEC: pagopa-debt-position (positions, 20 scenarios) and pagopa-gpd-payments (receipts, 11), folder
`integration-test` of each.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from tests.api.gpd_steps import (
    IBAN,
    OPTIONS,
    POSITIONS,
    Step,
    account,
    correction,
    creation,
    day,
    has_fee,
    has_nav,
    is_corrected,
    javascript,
    listing,
    many,
    message,
    of_draft,
    pay,
    position,
    receipt,
    says,
    state,
    third_version,
    without_position,
)
from tests.world import STRANGER

DUE, PAID = (
    f"{name}_date_from={day(0)}&{name}_date_to={day(days)}"
    for name, days in (("due", 10), ("payment", 20))
)
CODES = "?segregationCodes={code}"
ONE = f"/v1{POSITIONS}/{{iupd}}"
THIRD = f"/v3{POSITIONS}/{{iupd}}"

POSITION_SCENARIOS: dict[str, tuple[Step, ...]] = {
    "v1: create and publish": (
        without_position(),
        Step("POST", f"/v1{POSITIONS}?toPublish=True", 201, position, state("VALID")),
    ),
    "v1: publish and withdraw with segregation codes": (
        without_position(),
        creation(codes=True)._replace(facts=state("DRAFT")),
        Step("POST", f"{ONE}/publish{CODES}", 200, None, state("VALID")),
        Step("POST", f"{ONE}/invalidate{CODES}", 200, None, state("INVALID")),
    ),
    "v1: create, notification fee, list, update, delete": (
        without_position(),
        creation()._replace(facts=has_nav),
        Step(
            "PUT",
            f"/v1{OPTIONS}/{{iuv}}/notificationfee",
            209,
            lambda _: {"notificationFee": 150},
            has_fee,
        ),
        listing(f"status=DRAFT&{DUE}"),
        listing(PAID),
        Step("PUT", ONE, 200, correction, has_nav),
        Step("GET", ONE, 200, None, is_corrected),
        Step("DELETE", ONE),
    ),
    "v1: list by due date and payment date": (listing(f"{DUE}&{PAID}", status=400),),
    "v1: create, update, list, delete with segregation codes": (
        without_position(),
        creation(codes=True)._replace(facts=has_nav),
        Step("PUT", f"{ONE}{CODES}", 200, correction, has_nav),
        Step("GET", f"{ONE}{CODES}", 200, None, is_corrected),
        listing("segregationCodes={code}")._replace(
            facts=lambda answer, _: len(answer["payment_position_list"]) > 1
        ),
        Step("DELETE", f"{ONE}{CODES}"),
    ),
    "v2: create many": (without_position(), Step("POST", f"/v2{POSITIONS}", 201, many)),
    "v2: create many with segregation codes": (
        without_position(),
        Step("POST", f"/v2{POSITIONS}{CODES}", 201, many),
    ),
    "v1: create, publish, pay, report": of_draft(
        Step("POST", f"{ONE}/publish"),
        Step("POST", f"/v1{OPTIONS}/{{iuv}}/pay", 200, pay),
        Step("POST", f"/v1{OPTIONS}/{{iuv}}/transfers/1/report"),
    ),
    "v1: read by IUV after a validity date that was near": (
        without_position(),
        Step(
            "POST",
            f"/v1{POSITIONS}?toPublish=true",
            201,
            lambda session: position(session, validityDate=javascript(5 / 86_400)),
        ),
        Step(
            "GET",
            f"/v1{OPTIONS}/{{iuv}}",
            200,
            None,
            lambda answer, _: bool(answer["debtPositionStatus"] == "VALID"),
            timedelta(seconds=10),
        ),
        Step("DELETE", ONE),
    ),
    "v1: read the position of an IUV": of_draft(
        Step(
            "GET",
            f"/v1{OPTIONS}/{{iuv}}/debtposition",
            200,
            None,
            lambda answer, session: bool(answer["paymentOption"][0]["iuv"] == session.iuv),
        ),
        Step("DELETE", ONE),
    ),
    "v1: update and publish": of_draft(
        Step("PUT", f"{ONE}?toPublish=True", 200, position, state("VALID")),
    ),
    "v1: change an IBAN everywhere": (
        Step(
            "PATCH",
            f"/v1{POSITIONS}/transfers?oldIban={IBAN}&limit=10",
            200,
            account,
            lambda answer, _: bool(answer["updatedTransfers"] >= 0),
        ),
    ),
    "options: a single payment and a plan": (
        Step("POST", f"/v3{POSITIONS}", 201, third_version),
        Step("POST", "/payment-options/organizations/77777777777/notices/{nav}"),
    ),
    "options: an unknown notice": (
        Step("POST", "/payment-options/organizations/77777777777/notices/{nav}", 404),
    ),
    "options: a malformed notice number": (
        Step("POST", "/payment-options/organizations/77777777777/notices/ABCDEF", 400),
    ),
    "v3: create, list, update, read, delete": (
        without_position("/v3"),
        creation("/v3"),
        listing(f"status=DRAFT&{DUE}", "/v3"),
        Step("PUT", THIRD, 200, third_version),
        Step("GET", THIRD),
        Step("DELETE", THIRD),
    ),
    "v3: update and publish": (
        without_position(),
        creation("/v3"),
        Step("PUT", f"{THIRD}?toPublish=True", 200, third_version, state("VALID")),
    ),
    "v3: create, publish, pay, report": (
        without_position(),
        creation("/v3"),
        Step("POST", f"{THIRD}/publish"),
        Step("POST", f"/v1{OPTIONS}/{{iuv}}/pay", 200, pay),
        Step("POST", f"/v1{OPTIONS}/{{iuv}}/transfers/1/report"),
    ),
    "v3: pay one installment of a plan beside a single payment": (
        without_position(),
        creation("/v3"),
        Step("POST", f"/v1{OPTIONS}/{{nav}}/pay", 200, pay),
    ),
    "v3: pay one installment of a plan beside a plan": (
        without_position(),
        creation("/v3"),
        Step("POST", f"/v1{OPTIONS}/{{nav}}/pay", 200, pay),
    ),
}
SOAP = "/partner"
PAYABLE = Step("POST", f"/v1{POSITIONS}?toPublish=true", 201, position)
VERIFY = Step("SOAP", SOAP, 200, message("paVerifyPaymentNotice"), says("<amount>300.00</amount>"))
PAID_ONE = (PAYABLE, VERIFY, Step("SOAP", SOAP, 200, receipt("paSendRT"), says("<outcome>OK<")))
RECEIPTS = "/payments/77777777777/receipts"

RECEIPT_SCENARIOS: dict[str, tuple[Step, ...]] = {
    "node: verify for an unknown organization": (
        PAYABLE,
        Step(
            "SOAP", SOAP, 200, message("paVerifyPaymentNotice", STRANGER),
            says("PAA_PAGAMENTO_SCONOSCIUTO"),
        ),
    ),
    "node: verify": (PAYABLE, VERIFY),
    "node: payment": (
        PAYABLE,
        Step(
            "SOAP", SOAP, 200, message("paGetPayment"),
            says("<paymentAmount>300.00</paymentAmount>", f"<IBAN>{IBAN}</IBAN>"),
        ),
    ),
    "node: payment, second version": (
        PAYABLE,
        Step(
            "SOAP", SOAP, 200, message("paGetPaymentV2"),
            says("<paymentAmount>300.00</paymentAmount>", f"<IBAN>{IBAN}</IBAN>"),
        ),
    ),
    "node: receipt for an unknown organization": (
        PAYABLE,
        VERIFY,
        Step("SOAP", SOAP, 200, receipt("paSendRT", STRANGER), says("PAA_PAGAMENTO_SCONOSCIUTO")),
    ),
    "node: receipt": PAID_ONE,
    "node: receipt, second version": (
        PAYABLE,
        VERIFY,
        Step("SOAP", SOAP, 200, receipt("paSendRTV2"), says("<outcome>OK<")),
    ),
    "receipts: list": (
        *PAID_ONE,
        Step(
            "GET", f"{RECEIPTS}?pageNum=0&pageSize=20", 200, None,
            lambda answer, _: bool(
                answer["results"] and answer["length"] and answer["totalPages"] >= 1
                and answer["currentPageNumber"] == 0
            ),
        ),
    ),
    "receipts: list by IUV with segregation codes": (
        *PAID_ONE,
        Step(
            "GET", f"{RECEIPTS}?debtorOrIuv={{iuv}}&segregationCodes={{code}}", 200, None,
            lambda answer, session: [each["iuv"] for each in answer["results"]] == [session.iuv],
        ),
    ),
}  # fmt: skip


class Difference(NamedTuple):
    """A scenario that ends otherwise here: the step that differs, its answer, and why.

    `status` is the answer's, and `text` is in it.
    """

    step: int
    status: int
    why: str
    text: str = ""


THIRD_VERSION = "the third version is not there yet"
NO_PAY = "a notice is paid by the Node's receipt, or marked by `paids`: no caller says that it is"
DIFFERENCES: dict[str, Difference] = {
    "v1: create, publish, pay, report": Difference(3, 404, NO_PAY),
    "options: a single payment and a plan": Difference(0, 404, THIRD_VERSION),
    "v3: create, list, update, read, delete": Difference(1, 404, THIRD_VERSION),
    "v3: update and publish": Difference(1, 404, THIRD_VERSION),
    "v3: create, publish, pay, report": Difference(1, 404, THIRD_VERSION),
    "v3: pay one installment of a plan beside a single payment": Difference(
        1, 404, THIRD_VERSION
    ),
    "v3: pay one installment of a plan beside a plan": Difference(1, 404, THIRD_VERSION),
    "node: verify for an unknown organization": Difference(
        1, 200, "the published fault of another organization is `PAA_ID_DOMINIO_ERRATO`",
        "PAA_ID_DOMINIO_ERRATO",
    ),
    "node: receipt for an unknown organization": Difference(
        2, 200, "`PAA_ID_DOMINIO_ERRATO`, and the message is quarantined: money is not forgotten",
        "PAA_ID_DOMINIO_ERRATO",
    ),
}  # fmt: skip
#: Scenarios whose tested step is a request to the Node and none to us.
OF_THE_NODE = ("node: activation", "node: activation for an unknown organization")
SCENARIOS = POSITION_SCENARIOS | RECEIPT_SCENARIOS
