from __future__ import annotations

import threading
from typing import NamedTuple

import pytest
from lxml import etree

from gpd_soap.contract.schema import Operation, Schema, Violation
from gpd_soap.contract.violation import EXPECTING, PLAIN, RULES, UNFORESEEN
from tests.contract.samples import (
    CODE,
    DEMAND,
    FAULT,
    GOOD,
    IBAN,
    METADATA,
    NOTICE,
    PA,
    QR,
    SEND_ROOT,
    STAMP,
    SUBJECT,
    TRANSFER,
    VERIFY,
    VERIFY_ROOT,
    enveloped,
)

EVIL = "CLNGNN80A01H501X"


class Bad(NamedTuple):
    """A change that breaks the contract, and the violation that it must give."""

    root: str
    old: str
    new: str
    violation: Violation


def broken(bad: Bad) -> etree._Element:
    """Return a valid message with one change."""
    good = GOOD[bad.root]
    assert bad.old in good
    return enveloped(bad.root, good.replace(bad.old, bad.new, 1))


def value(root: str, element: str, good: str, bad: str, rule: str, expected: str) -> Bad:
    """Return a change of one element's value."""
    return Bad(
        root,
        f"<{element}>{good}</{element}>",
        f"<{element}>{bad}</{element}>",
        Violation(element, rule, expected),
    )


def test_schema_has_the_six_operations_of_the_wsdl(schema: Schema):
    """The roots of the messages have the irregular names of the WSDL."""
    assert {operation.name: operation for operation in schema.operations.values()} == {
        name: Operation(name, f"{{{PA}}}{name}{request}", f"{{{PA}}}{name}{response}", name)
        for name, request, response in [
            ("paVerifyPaymentNotice", "Req", "Res"),
            ("paGetPayment", "Req", "Res"),
            ("paGetPaymentV2", "Request", "Response"),
            ("paSendRT", "Req", "Res"),
            ("paSendRTV2", "Request", "Response"),
            ("paDemandPaymentNotice", "Request", "Response"),
        ]
    }
    assert all(root == operation.request for root, operation in schema.operations.items())


def test_operations_of_a_schema_cannot_be_changed(schema: Schema):
    """One request cannot change the operations of the next."""
    with pytest.raises(TypeError):
        schema.operations["x"] = Operation("x", "x", "x", "x")  # type: ignore[index]  # a Mapping has no assignment, and that is tested


@pytest.mark.parametrize("root", GOOD)
def test_valid_message_has_no_violation(schema: Schema, root: str):
    """Every valid request is accepted."""
    assert schema.check(enveloped(root, GOOD[root])) is None


@pytest.mark.parametrize(
    "inside",
    [
        "<outcome>OK</outcome>",
        f"<outcome>KO</outcome>{FAULT}",
    ],
)
def test_answer_is_checked_by_the_same_schema(schema: Schema, inside: str):
    """Our own answers are checked before they are sent."""
    assert schema.check(enveloped("paSendRTRes", inside)) is None
    assert schema.check(enveloped("paSendRTRes", inside * 2)) is not None


def test_element_of_a_base_type_is_named(schema: Schema):
    """The outcome is declared in the base type of every answer."""
    answer = enveloped("paSendRTRes", f"<outcome>{EVIL}</outcome>")

    assert schema.check(answer) == Violation("outcome", "enumeration", "OK, KO")


AMOUNT = r"\d+\.\d{2}"
MAIL = r"[a-zA-Z0-9_\.\+\-]+@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*"
VALUES = [
    value("paGetPaymentReq", "amount", "120.00", "120", "pattern", AMOUNT),
    value("paGetPaymentReq", "amount", "120.00", "120,00", "datatype", "xsd:decimal"),
    value("paGetPaymentReq", "amount", "120.00", "", "datatype", "xsd:decimal"),
    value("paGetPaymentReq", "amount", "120.00", "-1.00", "pattern", AMOUNT),
    value("paGetPaymentReq", "amount", "120.00", "1000000000.00", "maxInclusive", "999999999.99"),
    value("paSendRTReq", "transferAmount", "120.00", "0.00", "minInclusive", "0.01"),
    value(
        "paVerifyPaymentNoticeReq",
        "noticeNumber",
        "301000000000000043",
        EVIL,
        "pattern",
        "[0-9]{18}",
    ),
    value("paVerifyPaymentNoticeReq", "fiscalCode", "77777777777", EVIL, "length", "11"),
    value(
        "paVerifyPaymentNoticeReq",
        "fiscalCode",
        "77777777777",
        "7777777777X",
        "pattern",
        "[0-9]{11}",
    ),
    value("paDemandPaymentNoticeRequest", "idServizio", "00001", "1", "length", "5"),
    value("paVerifyPaymentNoticeReq", "idPA", "77777777777", "", "minLength", "1"),
    value("paVerifyPaymentNoticeReq", "idPA", "77777777777", "x" * 36, "maxLength", "35"),
    value("paGetPaymentV2Request", "transferType", "POSTAL", EVIL, "enumeration", "POSTAL, PAGOPA"),
    value("paSendRTReq", "idTransfer", "1", "6", "enumeration", "1, 2, 3, 4, 5"),
    value("paSendRTReq", "idTransfer", "1", "a", "datatype", "xsd:int"),
    value("paSendRTReq", "country", "IT", "ITA", "pattern", "[A-Z]{2,2}"),
    value("paSendRTReq", "e-mail", "anna@example.it", "anna%example.it", "pattern", MAIL),
    value("paSendRTReq", "entityUniqueIdentifierValue", "ANONIMO", "A", "minLength", "2"),
    value("paSendRTReq", "civicNumber", "1", "1" * 17, "maxLength", "16"),
    value("paSendRTReq", "pspPartitaIVA", "01234567890", "0" * 21, "maxLength", "20"),
    value("paGetPaymentReq", "dueDate", "2026-03-31", "31/03/2026", "datatype", "xsd:date"),
    value("paSendRTReq", "standIn", "true", "vero", "datatype", "xsd:boolean"),
    value(
        "paSendRTReq",
        "paymentDateTime",
        "2026-03-01T10:00:00",
        "2026-03-01",
        "datatype",
        "xsd:dateTime",
    ),
    value(
        "paSendRTV2Request", "MBDAttachment", "PGEvPg==", "QUFBQ", "datatype", "xsd:base64Binary"
    ),
    *(
        value(root, name, good, "è" * (most + 1), "maxLength", str(most))
        for root, name, good, most in [
            ("paGetPaymentReq", "paymentNote", "nota", 210),
            ("paSendRTReq", "idPSP", "PSP", 35),
            ("paSendRTReq", "PSPCompanyName", "Banca", 70),
            ("paSendRTReq", "description", "TARI", 140),
        ]
    ),
]


@pytest.mark.parametrize(
    "bad", VALUES, ids=lambda bad: f"{bad.violation.element}-{bad.violation.rule}"
)
def test_wrong_value_is_named_by_element_and_rule(schema: Schema, bad: Bad):
    """The violation has what the sender must correct, and not the value."""
    violation = schema.check(broken(bad))

    assert violation == bad.violation
    received = bad.new.split(">")[1].split("<")[0]
    assert len(received) < 3 or received not in violation.description


@pytest.mark.parametrize(
    ("root", "element", "good", "edge"),
    [
        ("paGetPaymentReq", "amount", "120.00", "0.00"),
        ("paGetPaymentReq", "amount", "120.00", "999999999.99"),
        ("paGetPaymentReq", "amount", "120.00", "0000000001.00"),
        ("paSendRTReq", "transferAmount", "120.00", "0.01"),
        ("paSendRTReq", "transferAmount", "120.00", "999999999.99"),
        ("paSendRTReq", "idTransfer", "1", "5"),
        ("paGetPaymentReq", "transferType", "POSTAL", "PAGOPA"),
        ("paGetPaymentReq", "paymentNote", "nota", "è" * 210),
        ("paGetPaymentReq", "idPA", "77777777777", "x" * 35),
        ("paGetPaymentReq", "idPA", "77777777777", " "),
        ("paDemandPaymentNoticeRequest", "idServizio", "00001", "èèèèè"),
        ("paSendRTReq", "entityUniqueIdentifierValue", "ANONIMO", "AB"),
        ("paSendRTReq", "entityUniqueIdentifierValue", "ANONIMO", "x" * 16),
        ("paSendRTReq", "receiptId", "r1", ""),
        ("paSendRTReq", "receiptId", "r1", "r" * 100_000),
        ("paSendRTReq", "e-mail", "anna@example.it", "_+-.@-"),
        ("paSendRTReq", "standIn", "true", "0"),
        ("paSendRTReq", "paymentDateTime", "2026-03-01T10:00:00", "2026-03-01T24:00:00+14:00"),
        ("paGetPaymentReq", "dueDate", "2026-03-31", "2028-02-29Z"),
    ],
)
def test_value_at_the_limit_of_its_rule_is_accepted(
    schema: Schema, root: str, element: str, good: str, edge: str
):
    """The rule that refuses the next value accepts this one."""
    assert schema.check(broken(value(root, element, good, edge, "", ""))) is None


def test_stray_characters_in_base64_are_accepted_by_the_schema(schema: Schema):
    """The decoder must be strict, because libxml2 skips characters that are not base64."""
    stray = DEMAND.replace("PGEvPg==", "P!G.E-vP(g)==")

    assert schema.check(enveloped("paDemandPaymentNoticeRequest", stray)) is None


def test_every_facet_has_a_value_that_breaks_it():
    """The list above has every facet and the built-in types."""
    facets = set(EXPECTING) - {"missing", "unexpected"}

    assert {bad.violation.rule for bad in VALUES} == facets


def test_digest_of_a_stamp_is_limited_by_its_pattern(schema: Schema):
    """The only pattern of a base64 type applies to the text as written."""
    inside = (
        "<outcome>OK</outcome><data><creditorReferenceId>1</creditorReferenceId>"
        "<paymentAmount>16.00</paymentAmount><dueDate>2026-03-31</dueDate>"
        f"<description>d</description><companyName>c</companyName><debtor>{SUBJECT}</debtor>"
        "<transferList>"
        + TRANSFER.replace(
            IBAN,
            "<richiestaMarcaDaBollo><hashDocumento>HASH</hashDocumento>"
            "<tipoBollo>01</tipoBollo><provinciaResidenza>RM</provinciaResidenza>"
            "</richiestaMarcaDaBollo>",
        )
        + "</transferList></data>"
    )
    good = enveloped("paGetPaymentV2Response", inside.replace("HASH", "QUFB"))
    long = enveloped("paGetPaymentV2Response", inside.replace("HASH", "QUFB" * 19))
    other = enveloped(
        "paGetPaymentV2Response", inside.replace("HASH", "QUFB").replace(">01<", ">02<")
    )

    assert schema.check(good) is None
    assert schema.check(long) == Violation("hashDocumento", "pattern", ".{4,72}")
    assert schema.check(other) == Violation("tipoBollo", "enumeration", "01")


STRUCTURE = [
    Bad(VERIFY_ROOT, VERIFY, "", Violation(VERIFY_ROOT, "missing", "idPA")),
    Bad(VERIFY_ROOT, NOTICE, "", Violation("qrCode", "missing", "noticeNumber")),
    Bad(VERIFY_ROOT, CODE, "", Violation("noticeNumber", "unexpected", "fiscalCode")),
    Bad(VERIFY_ROOT, QR, QR * 2, Violation("qrCode", "unexpected")),
    Bad(VERIFY_ROOT, QR, f"<{EVIL}/>", Violation(UNFORESEEN, "unexpected", "qrCode")),
    Bad(VERIFY_ROOT, QR, f'<e xmlns="{EVIL}"/>', Violation(UNFORESEEN, "unexpected", "qrCode")),
    Bad(VERIFY_ROOT, QR, f'<qrCode xmlns="{EVIL}"/>', Violation("qrCode", "namespace")),
    Bad(VERIFY_ROOT, QR, "<pa:qrCode/>", Violation("qrCode", "namespace")),
    Bad(VERIFY_ROOT, QR, "<pa:idPA/>", Violation(UNFORESEEN, "unexpected", "qrCode")),
    Bad(VERIFY_ROOT, CODE, f"{EVIL}{CODE}", Violation("qrCode", "text")),
    Bad(
        VERIFY_ROOT,
        CODE,
        f"<fiscalCode><{EVIL}/></fiscalCode>",
        Violation("fiscalCode", "children"),
    ),
    Bad(VERIFY_ROOT, "<idPA>", f'<idPA {EVIL}="{EVIL}">', Violation("idPA", "attribute")),
    Bad(VERIFY_ROOT, "<qrCode>", f'<qrCode {EVIL}="{EVIL}">', Violation("qrCode", "attribute")),
    Bad(VERIFY_ROOT, "<idPA>", '<idPA xsi:nil="true">', Violation("idPA", "nil")),
    Bad(VERIFY_ROOT, "<idPA>", f'<idPA xsi:type="{EVIL}">', Violation("idPA", "xsiType")),
    Bad(VERIFY_ROOT, "<idPA>", '<idPA xsi:type="xsd:string">', Violation("idPA", "xsiType")),
    Bad(SEND_ROOT, TRANSFER, TRANSFER * 6, Violation("transfer", "unexpected")),
    Bad(SEND_ROOT, METADATA, "<metadata/>", Violation("metadata", "missing", "mapEntry")),
    Bad(
        SEND_ROOT,
        "</receipt>",
        "</receipt><standIn>true</standIn>",
        Violation("standIn", "unexpected"),
    ),
    Bad(
        SEND_ROOT,
        "</receipt>",
        "</receipt><standin>true</standin>",
        Violation(UNFORESEEN, "unexpected"),
    ),
    Bad(
        "paSendRTV2Request",
        STAMP,
        STAMP + IBAN,
        Violation("IBAN", "unexpected", "remittanceInformation"),
    ),
    Bad(
        "paSendRTV2Request",
        STAMP,
        "",
        Violation(
            "remittanceInformation", "unexpected", "companyName oppure IBAN oppure MBDAttachment"
        ),
    ),
]


@pytest.mark.parametrize(
    "bad", STRUCTURE, ids=lambda bad: f"{bad.violation.element}-{bad.violation.rule}"
)
def test_wrong_structure_is_named_without_names_of_the_sender(schema: Schema, bad: Bad):
    """A name is in the violation only if the contract has it."""
    violation = schema.check(broken(bad))

    assert violation == bad.violation
    assert EVIL not in violation.description


def test_every_named_rule_is_reached_by_a_message():
    """Each text of a violation has a message that causes it."""
    reached = {bad.violation.rule for bad in VALUES + STRUCTURE}

    assert reached == set(EXPECTING) | set(PLAIN) == set(RULES.values()) | {"missing", "namespace"}


def test_unknown_root_is_an_unforeseen_element(schema: Schema):
    """Dispatch refuses it first, and its name is not repeated."""
    violation = schema.check(enveloped(EVIL, VERIFY))

    assert violation == Violation(UNFORESEEN, "unexpected")


def test_payload_without_an_envelope_is_checked_alike(schema: Schema):
    """A stored payload has the same violation as when it arrived."""
    payload = etree.fromstring(f'<p:{VERIFY_ROOT} xmlns:p="{PA}"><idPA/></p:{VERIFY_ROOT}>')

    assert schema.check(payload) == Violation("idPA", "minLength", "1")


def test_check_leaves_the_envelope_unchanged(schema: Schema):
    """The payload stays in the Body."""
    payload = enveloped(VERIFY_ROOT, VERIFY)
    before = etree.tostring(payload.getroottree())

    schema.check(payload)

    assert etree.tostring(payload.getroottree()) == before
    parent = payload.getparent()
    assert parent is not None
    assert etree.QName(parent).localname == "Body"


def test_xsi_type_with_a_prefix_of_the_envelope_is_accepted(schema: Schema):
    """SOAP stacks declare prefixes in the envelope and use them in xsi:type."""
    typed = VERIFY.replace("<idPA>", '<idPA xsi:type="common:stText35">')

    assert schema.check(enveloped(VERIFY_ROOT, typed)) is None


def test_threads_that_check_at_once_get_their_own_violations(schema: Schema):
    """Two senders at one instant get the violation of their own message."""
    mistakes = [VALUES[0], VALUES[6], STRUCTURE[1], STRUCTURE[5]]
    start = threading.Barrier(len(mistakes))
    wrong: list[tuple[Violation | None, Violation]] = []

    def check(bad: Bad) -> None:
        payload = broken(bad)
        start.wait()
        for _ in range(2_000):
            violation = schema.check(payload)
            if violation != bad.violation:
                wrong.append((violation, bad.violation))

    threads = [threading.Thread(target=check, args=(bad,)) for bad in mistakes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_violations_are_one_for_each_wrong_element(schema: Schema):
    """They are in document order, though libxml2 reports two errors for each value."""
    root = "paVerifyPaymentNoticeReq"
    inside = GOOD[root].replace("<idPA>77777777777<", "<idPA><")
    payload = enveloped(root, inside.replace("<fiscalCode>77777777777<", "<fiscalCode>7<"))

    assert [one[:2] for one in schema.violations(payload)] == [
        ("idPA", "minLength"),
        ("fiscalCode", "length"),
    ]
    assert schema.check(payload) == schema.violations(payload)[0]
