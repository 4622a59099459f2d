"""A schema that would take too much memory or time is refused before it is compiled."""

import os
import resource
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree

from gpd_soap.features.check.configured import of_organization
from gpd_soap.store.configuration import snapshot, write
from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous.data_schema import UNEXPECTED, BadSchema, ServiceSchema
from gpd_soap.usecases.spontaneous.declared import BadSettings
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from tests.usecases.spontaneous.samples import (
    FIXED,
    NOW,
    ORGANIZATION,
    SUBJECT,
    WINDOW,
    XSD,
    demand,
)

# LIMIT: seconds of processor time and bytes of memory for one schema; each test needs a hundredth,
# and would need minutes and gigabytes if the schema were compiled.
SECONDS, BYTES = 5, 256 << 20


def limited(work: Callable[[], str]) -> str:
    """Return the result of a function that runs in a process of its own with limited resources."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            pages = int(open("/proc/self/statm", encoding="ascii").read().split()[0])  # noqa: PTH123, SIM115  # a program of one line
            room = pages * resource.getpagesize() + BYTES
            resource.setrlimit(resource.RLIMIT_AS, (room, room))
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            os.write(writing, work().encode())
        except BaseException as error:  # noqa: BLE001  # the parent reports any of them
            os.write(writing, f"failed: {type(error).__name__}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    _, status = os.waitpid(process, 0)
    return text or f"ended with {os.waitstatus_to_exitcode(status)}"


def outcome(content: str) -> str:
    """Return the refusal of a schema with this content, or "compiled"."""
    try:
        ServiceSchema(XSD.format(content))
    except BadSchema as refusal:
        return str(refusal)
    return "compiled"


def element(content: str, name: str = "root") -> str:
    """Return an element with a type of its own."""
    return f'<xs:element name="{name}"><xs:complexType>{content}</xs:complexType></xs:element>'


def doubled(tag: str, last: str, many: int = 14) -> str:
    """Return groups, each of which names the next one twice."""
    link = '<xs:{0} name="g{1}">{2}<xs:{0} ref="t:g{3}"/><xs:{0} ref="t:g{3}"/>{4}</xs:{0}>'
    start, end = ("<xs:sequence>", "</xs:sequence>") if tag == "group" else ("", "")
    links = [link.format(tag, number, start, number + 1, end) for number in range(many)]
    return "".join(links) + f'<xs:{tag} name="g{many}">{start}{last}{end}</xs:{tag}>'


def chain(link: str, many: int) -> str:
    """Return declarations, each of which names the one before it."""
    return "".join(link.format(number, number - 1) for number in range(1, many))


TYPE = (
    '<xs:complexType name="t0"><xs:sequence><xs:element name="a0"/></xs:sequence></xs:complexType>'
)
EXTENSION = (
    '<xs:complexType name="t{0}"><xs:complexContent><xs:extension base="t:t{1}"><xs:sequence>'
    '<xs:element name="a{0}"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
)
UNION = '<xs:simpleType name="u{0}"><xs:union memberTypes="t:u{1} t:u{1}"/></xs:simpleType>'
STRING = '<xs:simpleType name="{}"><xs:restriction base="xs:string"/></xs:simpleType>'
RESTRICTION = '<xs:simpleType name="u{0}"><xs:restriction base="t:u{1}"/></xs:simpleType>'
NAMED = [f'<xs:element name="e{number}" minOccurs="0"/>' for number in range(1000)]
SUBSTITUTE = '<xs:element name="s{0}" substitutionGroup="t:s0"/>'
GROUP = element('<xs:group ref="t:g0"/>')

ITSELF = (
    '<xs:group name="g"><xs:sequence><xs:group ref="t:g"/><xs:group ref="t:g"/></xs:sequence>'
    "</xs:group>"
)

SIZE = "expected at most 300 elements and attributes, expanded"
DEPTH = "expected at most 50 nested parts"
PLACES = "can match at several positions"
BOMBS = {
    "groups": (GROUP + doubled("group", '<xs:element name="a"/>'), SIZE),
    "groups of 30": (GROUP + doubled("group", '<xs:element name="a"/>', 30), DEPTH),
    "groups of nothing": (GROUP + doubled("group", ""), SIZE),
    "a group in itself": (ITSELF, DEPTH),
    "attribute groups": (doubled("attributeGroup", '<xs:attribute name="a"/>'), SIZE),
    "attribute groups of nothing": (doubled("attributeGroup", "", 20), SIZE),
    "unions": (STRING.format("u0") + chain(UNION, 16), SIZE),
    "extensions": (TYPE + chain(EXTENSION, 500), DEPTH),
    "restrictions": (STRING.format("u0") + chain(RESTRICTION, 500), DEPTH),
    "substitutes": (element("<xs:sequence>" + '<xs:element ref="t:s0"/>' * 20 + "</xs:sequence>")
                    + '<xs:element name="s0"/>' + chain(SUBSTITUTE, 20), SIZE),
    "optional elements": (element(f"<xs:sequence>{''.join(NAMED)}</xs:sequence>"), SIZE),
    "optional elements again and again": (
        element(f'<xs:sequence maxOccurs="unbounded">{"".join(NAMED[:280])}</xs:sequence>')
        + element(f'<xs:choice maxOccurs="unbounded">{"".join(NAMED[:280])}</xs:choice>', "other"),
        "can follow in too many orders"),
    "many types": ("".join(element(f"<xs:sequence>{''.join(NAMED[:100])}</xs:sequence>", f"r{n}")
                           for n in range(40)), "expected at most 3000 elements in all"),
    "nested counts": (element('<xs:sequence maxOccurs="5"><xs:element name="a" minOccurs="0" '
                              'maxOccurs="10"/></xs:sequence>'), PLACES),
    "counts in a row": (element('<xs:sequence><xs:element name="a" maxOccurs="9"/>'
                                '<xs:element name="a" maxOccurs="9"/></xs:sequence>'), PLACES),
    "keys": (element("<xs:sequence/>")[:-len("</xs:element>")] + '<xs:unique name="k"><xs:selector '
             f'xpath="{"|".join(["a"] * 30)}"/><xs:field xpath="b"/></xs:unique></xs:element>',
             "expected at most 20 paths"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "rule"), BOMBS.values(), ids=BOMBS)
def test_schema_that_expands_too_far_is_refused_with_the_rule(content: str, rule: str):
    """Nothing of it is compiled."""
    content = content.replace('"t:', '"').replace(" t:", " ")
    schema = XSD.format(content).replace('targetNamespace="http://esempio.invalid/sosta"', "")

    def refusal() -> str:
        try:
            ServiceSchema(schema)
        except BadSchema as refused:
            return str(refused)
        return "compiled"

    assert rule in limited(refusal)


def pattern(expression: str, name: str = "targa") -> str:
    """Return an element whose text has a pattern."""
    facet = f"<xs:pattern value={quoteattr(expression)}/>"
    return (
        f'<xs:element name="{name}"><xs:simpleType><xs:restriction base="xs:string">{facet}'
        "</xs:restriction></xs:simpleType></xs:element>"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "(.*){8}x",
        ".*.*.*x",
        "(a|aa)+b",
        "(a?){50}a{50}",
        "(a|a){40}b",
        "a?" * 40 + "a" * 40,
        "(a{0,1000}){0,1000}b",
        "((a{1,9}){1,9}){1,9}b",
        r"[a-z]+@([a-z]+\.)+[a-z]{2}",
        "(.)+a{2}",
        "a?" * 999,
        "(" * 40 + "a" + ")" * 40,
        "a{2",
        "[a",
    ],
)
def test_ambiguous_pattern_is_refused_with_its_element(expression: str):
    """No text of a payer is matched with it."""
    assert limited(lambda: outcome(pattern(expression))).startswith("targa: the pattern ")


ORDINARY = {
    "[A-Z]{2}[0-9]{3}[A-Z]{2}": "AB123CD",
    "[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]|[0-9]{11}": "RSSMRA00A01A000A",
    "[a-zA-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}": "IT60X0542811101000000123456",
    r"[\-+]?\d+[.]\d{2}": "-12.50",
    r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/\d{4}": "31/12/2026",
    r"[^@]+@[^.]+\..+": "a@b.example",
    r"[\w.\-]+@([\w\-]+\.)+[\w\-]+": "a.b@c-d.example",
    r"([0-9]{1,3}\.){3}[0-9]{1,3}": "10.0.0.1",
    "([0-9A-F]{2}){16}": "0123456789ABCDEF" * 2,
    r"\S(.*\S)?": "via dei Fori 1",
    "[a-z-[aeiou]]+[aeiou]": "ba",
    r"\p{L}+ \P{L}*": "Città 12",
    r"\i\c*": "nome",
    "[0-9]{5}|[0-9]{9}": "123456789",
}


@pytest.mark.parametrize(("expression", "text"), ORDINARY.items())
def test_ordinary_pattern_is_accepted_and_matches(expression: str, text: str):
    """The limits allow the patterns of real forms."""
    schema, good, bad = ServiceSchema(XSD.format(pattern(expression))), *map(targa, (text, "§ "))

    assert schema.breach(good) is None
    assert schema.breach(bad) is not None


def targa(text: str) -> etree._Element:
    """Return service data with one text."""
    root = etree.Element("{http://esempio.invalid/sosta}targa")
    root.text = text
    return root


@pytest.mark.parametrize("expression", ORDINARY)
def test_ordinary_pattern_matches_any_text_in_time(expression: str):
    """The longest matching texts and longer texts that do not match end in time."""
    texts = [each * many for each in ("a", "1", "A1", "a.", "ab-", " ") for many in (900, 90_000)]

    def validate() -> str:
        schema = ServiceSchema(XSD.format(pattern(expression)))
        for text in texts:
            schema.breach(targa(text))
        return "done"

    assert limited(validate) == "done"


def test_text_too_long_for_a_pattern_is_a_fault_of_the_data():
    """The work grows with the square of its length; a short text is accepted."""
    schema = ServiceSchema(XSD.format(pattern(r"\S(.*\S)?")))

    breach = schema.breach(targa("a" * 100_000))

    assert breach is not None
    assert (breach.element, breach.rule) == (UNEXPECTED, "length-of-texts")
    assert "troppo lunghi" in breach.description
    assert schema.breach(targa("a" * 1000)) is None


def test_demand_with_a_stored_dangerous_schema_is_our_failure(bare_store: Store):
    """The schema was stored before the rule existed, and is not compiled."""
    settings = {**FIXED, "schema": XSD.format(pattern("(.*){8}x"))}
    with bare_store.begin() as connection:
        write.put_service(connection, ORGANIZATION, "00099", SUBJECT, "declared", settings)

    for _ in range(2):
        with pytest.raises(BadSettings, match="schema: targa: the pattern"):
            SpontaneousNotices(bare_store, WINDOW)(demand("00099"), NOW)


def test_check_reports_a_stored_dangerous_schema(bare_store: Store):
    """It names the service, the element and the rule."""
    settings = {**FIXED, "schema": XSD.format(pattern("(.*){8}x"))}
    with bare_store.begin() as connection:
        write.put_service(connection, ORGANIZATION, "00099", SUBJECT, "declared", settings)
        known = snapshot.read(connection)

    findings = [str(finding) for finding in of_organization(known, ORGANIZATION)]

    assert any("00099" in each and "targa: the pattern" in each for each in findings)
