"""The scenarios of GPD's public integration tests, as steps in words of our own.

SPEC: pagopa-debt-position (positions, 20 scenarios) and pagopa-gpd-payments (receipts, 11), folder
`integration-test` of each.  A step is a request, its expected status, and facts of its answer.
Only the data is changed: numbers, IBANs and codes have the length and the check digits that their
publication requires.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from gpd_soap.core.notice import issue
from tests.api import paying
from tests.api.office import NOW, ORGANIZATION
from tests.messages import build
from tests.world import STRANGER

IBAN, POSITIONS = "IT60X0542811101000000123456", "/organizations/77777777777/debtpositions"
OPTIONS = "/organizations/77777777777/paymentoptions"
OTHER_BENEFICIARY = "01020304059"
PAYER = {
    "type": "F",
    "fiscalCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio",
    "streetName": "Via dell'Esempio",
    "civicNumber": "11",
    "postalCode": "00100",
    "city": "Roma",
    "province": "RM",
    "region": "Lazio",
    "country": "IT",
    "email": "nessuno@esempio.it",
    "phone": "333-123456789",
    "companyName": "Esempio S.r.l.",
    "officeName": "Esempio - Sede",
}


@dataclass
class Session:
    """What a scenario has sent and received; each has numbers of its own."""

    serial: int
    answer: Any = None
    created: Any = None
    iupd: str = field(init=False)
    iuv: str = field(init=False)
    nav: str = field(init=False)

    def __post_init__(self) -> None:
        """Choose the numbers."""
        self.iupd = f"IUPD_{self.serial}"
        number = issue("47", self.serial)
        self.nav, self.iuv = number.nav, number.iuv

    @property
    def code(self) -> str:
        """The segregation code of the IUV."""
        return self.iuv[:2]


Content = Callable[[Session], Any]
Facts = Callable[[Any, Session], bool]


class Step(NamedTuple):
    """A request, its status, and what must be true of its answer."""

    method: str
    path: str
    status: int = 200
    content: Content | None = None
    facts: Facts | None = None
    wait: timedelta = timedelta()


def javascript(days: float) -> str:
    """Return a time some days from now, as JavaScript writes it."""
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.123Z")


def day(days: int) -> str:
    """Return the day some days from now."""
    return (NOW + timedelta(days=days)).date().isoformat()


def position(session: Session, edit: str = "", **more: Any) -> dict[str, Any]:
    """Return the position that the reference sends: 300 euros, a third and the rest."""
    fields = {**PAYER, "companyName": PAYER["companyName"] + edit, "switchToExpired": False}
    first = {"idTransfer": "1", "amount": 30000 / 3, "remittanceInformation": f"Rata 1{edit}"}
    second = {"idTransfer": "2", "amount": 30000 / 3 * 2, "remittanceInformation": f"Rata 2{edit}"}
    both = [
        {**first, "category": "9/0101108TS/", "iban": IBAN},
        {
            **second,
            "organizationFiscalCode": OTHER_BENEFICIARY,
            "category": "9/0101108TS/",
            "iban": IBAN,
        },
    ]
    option = {
        "iuv": session.iuv,
        "amount": 300.00 * 100,
        "description": f"Canone{edit}",
        "isPartialPayment": False,
        "dueDate": javascript(30),
        "retentionDate": javascript(90),
        "fee": 0,
        "transfer": both,
    }
    return {"iupd": session.iupd, **fields, "paymentOption": [option], **more}


def correction(session: Session) -> dict[str, Any]:
    """Return the update that the reference makes of the answer to a creation."""
    [option] = session.created["paymentOption"]
    amount = option["amount"] * 100
    transfers = [
        {
            "idTransfer": each["idTransfer"],
            "amount": part,
            "remittanceInformation": f"Rata {number} Edit",
            "category": "9/0101108TS/",
            "iban": each["iban"],
        }
        for number, each, part in zip(
            (1, 2), option["transfer"], (amount / 3, amount / 3 * 2), strict=True
        )
    ]
    changed = {name: option[name] for name in ("iuv", "dueDate", "retentionDate")}
    changed |= {"amount": amount, "description": "Canone - Edit", "isPartialPayment": False}
    names = ("type", "fiscalCode", "fullName")
    return {
        "iupd": session.created["iupd"],
        **{name: PAYER[name] for name in names},
        "companyName": "Testing S.p.A.",
        "switchToExpired": False,
        "paymentOption": [{**changed, "fee": 0, "transfer": transfers}],
    }


def third_version(session: Session) -> dict[str, Any]:
    """Return a position as GPD's third version takes it."""
    sent = position(session)
    [option] = sent["paymentOption"]
    debtor = {name: PAYER[name] for name in ("type", "fiscalCode", "fullName")}
    installment = {name: option[name] for name in ("iuv", "amount", "description", "dueDate")}
    installment["transfer"] = option["transfer"]
    group = {"switchToExpired": False, "debtor": debtor, "installments": [installment]}
    return {"iupd": sent["iupd"], "companyName": sent["companyName"], "paymentOption": [group]}


def state(expected: str) -> Facts:
    """Return the fact that the position has this state."""
    return lambda answer, _: bool(answer["status"] == expected)


def has_nav(answer: Any, session: Session) -> bool:
    """Return whether the first notice has the number of its IUV."""
    return bool(answer["paymentOption"][0]["nav"] == session.nav == f"3{session.iuv}")


def has_fee(answer: Any, _: Session) -> bool:
    """Return whether the notice and its first transfer cost the notification fee more."""
    amounts = [answer["amount"], *(each["amount"] for each in answer["transfer"])]
    return amounts == [30150, 10150, 20000] and answer["notificationFee"] == 150


def is_corrected(answer: Any, session: Session) -> bool:
    """Return whether the position has the name that the update gave, and its number."""
    return bool(answer["companyName"] == "Testing S.p.A.") and has_nav(answer, session)


def without_position(version: str = "/v1") -> Step:
    """Return the deletion with which a scenario begins: no position is there yet."""
    return Step("DELETE", f"{version}{POSITIONS}/{{iupd}}", 404)


def creation(version: str = "/v1", query: str = "", *, codes: bool = False) -> Step:
    """Return the creation of a draft."""
    query = "?segregationCodes={code}" if codes else query
    content = third_version if version == "/v3" else position
    return Step("POST", f"{version}{POSITIONS}{query}", 201, content)


def listing(query: str, version: str = "/v1", status: int = 200) -> Step:
    """Return the request for a list."""
    order = "orderby=INSERTED_DATE&ordering=ASC&page=0"
    return Step("GET", f"{version}{POSITIONS}?{query}&{order}", status)


DUE, PAID = (
    f"{name}_date_from={day(0)}&{name}_date_to={day(days)}"
    for name, days in (("due", 10), ("payment", 20))
)
CODES = "?segregationCodes={code}"
ONE = f"/v1{POSITIONS}/{{iupd}}"
THIRD = f"/v3{POSITIONS}/{{iupd}}"
PAYMENT = {
    "paymentMethod": "bonifico",
    "pspCompany": "Banca di Esempio",
    "idReceipt": "r",
    "fee": 0,
}


def pay(_: Session) -> dict[str, Any]:
    """Return the payment that GPD's own adapter sends to GPD's core."""
    return {**PAYMENT, "paymentDate": javascript(0)}


def many(session: Session) -> dict[str, Any]:
    """Return a list of one position."""
    return {"paymentPositions": [position(session)]}


def account(_: Session) -> dict[str, str]:
    """Return the account that transfers get."""
    return {"newIban": IBAN}


def of_draft(*steps: Step) -> tuple[Step, ...]:
    """Return the creation of a draft, and these steps."""
    return (without_position(), creation(), *steps)


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


def message(primitive: str, organization: str = ORGANIZATION) -> Content:
    """Return the content of a question of the Node about the notice."""
    extra = "<amount>300.00</amount>" if primitive.startswith("paGetPayment") else ""
    return lambda session: build.soap_request(
        primitive, build.claim(organization) + build.qr(session.nav, organization) + extra
    )


def receipt(primitive: str, organization: str = ORGANIZATION) -> Content:
    """Return the receipt of the notice."""
    return lambda session: paying.message(
        session.serial,
        f"r-{session.serial}",
        primitive,
        organization=organization,
        amount="300.00",
        paymentDateTime=NOW.strftime("%Y-%m-%dT%H:%M:%S"),
    ).decode()


def says(*texts: str) -> Facts:
    """Return the fact that an answer has these texts."""
    return lambda answer, _: all(text in answer for text in texts)


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
