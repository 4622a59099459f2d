"""Compiles the schema of a service without access to other documents, and explains violations."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.compiling import CompiledSchema
from gpd_soap.contract.documents import XSD
from gpd_soap.contract.parsing import parse
from gpd_soap.contract.violation import PLAIN, RULES
from gpd_soap.usecases.spontaneous.expansion import TooMuch, measure

#: Elements that read another document; the schema of a service is a single text.
REFERRING = [f"{XSD}{name}" for name in ("include", "import", "redefine", "override")]
#: LIMIT: characters of a schema; those of pagoPA's catalogue have a few thousand.
LONGEST = 256 * 1024
#: LIMIT: an occurrence bound; libxml2 takes time and memory in proportion to it.  A larger bound
#: must be "unbounded".
MOST_OCCURRENCES = 10_000
LONGEST_BOUND = len(str(MOST_OCCURRENCES))
#: LIMIT: compiled schemas of a process; more replace the oldest.
MOST_SCHEMAS = 64

#: LIMIT: steps of the patterns with all texts of one demand; libxml2 takes about a second.
MOST_STEPS = 20_000_000
#: The rule for service data with texts that are too long for the patterns.
TEXTS_TOO_LONG = "length-of-texts"

UNEXPECTED = "un elemento non previsto"
# WHY: the message quotes the sender, so the name in it is only looked up in the schema.
NAMED = re.compile(r"\AElement '(?:\{.*?\})?(?P<name>[^{}']+)'", re.DOTALL)
MISSING = re.compile(
    r"Missing child element\(s\)\. Expected is (?:one of )?\( (?P<names>[^()']*) \)"
)


class BadSchema(ValueError):
    """The schema of a service cannot be used; the message says why."""


class Breach(NamedTuple):
    """The first rule that service data breaks; `element` is a name in the schema, or UNEXPECTED."""

    element: str
    rule: str
    missing: str = ""

    @property
    def subject(self) -> str:
        """The element, for an operator."""
        unforeseen = self.element == UNEXPECTED
        return "an element that the schema does not know" if unforeseen else self.element

    @property
    def description(self) -> str:
        """Return it as part of an Italian sentence."""
        subject = self.element if self.element == UNEXPECTED else f"l'elemento {self.element}"
        if self.rule == TEXTS_TOO_LONG:
            return "i testi sono troppo lunghi"
        if self.missing:
            return f"in {self.element} manca l'elemento {self.missing}"
        if self.rule in PLAIN:
            return f"{subject} {PLAIN[self.rule]}"
        return f"{subject} non rispetta la regola {self.rule}"


class ServiceSchema:
    """One compiled schema, which any number of threads may use."""

    def __init__(self, text: str) -> None:
        """Compile the schema.

        Raises BadSchema if the text is no XML Schema, reads another document, or costs too much.
        """
        root = _parsed(text)
        try:
            self._work = measure(root)
        except TooMuch as refusal:
            raise BadSchema(str(refusal)) from None
        self._names = {node.get("name", "") for node in root.iter(f"{XSD}element")} - {""}
        try:
            self._compiled = CompiledSchema(lambda: etree.XMLSchema(root))
        except etree.XMLSchemaParseError as error:
            raise BadSchema(f"expected an XML Schema; line {_line(error)} is invalid") from None

    def breach(self, root: etree._Element) -> Breach | None:
        """Return the first violation in service data, or None."""
        if self._steps(root) > MOST_STEPS:
            return Breach(UNEXPECTED, TEXTS_TOO_LONG)
        with self._compiled.exclusive_copy() as schema:
            try:
                if schema.validate(root):
                    return None
            except etree.XMLSchemaValidateError:
                # WHY: libxml2 stops a match after some millions of steps.
                return Breach(UNEXPECTED, TEXTS_TOO_LONG)
            return self._breach(schema.error_log[0])

    def _steps(self, root: etree._Element) -> int:
        """Return the steps that the patterns may take with all texts of service data."""
        if self._work.ways == 0:
            return 0
        return sum(self._work.steps(len(text)) for text in _texts(root))

    def _breach(self, error: etree._LogEntry) -> Breach:
        match = NAMED.match(error.message)
        name = match["name"] if match is not None else ""
        element = name if name in self._names else UNEXPECTED
        if error.type_name == "SCHEMAV_ELEMENT_CONTENT":
            return self._misplaced(element, error.message)
        return Breach(element, RULES.get(error.type_name, "schema"))

    def _misplaced(self, element: str, message: str) -> Breach:
        """Return the violation of a missing element, or of one that is not expected."""
        match = MISSING.search(message)
        if match is None:
            return Breach(element, "unexpected")
        missing = (name.rpartition("}")[2] for name in match["names"].split(", "))
        known = " oppure ".join(name for name in missing if name in self._names)
        return Breach(element, "missing", known if element != UNEXPECTED else "")


class _Schemas:
    """The compiled schemas of the process by their text; or why a schema cannot be used."""

    def __init__(self) -> None:
        self._made: dict[str, ServiceSchema | str] = {}
        self._lock = threading.Lock()

    def __call__(self, text: str) -> ServiceSchema | str:
        # WHY: a compilation may hold the lock for a second, so what is compiled is read without it.
        made = self._made.get(text)
        if made is None:
            with self._lock:
                made = self._made.get(text) or self._make(text)
        return made

    def _make(self, text: str) -> ServiceSchema | str:
        made: ServiceSchema | str
        try:
            made = ServiceSchema(text)
        except BadSchema as refusal:
            made = str(refusal)
        while len(self._made) >= MOST_SCHEMAS:
            del self._made[next(iter(self._made))]
        self._made[text] = made
        return made


_schemas = _Schemas()


def compiled(text: str) -> ServiceSchema:
    """Return the schema of this text, which is compiled once in a process.

    Raises BadSchema if it cannot be used; this is remembered too.
    """
    made = _schemas(text)
    if isinstance(made, str):
        raise BadSchema(made)
    return made


def _texts(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        yield element.text or ""
        yield from (str(value) for value in element.attrib.values())


def _parsed(text: str) -> etree._Element:
    if len(text) > LONGEST:
        raise BadSchema(f"expected at most {LONGEST} characters")
    # WHY: the text is encoded in UTF-8 here, and the mark overrides the encoding that it declares.
    root = parse(codecs.BOM_UTF8 + text.removeprefix("\ufeff").encode())
    if root is None:
        raise BadSchema("expected well-formed XML without a DOCTYPE")
    if root.tag != f"{XSD}schema":
        raise BadSchema("expected an XML Schema")
    if root.get("targetNamespace") == XSD.strip("{}"):
        raise BadSchema("expected another target namespace than that of XML Schema")
    if next(root.iter(*REFERRING), None) is not None:
        raise BadSchema("expected one document, without include, import, redefine or override")
    for bound in root.xpath("//@maxOccurs | //@minOccurs"):
        is_number = bound.isascii() and bound.isdecimal()
        if is_number and (len(bound) > LONGEST_BOUND or int(bound) > MOST_OCCURRENCES):
            raise BadSchema(f"expected at most {MOST_OCCURRENCES} occurrences, or unbounded")
    return root


def _line(error: etree.XMLSchemaParseError) -> int:
    return error.error_log[0].line if len(error.error_log) else 0
