"""The notices and requests of every variant, and the right answers to them.

The amount and the texts of a notice follow from its serial, so that an answer can be judged without
the database.  Every request of one primitive has the same length.
"""

from typing import Any, NamedTuple

from lxml import etree

from gpd_soap.contract.schema import Schema
from gpd_soap.core import money
from gpd_soap.soap.envelope import NotSoap, open_envelope
from tests import world
from tests.messages.build import PERSON, claim, metadata, qr, receipt, soap_request, tags, transfer

VERIFY, GET, SEND = "paVerifyPaymentNotice", "paGetPaymentV2", "paSendRTV2"
SECOND_TRANSFER = 1000
#: A prime, so that it has no factor in common with any number of positions below it.
SCATTER = 161_803_403

SUBJECT = PERSON + tags(
    streetName="Via dell'Esempio", civicNumber="1/A", postalCode="00100", city="Roma",
    stateProvinceRegion="RM", country="IT",
)  # fmt: skip
ENTRIES = {f"CHIAVE_{n}": f"valore {n}" for n in range(4)}


class Request(NamedTuple):
    """The template of one primitive's request, and a part that the right answer must contain.

    Placeholders: @NAV@, @IUV@, @AMOUNT@, @FIRST@ (the first transfer's amount) and @RECEIPT@.
    """

    template: str
    expected: str


def nth(number: int, positions: int) -> int:
    """Return the serials in an order without pattern, each once; load.lua has its twin."""
    return number * SCATTER % positions + 1


def amount(serial: int) -> int:
    """Return the amount of a notice in cents: 20.00 to 99.99 euros, always five characters."""
    return 2000 + serial % 8000


def description(serial: int) -> str:
    """Return the description of a notice."""
    return f"Tributo {serial}"


def filled(template: str, serial: int) -> str:
    """Return a request or an expectation for this notice; load.lua has its twin."""
    values = {
        "NAV": world.nav(serial),
        "IUV": world.nav(serial)[1:],
        "AMOUNT": money.to_wire(amount(serial)),
        "FIRST": money.to_wire(amount(serial) - SECOND_TRANSFER),
        "RECEIPT": receipt_id(serial),
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def receipt_id(serial: int) -> str:
    """Return the receiptId of a notice's receipt: 32 characters that come in no order."""
    return f"{serial * 2654435761 % 2**32:08x}{serial:024d}"


def _sent() -> str:
    more: dict[str, Any] = {"company": world.NAME, "entries": ENTRIES}
    second = money.to_wire(SECOND_TRANSFER)
    transfers = transfer(1, "@FIRST@", **more) + transfer(2, second, world.SECOND_BANK, **more)
    return receipt(
        "@NAV@", "@AMOUNT@", receiptId="@RECEIPT@", creditorReferenceId="@IUV@",
        officeName="Ufficio Tributi", debtor=SUBJECT, transferList=transfers,
        pspFiscalCode="00000000000", payer=SUBJECT, paymentMethod="creditCard", fee="1.50",
        paymentDateTime="2026-03-16T09:58:31.123", applicationDate="2026-03-16",
        transferDate="2026-03-17", metadata=metadata(**ENTRIES),
    )  # fmt: skip


ASKED = claim() + qr("@NAV@")
REQUESTS = {
    VERIFY: Request(soap_request(VERIFY, ASKED), "<amount>@AMOUNT@</amount>"),
    GET: Request(soap_request(GET, ASKED), "<paymentAmount>@AMOUNT@</paymentAmount>"),
    SEND: Request(soap_request(SEND, claim() + _sent()), "<outcome>OK</outcome>"),
}

_schema = Schema()


def wrong(primitive: str, serial: int, raw: bytes) -> str | None:
    """Return what is wrong with the answer to a request about this notice, or None."""
    payload = open_envelope(raw)
    if isinstance(payload, NotSoap):
        return f"not SOAP: {payload.reason}"
    violation = _schema.check(payload)
    if violation is not None:
        return f"breaks the contract: {violation.element}, {violation.rule}"
    texts = {path: payload.findtext(path) for path in promised(primitive, serial)}
    different = [name for name, text in promised(primitive, serial).items() if texts[name] != text]
    return (
        f"{primitive}: {', '.join(different)}" if different else _wrong_transfers(payload, serial)
    )


def promised(primitive: str, serial: int) -> dict[str, str]:
    """Return the texts of a right answer, by their paths."""
    due, about = money.to_wire(amount(serial)), description(serial)
    texts = {
        VERIFY: {
            "paymentList/paymentOptionDescription/amount": due,
            "paymentDescription": about,
            "fiscalCodePA": world.ORGANIZATION,
        },
        GET: {
            "data/creditorReferenceId": world.nav(serial)[1:],
            "data/paymentAmount": due,
            "data/description": about,
        },
        SEND: {},
    }
    return {"outcome": "OK", **texts[primitive]}


def _wrong_transfers(payload: etree._Element, serial: int) -> str | None:
    amounts = [money.from_wire(each.text or "") for each in payload.iter("transferAmount")]
    expected = [amount(serial) - SECOND_TRANSFER, SECOND_TRANSFER]
    return None if amounts in ([], expected) else "the transfers are not the notice's"
