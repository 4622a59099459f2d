"""A verify as the Node would send it, answered by the real code and written in no journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from gpd_soap.contract.parsing import parse
from gpd_soap.core.notice import PROBE
from gpd_soap.soap.models import NAMESPACE
from gpd_soap.store.configuration.read import Serving

VERIFY = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:paf="{namespace}">
<soapenv:Body><paf:paVerifyPaymentNoticeReq>
<idPA>{organization}</idPA><idBrokerPA>{broker}</idBrokerPA><idStation>{station}</idStation>
<qrCode><fiscalCode>{organization}</fiscalCode><noticeNumber>{nav}</noticeNumber></qrCode>
</paf:paVerifyPaymentNoticeReq></soapenv:Body></soapenv:Envelope>
"""
_BETWEEN = re.compile(r">\s*<")
AUX_WITH_CODE = "3"


class DryAnswer(NamedTuple):
    """What the Node would be answered; None for what the answer does not have."""

    outcome: str
    fault: str | None
    description: str | None
    amount: str | None
    sent: str
    answer: str


def route_of(nav: str, servings: Sequence[Serving]) -> Serving | None:
    """Returns the station through which the Node would ask for a notice, or None without any.

    The segregation code in a number of aux digit 3 names it.
    """
    if not servings or nav == PROBE:
        return None
    code = nav[1:3] if nav.startswith(AUX_WITH_CODE) else None
    return next((each for each in servings if each.segregation_code == code), servings[0])


def message(organization: str, route: Serving, nav: str) -> bytes:
    """Returns a verify of a notice through a station."""
    values = {"organization": organization, "broker": route.broker, "station": route.station}
    texts = {name: escape(text) for name, text in {**values, "nav": nav}.items()}
    return VERIFY.format(namespace=NAMESPACE, **texts).encode()


def read_answer(sent: bytes, answer: bytes) -> DryAnswer:
    """Returns what an answer says, with both messages as a person reads them."""
    texts: dict[str, str] = {}
    root = parse(answer)
    for element in () if root is None else root.iter():
        name = str(element.tag).rpartition("}")[2]
        texts.setdefault(name, element.text or "")
    return DryAnswer(
        texts.get("outcome", "Fault"),
        texts.get("faultCode"),
        texts.get("description"),
        texts.get("amount"),
        indented(sent.decode()),
        indented(answer.decode(errors="replace")),
    )


def indented(xml: str) -> str:
    """Return a message with each element on a line of its own.

    >>> print(indented("<a><b>1</b></a>"))
    <a>
      <b>1</b>
    </a>
    """
    lines, depth = [], 0
    for part in _BETWEEN.sub(">\n<", xml.strip()).split("\n"):
        closes = part.startswith("</")
        depth -= closes
        lines.append("  " * depth + part)
        opens = part.startswith("<") and not closes and not part.startswith("<?")
        depth += opens and "</" not in part and not part.endswith("/>")
    return "\n".join(lines)
