"""Whether a message keeps the published contract, and which questions the contract knows."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from gpd_soap.contract.compiling import CompiledSchema
from gpd_soap.contract.documents import SOAP, WSDL, XSD, contract_folder, parse_own
from gpd_soap.contract.grammar import Grammar, clark
from gpd_soap.contract.violation import RULES, UNFORESEEN, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Operation", "Schema", "Violation"]

IN_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"

# WHY: anchored at both ends, with neither quote nor parenthesis in the list: a namespace may
# spell these very words, but it cannot hide what libxml2 writes after it.
CONTENT = re.compile(
    r"\AElement '(?P<namespace>\{.*\})?(?P<name>[^{}']+)': "
    r"(?:This element is not expected|(?P<missing>Missing child element\(s\)))\."
    r"(?: Expected is (?:one of )?\( (?P<awaited>[^()']*) \)\.)?\Z",
    re.DOTALL,
)


class Operation(NamedTuple):
    """One question of the Node, as the WSDL puts it; roots in Clark notation."""

    name: str
    request: str
    response: str
    action: str


class Schema:
    """The contract as a judge; one serves a whole process."""

    def __init__(self, folder: Path | None = None, *, copies: int = 1) -> None:
        """Read the contract, and compile its schema for `copies` threads that check at once.

        Raises etree.XMLSchemaParseError or OSError if its files cannot be read.
        """
        wsdl = (folder or contract_folder()) / WSDL
        definitions = parse_own(wsdl)
        #: What may be asked, by the root of the request.
        self.operations: Mapping[str, Operation] = MappingProxyType(_operations(definitions))
        self._grammar = Grammar(wsdl.parents[1])
        path = str(wsdl.parent / _imported(definitions))
        self._compiled = CompiledSchema(lambda: etree.XMLSchema(file=path), copies)

    def keeps(self, payload: etree._Element) -> bool:
        """Whether a payload, where it stands in its envelope, keeps the published schema.

        LIMIT: libxml2 skips stray characters in base64Binary; who decodes one must be strict.
        """
        with self._compiled.lent() as schema:
            return schema.validate(payload)

    def check(self, payload: etree._Element) -> Violation | None:
        """The first rule that a payload breaks, or None."""
        with self._compiled.lent() as schema:
            if schema.validate(payload):
                return None
            return next(self._broken(payload, schema.error_log))

    def violations(self, payload: etree._Element) -> list[Violation]:
        """The first rule that is broken at each place of a payload."""
        with self._compiled.lent() as schema:
            valid = schema.validate(payload)
            return [] if valid else list(self._broken(payload, schema.error_log))

    def _broken(self, payload: etree._Element, log: etree._ListErrorLog) -> Iterator[Violation]:
        places: set[str] = set()
        for error in log:
            # WHY: libxml2 says of a value that breaks a facet once more that it is not of its type.
            place = _place(error)
            if place not in places:
                places.add(place)
                yield self._violation(str(payload.tag), place, error)

    def _violation(self, root: str, place: str, error: etree._LogEntry) -> Violation:
        # WHY: the log says where and which rule; what is expected is read from our own schema.
        # The log's sentence quotes the sender, who may have written it to be misread.
        steps = [step.partition("[")[0] for step in place.split("/")[2:]]
        if error.type_name == "SCHEMAV_ELEMENT_CONTENT":
            return self._misplaced(root, steps, error.message)
        rule = RULES.get(error.type_name, "contract")
        kind = self._grammar.type_at(root, steps)
        return Violation(self._name(root, steps), rule, self._grammar.asks(kind, rule))

    def _misplaced(self, root: str, steps: list[str], message: str) -> Violation:
        """Say what is missing or too much; the contract must know each name that is said."""
        said = CONTENT.match(message)
        if said is None:
            return Violation(UNFORESEEN, "unexpected")
        holder = steps if said["missing"] else steps[:-1]
        kind = self._grammar.type_at(root, holder)
        awaited = [n for n in (said["awaited"] or "").split(", ") if self._grammar.child(kind, n)]
        expected = " oppure ".join(awaited)
        if said["missing"]:
            return Violation(self._name(root, holder), "missing", expected)
        if said["namespace"] and said["name"] in awaited:
            return Violation(said["name"], "namespace")
        known = said["name"] in self._grammar and not said["namespace"]
        return Violation(said["name"] if known else UNFORESEEN, "unexpected", expected)

    def _name(self, root: str, steps: list[str]) -> str:
        if not self._grammar.type_at(root, steps):
            return UNFORESEEN
        return steps[-1] if steps else etree.QName(root).localname


def _place(error: etree._LogEntry) -> str:
    """Where a rule is broken, as a path; empty where libxml2 cannot say."""
    try:
        return error.path or ""
    except UnicodeDecodeError:
        # LIMIT: libxml2 cuts off a long name, be it inside a character; it is none of ours.
        return ""


def _imported(definitions: etree._Element) -> str:
    """Name the schema that the WSDL starts from."""
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
