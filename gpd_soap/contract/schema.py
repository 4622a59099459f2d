"""Checks a message against the published contract, and lists the contract's operations."""

from __future__ import annotations

import re
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from gpd_soap.contract.compiling import CompiledSchema
from gpd_soap.contract.dates import replaced_dates
from gpd_soap.contract.documents import SOAP, WSDL, XSD, contract_folder, parse_own
from gpd_soap.contract.grammar import Grammar, clark
from gpd_soap.contract.violation import RULES, UNFORESEEN, Violation

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

__all__ = ["Operation", "Schema", "Violation"]

IN_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"

# WHY: a sender's namespace may contain these very words.  The pattern is anchored at both ends, and
# its list has neither quotes nor parentheses, so the namespace cannot hide libxml2's own text.
CONTENT = re.compile(
    r"\AElement '(?P<namespace>\{.*\})?(?P<name>[^{}']+)': "
    r"(?:This element is not expected|(?P<missing>Missing child element\(s\)))\."
    r"(?: Expected is (?:one of )?\( (?P<awaited>[^()']*) \)\.)?\Z",
    re.DOTALL,
)


class Operation(NamedTuple):
    """One operation of the WSDL, with the roots of its messages in Clark notation."""

    name: str
    request: str
    response: str
    action: str


class Schema:
    """The published contract, which checks messages; threads share it."""

    def __init__(self, folder: Path | None = None, *, copies: int = 1) -> None:
        """Read the contract, and compile its schema for `copies` threads that check at once.

        Raises etree.XMLSchemaParseError or OSError if the files cannot be read.
        """
        wsdl = (folder or contract_folder()) / WSDL
        definitions = parse_own(wsdl)
        #: The operations by the root of their requests.
        self.operations: Mapping[str, Operation] = MappingProxyType(_operations(definitions))
        self._grammar = Grammar(wsdl.parents[1])
        path = str(wsdl.parent / _imported(definitions))
        self._compiled = CompiledSchema(lambda: etree.XMLSchema(file=path), copies)

    def check(self, payload: etree._Element) -> Violation | None:
        """Return the first rule that a payload, inside its envelope, breaks, or None.

        LIMIT: libxml2 accepts stray characters in base64Binary, so a decoder must be strict.
        """
        with self._compiled.exclusive_copy() as schema:
            if schema.validate(payload):
                return None
            with closing(self._refused(payload, schema)) as violations:
                return next(violations, None)

    def violations(self, payload: etree._Element) -> list[Violation]:
        """Return the first broken rule of each element of a payload."""
        with self._compiled.exclusive_copy() as schema:
            return [] if schema.validate(payload) else list(self._refused(payload, schema))

    def _refused(
        self, payload: etree._Element, schema: etree.XMLSchema
    ) -> Generator[Violation, None, None]:
        """Yield the violations of a payload that libxml2 has refused."""
        # WHY: libxml2 refuses some dates that the schema allows.
        with replaced_dates(payload, self._grammar) as replaced:
            if not (replaced and schema.validate(payload)):
                yield from self._broken(payload, schema.error_log)

    def _broken(self, payload: etree._Element, errors: etree._ListErrorLog) -> Iterator[Violation]:
        paths: set[str] = set()
        for error in errors:
            # WHY: for a value that breaks a facet libxml2 reports a second error, its type.
            path = _path(error)
            if path not in paths:
                paths.add(path)
                yield self._violation(str(payload.tag), path, error)

    def _violation(self, root: str, path: str, error: etree._LogEntry) -> Violation:
        # WHY: the error's message quotes the sender, who may have written it to be misread.  Only
        # its path and rule are used; the expected value is read from our own schema.
        steps = [step.partition("[")[0] for step in path.split("/")[2:]]
        if error.type_name == "SCHEMAV_ELEMENT_CONTENT":
            return self._misplaced(root, steps, error.message)
        rule = RULES.get(error.type_name, "contract")
        kind = self._grammar.type_at(root, steps)
        return Violation(self._name(root, steps), rule, self._grammar.expected(kind, rule))

    def _misplaced(self, root: str, steps: list[str], message: str) -> Violation:
        """Return what is missing or unexpected, with names of the contract only."""
        match = CONTENT.match(message)
        if match is None:
            return Violation(UNFORESEEN, "unexpected")
        parent = steps if match["missing"] else steps[:-1]
        kind = self._grammar.type_at(root, parent)
        awaited = [n for n in (match["awaited"] or "").split(", ") if self._grammar.child(kind, n)]
        expected = " oppure ".join(awaited)
        if match["missing"]:
            return Violation(self._name(root, parent), "missing", expected)
        if match["namespace"] and match["name"] in awaited:
            return Violation(match["name"], "namespace")
        known = match["name"] in self._grammar and not match["namespace"]
        return Violation(match["name"] if known else UNFORESEEN, "unexpected", expected)

    def _name(self, root: str, steps: list[str]) -> str:
        if not self._grammar.type_at(root, steps):
            return UNFORESEEN
        return steps[-1] if steps else etree.QName(root).localname


def _path(error: etree._LogEntry) -> str:
    """Return the path of the element that breaks a rule; empty if libxml2 gives none."""
    try:
        return error.path or ""
    except UnicodeDecodeError:
        # LIMIT: libxml2 cuts a long name, even inside a character; no name of ours is so long.
        return ""


def _imported(definitions: etree._Element) -> str:
    """Return the location of the schema that the WSDL imports."""
    for reference in definitions.iterfind(f"{IN_WSDL}types/{XSD}schema/{XSD}import"):
        return reference.get("schemaLocation", "")
    raise ValueError(f"{WSDL} imports no schema")


def _operations(definitions: etree._Element) -> dict[str, Operation]:
    roots = {
        f"{{{definitions.get('targetNamespace')}}}{message.get('name')}": clark(part, "element")
        for message in definitions.iterfind(f"{IN_WSDL}message")
        for part in message.iterfind(f"{IN_WSDL}part")
    }
    actions = {
        bound.get("name"): soap.get("soapAction", "")
        for bound in definitions.iterfind(f"{IN_WSDL}binding/{IN_WSDL}operation")
        for soap in bound.iterfind(f"{SOAP}operation")
    }
    operations: dict[str, Operation] = {}
    for offered in definitions.iterfind(f"{IN_WSDL}portType/{IN_WSDL}operation"):
        name = offered.get("name", "")
        request, response = (
            roots[clark(direction, "message")]
            for direction in offered.iterchildren(f"{IN_WSDL}input", f"{IN_WSDL}output")
        )
        operations[request] = Operation(name, request, response, actions[name])
    return operations
