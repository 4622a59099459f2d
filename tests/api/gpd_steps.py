"""The steps of GPD's scenarios: what is sent, and what must be true of the answer.

A step is a request, its expected status, and facts of its answer.  Only the data is changed from
GPD's tests: numbers, IBANs and codes have the length and the check digits that their publication
requires.
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
