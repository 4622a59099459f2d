from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gpd_soap.contract.documents import contract_folder
from gpd_soap.contract.grammar import Grammar
from gpd_soap.contract.parsing import parse
from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.core import money, rome
from gpd_soap.soap import codec, models
from gpd_soap.soap.service import PaForNode
from tests.drawn import draws

SCHEMA = Schema()
GRAMMAR = Grammar(contract_folder())
ROOTS = [root for o in SCHEMA.operations.values() for root in (o.request, o.response)]
#: A transfer has exactly one of these.
ACCOUNT, INSTEAD = "IBAN", {"richiestaMarcaDaBollo", "MBDAttachment"}

CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(CHARACTERS | st.sampled_from("\t\n\r<&>'\""), max_size=300)
INSTANTS = st.integers(-600_000_000, 13_000_000_000).map(lambda n: datetime.fromtimestamp(n, UTC))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "xsd:decimal": st.integers(money.MIN, money.MAX_CENTS),
    "xsd:int": st.integers(-(2**31), 2**31 - 1),
    "xsd:boolean": st.booleans(),
    "xsd:date": st.dates(),
    # WHY: a message cannot write the second time of the hour that occurs twice.
    "xsd:dateTime": INSTANTS.filter(lambda instant: not instant.astimezone(rome.ROME).fold),
    "xsd:base64Binary": st.binary(max_size=200),
}


def model_of(root: str) -> Any:
    """Return the model of a root."""
    for operation in SCHEMA.operations.values():
        descriptor = PaForNode.public_methods[operation.name]
        if root in (operation.request, operation.response):
            is_request = root == operation.request
            return descriptor.in_message if is_request else descriptor.out_message
    raise LookupError(root)


def a_text(kind: str) -> st.SearchStrategy[str]:
    """Return a strategy of texts with the facets of a simple type."""
    pattern, length = GRAMMAR.expected(kind, "pattern"), GRAMMAR.expected(kind, "length")
    if pattern:
        most = int(GRAMMAR.expected(kind, "maxLength") or 300)
        return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(
            lambda text: len(text) <= most
        )
    least = int(length or GRAMMAR.expected(kind, "minLength") or 0)
    most = int(length or GRAMMAR.expected(kind, "maxLength") or 300)
    return st.lists(CHARACTERS, min_size=least, max_size=most).map("".join)


@cache
def a_value(kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy of our values of a simple type."""
    datatype = GRAMMAR.expected(kind, "datatype") or kind.replace(
        "{http://www.w3.org/2001/XMLSchema}", "xsd:"
    )
    if kind.endswith("}stBase64Binary72"):
        return st.binary(min_size=1, max_size=54).map(lambda raw: base64.b64encode(raw).decode())
    allowed = GRAMMAR.expected(kind, "enumeration")
    if allowed:
        return st.sampled_from(allowed.split(", ")).map(int if datatype == "xsd:int" else str)
    return VALUES[datatype] if datatype in VALUES else a_text(kind)


@cache
def a_message(model: Any, kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy of valid instances, with and without each optional member."""
    members = list(codec.members_of(model))
    alternative = {tag for _, tag, _ in members} & INSTEAD
    given_members = {
        name: a_member(of, GRAMMAR.child(kind, tag), required=tag in alternative | {ACCOUNT})
        for name, tag, of in members
    }
    built = st.builds(model, **given_members)
    return built if not alternative else st.builds(only_one, built, st.sampled_from([*alternative]))


def a_member(of: Any, kind: str, *, required: bool) -> st.SearchStrategy[Any]:
    """Return a strategy of a member's value or values, or of None if it is optional."""
    one = a_message(of, kind) if issubclass(of, models.Model) else a_value(kind)
    most = int(of.Attributes.max_occurs)
    several = st.lists(one, min_size=1, max_size=most) if most > 1 else one
    return several if required or of.Attributes.min_occurs else st.none() | several


def only_one(a_transfer: Any, alternative: str) -> Any:
    """Return a transfer with either an account or its alternative, by the amount's parity."""
    setattr(a_transfer, alternative if a_transfer.transferAmount % 2 else ACCOUNT, None)
    return a_transfer


def written(root: str, instance: Any) -> etree._Element:
    """Return an instance as it arrives: written, encoded and parsed."""
    members = codec.writer(model_of(root))(instance)
    name = etree.QName(root)
    text = f'<p:{name.localname} xmlns:p="{name.namespace}">{members}</p:{name.localname}>'
    arrived = parse(text.encode())
    assert arrived is not None
    return arrived


def plain_values(value: Any) -> Any:
    """Return an instance as plain values, without absent members, to compare it."""
    if isinstance(value, models.Model):
        return {
            name: plain_values(inner) for name, inner in vars(value).items() if inner is not None
        }
    return [plain_values(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: etree.QName(root).localname)
@draws(25)
@given(data=st.data())
def test_written_instance_is_valid_and_read_back(root: str, data: st.DataObject):
    """Every instance is written by the schema and read back unchanged."""
    model = model_of(root)
    instance = data.draw(a_message(model, GRAMMAR.type_at(root, [])))

    arrived = written(root, instance)

    assert SCHEMA.check(arrived) is None
    assert plain_values(codec.reader(model)(arrived)) == plain_values(instance)


def element(**children: str) -> etree._Element:
    """Return an element with children of these texts."""
    parent = etree.Element("parent")
    for name, text in children.items():
        etree.SubElement(parent, name).text = text
    return parent


def read(model: Any, **children: str) -> Any:
    """Return a model that is read from these texts."""
    return codec.reader(model)(element(**children))


def write(instance: Any) -> str:
    """Return the text of a model in an element."""
    model: Any = type(instance)
    return f"<p>{codec.writer(model)(instance)}</p>"


@pytest.mark.parametrize("operation", SCHEMA.operations.values(), ids=lambda o: o.name)
def test_absent_members_write_no_element(operation: Operation):
    """A member that is None or was not given leaves no element."""
    for root in (operation.request, operation.response):
        model = model_of(root)
        names = [name for name, _, _ in codec.members_of(model)]

        assert len(written(root, model())) == 0
        assert len(written(root, model(**dict.fromkeys(names)))) == 0


def test_absent_members_are_read_as_none():
    """Every member of a model that was read has a value or None."""
    subject = read(models.Subject, fullName="Anna Rossi")

    assert subject.city is None
    assert subject.uniqueIdentifier is None


def test_false_zero_and_empty_values_are_written():
    """Only None is left out."""
    assert write(models.ReceiptV1(receiptId="", fee=0, standIn=False)) == (
        "<p><receiptId></receiptId><fee>0.00</fee><standIn>false</standIn></p>"
    )


def test_members_are_written_in_the_contracts_order():
    """The order of the arguments does not matter."""
    qr_code = models.QrCode(noticeNumber="301000000000000043", fiscalCode="77777777777")

    assert write(qr_code) == (
        "<p><fiscalCode>77777777777</fiscalCode><noticeNumber>301000000000000043</noticeNumber></p>"
    )


@pytest.mark.parametrize("keys", [["a"], ["b", "a"], [str(n) for n in range(15)]])
def test_list_is_read_back_in_its_order(keys: list[str]):
    """Transfers and metadata are lists, even of one."""
    metadata = models.Metadata(mapEntry=[models.MapEntry(key=key, value="v") for key in keys])
    sent = etree.fromstring(write(metadata))

    assert [entry.findtext("key") for entry in sent.iterchildren("mapEntry")] == keys
    assert [entry.key for entry in codec.reader(models.Metadata)(sent).mapEntry] == keys


def test_email_has_the_tag_of_the_contract():
    """A tag that is no Python name is written and read."""
    subject = models.Subject(email="anna@example.it")

    assert write(subject) == "<p><e-mail>anna@example.it</e-mail></p>"
    assert read(models.Subject, **{"e-mail": "anna@example.it"}).email == "anna@example.it"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("true", True), ("0", False), ("false", False), (" \r\n\ttrue ", True)],
)
def test_both_forms_of_a_boolean_are_read(text: str, *, value: bool):
    """Senders write digits or words."""
    assert read(models.ReceiptV1, standIn=text).standIn is value


@pytest.mark.parametrize(
    ("text", "cents"),
    [("120.00", 12000), ("0.01", 1), ("000120.10", 12010), (" 1.00\n", 100),
     ("999999999.99", money.MAX_CENTS)],
)  # fmt: skip
def test_amounts_are_read_as_integer_cents(text: str, cents: int):
    """No amount is a float."""
    assert read(models.ReceiptV1, paymentAmount=text).paymentAmount == cents


@pytest.mark.parametrize("cents", [-1, money.MAX_CENTS + 1])
def test_amount_beyond_the_contract_is_not_written(cents: int):
    """An answer with another amount is not sent."""
    with pytest.raises(codec.NotSerializable, match=r"^fee$"):
        write(models.ReceiptV1(fee=cents))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("2026-03-31Z", date(2026, 3, 31)),
        ("2026-03-31+14:00", date(2026, 3, 31)),
        ("2026-03-31-05:00", date(2026, 3, 31)),
        ("\n2026-03-31 ", date(2026, 3, 31)),
    ],
)
def test_zone_after_a_date_changes_nothing(text: str, day: date):
    """The day is the one that is written."""
    assert read(models.PaGetPaymentReq, dueDate=text).dueDate == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-07-01T10:00:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5-05:00", datetime(2026, 3, 1, 15, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-02-28T24:00:00", datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_date_time_is_read_in_utc_and_is_romes_without_a_zone(text: str, instant: datetime):
    """24:00:00 is the next midnight."""
    assert read(models.ReceiptV1, paymentDateTime=text).paymentDateTime == instant


@pytest.mark.parametrize("text", ["3", " 3\n", "+3", "0003", f"+{'0' * 9000}3"])
def test_integer_with_sign_and_zeros_is_read(text: str):
    """The schema allows any number of zeros, and Python's int does not."""
    assert read(models.TransferReceiptV2, idTransfer=text).idTransfer == 3


def test_date_that_python_cannot_hold_is_left_out_if_the_caller_collects_names():
    """Other values are read, and the content has the text as it is written."""
    unreadable: list[str] = []
    content: list[str] = []
    sent = element(fee="1.00", paymentDateTime=" 12000-01-01T00:00:00", applicationDate="0000")

    receipt = codec.reader(models.ReceiptV1)(sent, content.append, unreadable.append)

    assert (receipt.fee, receipt.paymentDateTime, receipt.applicationDate) == (100, None, None)
    assert unreadable == ["paymentDateTime", "applicationDate"]
    assert " 12000-01-01T00:00:00" in "".join(content)


def test_instant_in_a_date_is_written_as_romes_day():
    """A quarter to midnight in London is the next day in Rome."""
    late = datetime(2026, 3, 31, 22, 45, tzinfo=UTC)

    assert write(models.PaGetPaymentReq(dueDate=late)) == "<p><dueDate>2026-04-01</dueDate></p>"


@pytest.mark.parametrize("text", ["PGEv\r\n  Pg==", " PGEvPg== "])
def test_base64_in_several_lines_is_read(text: str):
    """Mail programs and Java break lines after 76 characters."""
    assert read(models.TransferReceiptV2, MBDAttachment=text).MBDAttachment == b"<a/>"


DEMAND = {"idPA": "77777777777", "idBrokerPA": "77777777777", "idStation": "77777777777_01",
          "idServizio": "00001", "idSoggettoServizio": "00042"}  # fmt: skip
ASK = {name: DEMAND[name] for name in ("idPA", "idBrokerPA", "idStation")}
QR_CODE = {"fiscalCode": "77777777777", "noticeNumber": "301000000000000043"}


@pytest.mark.parametrize("text", ["12000-01-01", "-0001-01-01", "12000-01-01Z"])
def test_date_that_python_cannot_hold_raises_with_its_element(text: str):
    """The contract allows such a year, and the error does not repeat it."""
    payload = element(**ASK)
    payload.tag = f"{{{models.NAMESPACE}}}paGetPaymentReq"
    payload.append(element(**QR_CODE))
    payload[-1].tag = "qrCode"
    payload.append(element(dueDate=text)[0])
    assert SCHEMA.check(payload) is None

    with pytest.raises(ValueError, match=r"\AdueDate\Z"):
        codec.reader(models.PaGetPaymentReq)(payload)


@pytest.mark.parametrize("text", ["12000-01-01T00:00:00", "9999-12-31T24:00:00Z"])
def test_date_time_that_python_cannot_hold_raises_with_its_element(text: str):
    """The error comes before anything is stored."""
    with pytest.raises(ValueError, match=r"\ApaymentDateTime\Z"):
        read(models.ReceiptV1, paymentDateTime=text)


def test_base64_with_stray_characters_raises_with_its_element():
    """The validator accepts such a text, and without stray characters it would be other data."""
    payload = element(**DEMAND, datiSpecificiServizioRequest="P!GEvPg==")
    payload.tag = f"{{{models.NAMESPACE}}}paDemandPaymentNoticeRequest"
    assert SCHEMA.check(payload) is None

    with pytest.raises(ValueError, match=r"\AdatiSpecificiServizioRequest\Z"):
        codec.reader(models.PaDemandPaymentNoticeRequest)(payload)


@pytest.mark.parametrize("character", "\0\x01\x08\x0b\x0c\x1f\ud800\udfff\ufffe\uffff", ids=repr)
def test_text_that_xml_cannot_carry_is_not_written(character: str):
    """A control character in our own data is found before the answer is sent."""
    with pytest.raises(codec.NotSerializable, match=r"^description$"):
        write(models.FaultBean(description=f"a{character}<b"))


def test_text_is_read_back_with_its_white_space():
    """White space belongs to the text."""
    text = "  Tassa\n rifiuti <2026> & \t]]> \r è 💶 "

    sent = etree.fromstring(write(models.ReceiptV1(description=text)))
    assert codec.reader(models.ReceiptV1)(sent).description == text
