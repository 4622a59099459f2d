"""Every kind of difference between a WSDL and the published contract is named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.checker import PUBLISHED, ROOT, contract_of, differences, published, written

COMMON, PA, WSDL = "xsd/sac-common-types-1.0.xsd", "xsd/paForNode.xsd", "wsdl/paForNode.wsdl"

VERIFY = "types, pa:paVerifyPaymentNoticeReq"
ANSWER = "types, pa:paVerifyPaymentNoticeRes"
QR_CODE = "types, pa:ctQrCode"
TEXT = "common:stText140"


class Planted(NamedTuple):
    """A change of the first match in a file, and the differences of one name after it."""

    file: str
    pattern: str
    by: str
    of: str
    missing: str | None
    more: str | None


PLANTED = {
    "two elements change order": Planted(
        PA, r'(<xsd:element name="idBrokerPA".*?/>)(\s*)(<xsd:element name="idStation".*?/>)',
        r"\3\2\1", VERIFY, "idStation common:stText35 1..1", "idStation common:stText35 1..1",
    ),
    "a text is longer": Planted(
        COMMON, '<xsd:maxLength value="35"/>', '<xsd:maxLength value="36"/>',
        "types, common:stText35", "maxLength 35", "maxLength 36",
    ),
    "a number has one digit more": Planted(
        COMMON, re.escape("[0-9]{18}"), "[0-9]{19}",
        "types, common:stNoticeNumber", "pattern [0-9]{18}", "pattern [0-9]{19}",
    ),
    "an optional element is required": Planted(
        PA, f'(name="paymentDescription" type="{TEXT}") minOccurs="0"', r"\1",
        ANSWER, f"paymentDescription {TEXT} 0..1", f"paymentDescription {TEXT} 1..1",
    ),
    "an element may come more than once": Planted(
        PA, '(name="qrCode" type="pa:ctQrCode")/>', r'\1 maxOccurs="unbounded"/>',
        VERIFY, "qrCode pa:ctQrCode 1..1", "qrCode pa:ctQrCode 1..n",
    ),
    "an element is nillable": Planted(
        PA, '(name="qrCode" type="pa:ctQrCode")/>', r'\1 nillable="true"/>',
        VERIFY, "qrCode pa:ctQrCode 1..1", "qrCode pa:ctQrCode 1..1 nillable true",
    ),
    "an element has another type": Planted(
        PA, '(name="noticeNumber" type=)"common:stNoticeNumber"', r'\1"common:stText35"',
        QR_CODE, "noticeNumber common:stNoticeNumber 1..1", "noticeNumber common:stText35 1..1",
    ),
    "an element is qualified": Planted(
        PA, '(name="qrCode" type="pa:ctQrCode")/>', r'\1 form="qualified"/>',
        VERIFY, "qrCode pa:ctQrCode 1..1", "qrCode pa:ctQrCode 1..1 form qualified",
    ),
    "a type has an attribute": Planted(
        PA, r'(<xsd:complexType name="ctQrCode">.*?</xsd:sequence>)',
        r'\1<xsd:attribute name="version"/>', QR_CODE, None, "has attribute name version",
    ),
    "an enumeration loses a value": Planted(
        PA, '<xsd:enumeration value="ANY"/>', "",
        "types, pa:stAmountOption", "enumeration ANY", None,
    ),
    "an enumeration gains a value": Planted(
        COMMON, '(<xsd:enumeration value="KO"/>)', r'\1<xsd:enumeration value="MAYBE"/>',
        "types, common:stOutcome", None, "enumeration MAYBE",
    ),
    "children are qualified": Planted(
        PA, "targetNamespace=", 'elementFormDefault="qualified" targetNamespace=',
        "schemas, http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd",
        "elementFormDefault unqualified", "elementFormDefault qualified",
    ),
    "a root element is not declared": Planted(
        PA, '<xsd:element name="paSendRTReq" type="pa:paSendRTReq"/>', "",
        "elements, pa:paSendRTReq", "type pa:paSendRTReq", "no element with a type",
    ),
    "a SOAPAction is another": Planted(
        WSDL, 'soapAction="paSendRTV2"', 'soapAction="paSendRT"',
        "operations, paSendRTV2", "soapAction paSendRTV2", "soapAction paSendRT",
    ),
    "a body is encoded": Planted(
        WSDL, 'use="literal"', 'use="encoded"',
        "operations, paVerifyPaymentNotice", None, "use encoded",
    ),
    "an answer is another element": Planted(
        WSDL, 'element="pa:paSendRTRes"', 'element="pa:paSendRTV2Response"',
        "operations, paSendRT", "output pa:paSendRTRes", "output pa:paSendRTV2Response",
    ),
    "the port has another name": Planted(
        WSDL, '<wsdl:port name="paForNodePort"', '<wsdl:port name="Port"',
        "service, names", "port paForNodePort", "port Port",
    ),
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of our documents in a folder."""
    for part in ("wsdl", "xsd"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def compared(copy: Path) -> list[str]:
    """Return the differences of the copy."""
    return list(differences(published(), contract_of(copy / WSDL)))


def replace(file: Path, pattern: str, by: str) -> None:
    """Replace the first match in a file; there must be one."""
    text, count = re.subn(pattern, by, file.read_text("utf-8"), count=1, flags=re.DOTALL)
    assert count == 1
    file.write_text(text, "utf-8")


@pytest.mark.parametrize("planted", PLANTED)
def test_contract_with_one_change_is_reported_by_its_lines(copy: Path, planted: str):
    """The lines name the type or operation, what is missing, and what is not in the contract."""
    file, pattern, by, of, missing, more = PLANTED[planted]
    replace(copy / file, pattern, by)

    expected = {f"{of}: missing: {missing}", f"{of}: not in the contract: {more}"}
    expected -= {f"{of}: missing: None", f"{of}: not in the contract: None"}
    assert {line for line in compared(copy) if line.startswith(of)} == expected


def test_contract_without_one_operation_is_reported(copy: Path):
    """The lines name the operation and its message elements."""
    for _ in ("port type", "binding"):
        replace(copy / WSDL, r'<wsdl:operation name="paSendRT">.*?</wsdl:operation>', "")

    lines = compared(copy)

    assert "operations, paSendRT: missing: soapAction paSendRT" in lines
    assert "elements, pa:paSendRTReq: missing: type pa:paSendRTReq" in lines
    assert not [line for line in lines if "not in the contract" in line]


def test_contract_with_other_layout_prefixes_and_order_of_types_is_equal(copy: Path):
    """A difference that no message can show is not reported."""
    file = copy / PA
    replace(file, r"(<xsd:complexType name=\"ctQrCode\">.*?</xsd:complexType>)(.*)(</xsd:schema>)",
            r"\2<!-- moved -->\1\3")  # fmt: skip
    text = file.read_text("utf-8").replace("common:", "c:").replace("xmlns:common", "xmlns:c")
    file.write_text(text.replace("    <xsd:", "<xsd:"), "utf-8")

    assert compared(copy) == []


def test_lines_of_our_documents_are_written_as_the_published_file():
    """The file can be written again from a newer WSDL, and a comparison then shows its changes."""
    ours = contract_of(ROOT / WSDL)

    assert written(ours) == PUBLISHED.read_text("utf-8")


def test_checker_as_a_command_exits_with_1_on_a_difference(copy: Path):
    """The command compares a WSDL without pytest."""
    replace(copy / COMMON, re.escape("[0-9]{18}"), "[0-9]{19}")
    command = [sys.executable, "-m", "tests.contract.checker"]
    same, other = (
        subprocess.run(
            [*command, *which], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
        )
        for which in ([], [str(copy / WSDL)])
    )

    assert (same.returncode, same.stdout) == (0, "")
    assert other.returncode == 1
    assert "types, common:stNoticeNumber: missing: pattern [0-9]{18}" in other.stdout
