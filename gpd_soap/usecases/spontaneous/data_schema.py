"""A service's own schema: compiled so that it reaches nothing, and its no in our words."""

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

#: What would have another document read; a service's schema is one text, whole.
OUTWARD = [f"{XSD}{name}" for name in ("include", "import", "redefine", "override")]
#: LIMIT: the catalogue's schemas have a few kilobytes.
LONGEST = 256 * 1024
#: LIMIT: libxml2 takes time and memory that grow with an occurrence bound; beyond, "unbounded".
MOST_OCCURRENCES = 10_000
LONGEST_BOUND = len(str(MOST_OCCURRENCES))
SCHEMAS = 64

#: LIMIT: steps of the patterns with all texts of one demand, about a second.
MOST_STEPS = 20_000_000
#: The rule that service data breaks whose texts are too long for the patterns.
LENGTHY = "length-of-texts"

UNFORESEEN = "un elemento non previsto"
# WHY: only to look a name up among the schema's own; the sentence quotes the sender.
NAMED = re.compile(r"\AElement '(?:\{.*?\})?(?P<name>[^{}']+)'", re.DOTALL)
MISSING = re.compile(
    r"Missing child element\(s\)\. Expected is (?:one of )?\( (?P<names>[^()']*) \)"
)


class BadSchema(ValueError):
    """A service's schema cannot be used; the text says why."""


class Breach(NamedTuple):
    """The first rule that service data breaks: `element` is a name of the schema, or UNFORESEEN."""

    element: str
    rule: str
    missing: str = ""

    @property
    def description(self) -> str:
        """What an Italian sentence says of it."""
        subject = self.element if self.element == UNFORESEEN else f"l'elemento {self.element}"
        if self.rule == LENGTHY:
            return "i testi sono troppo lunghi"
        if self.missing:
            return f"in {self.element} manca l'elemento {self.missing}"
        if self.rule in PLAIN:
            return f"{subject} {PLAIN[self.rule]}"
        return f"{subject} non rispetta la regola {self.rule}"


class ServiceSchema:
    """One compiled schema, for any number of threads."""

    def __init__(self, text: str) -> None:
        """Compile it; BadSchema for what is none, or would reach outside."""
        root = _parsed(text)
        try:
            self._work = measure(root)
        except TooMuch as refusal:
            raise BadSchema(str(refusal)) from None
        self._names = {node.get("name", "") for node in root.iter(f"{XSD}element")} - {""}
        try:
            self._compiled = CompiledSchema(lambda: etree.XMLSchema(root))
        except etree.XMLSchemaParseError as error:
            raise BadSchema(f"expected an XML Schema; line {_line(error)} is none") from None

    def breach(self, root: etree._Element) -> Breach | None:
        """Say how service data breaks the schema, or None."""
        if self._steps(root) > MOST_STEPS:
            return Breach(UNFORESEEN, LENGTHY)
        with self._compiled.exclusive_copy() as schema:
            try:
                if schema.validate(root):
                    return None
            except etree.XMLSchemaValidateError:
                # WHY: libxml2 gives up a match after some millions of steps.
                return Breach(UNFORESEEN, LENGTHY)
            return self._breach(schema.error_log[0])

    def _steps(self, root: etree._Element) -> int:
        """The steps that the patterns may cost with every text of service data."""
        if self._work.ways == 0:
            return 0
        return sum(self._work.steps(len(text)) for text in _texts(root))

    def _breach(self, error: etree._LogEntry) -> Breach:
        said = NAMED.match(error.message)
        name = said["name"] if said is not None else ""
        element = name if name in self._names else UNFORESEEN
        if error.type_name == "SCHEMAV_ELEMENT_CONTENT":
            return self._misplaced(element, error.message)
        return Breach(element, RULES.get(error.type_name, "schema"))

    def _misplaced(self, element: str, message: str) -> Breach:
        """An element that is missing, or one that is too much."""
        said = MISSING.search(message)
        if said is None:
            return Breach(element, "unexpected")
        awaited = (name.rpartition("}")[2] for name in said["names"].split(", "))
        known = " oppure ".join(name for name in awaited if name in self._names)
        return Breach(element, "missing", known if element != UNFORESEEN else "")


class _Schemas:
    """Schemas by their text, each compiled once in a process, and the refusal of each bad one."""

    def __init__(self) -> None:
        self._made: dict[str, ServiceSchema | str] = {}
        self._lock = threading.Lock()

    def __call__(self, text: str) -> ServiceSchema | str:
        # WHY: what is there is read without the lock, which a compilation may hold for a second.
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
        while len(self._made) >= SCHEMAS:
            del self._made[next(iter(self._made))]
        self._made[text] = made
        return made


_schemas = _Schemas()


def compiled(text: str) -> ServiceSchema:
    """The schema of this text, compiled once in a process.

    Raises BadSchema if it cannot be, without trying again.
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
    # WHY: the mark says UTF-8, whatever encoding the text had when it was a file.
    root = parse(codecs.BOM_UTF8 + text.removeprefix("\ufeff").encode())
    if root is None:
        raise BadSchema("expected well-formed XML without a DOCTYPE")
    if root.tag != f"{XSD}schema":
        raise BadSchema("expected an XML Schema")
    if root.get("targetNamespace") == XSD.strip("{}"):
        raise BadSchema("expected another target namespace than that of XML Schema")
    if next(root.iter(*OUTWARD), None) is not None:
        raise BadSchema("expected one document, without include, import, redefine or override")
    for bound in root.xpath("//@maxOccurs | //@minOccurs"):
        if bound.isdecimal() and (len(bound) > LONGEST_BOUND or int(bound) > MOST_OCCURRENCES):
            raise BadSchema(f"expected at most {MOST_OCCURRENCES} occurrences, or unbounded")
    return root


def _line(error: etree.XMLSchemaParseError) -> int:
    return error.error_log[0].line if len(error.error_log) else 0
