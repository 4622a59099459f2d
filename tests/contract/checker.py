"""Compares a WSDL and its schemas with the published contract, without any of our own program.

`published.toml` holds the published contract as lines of text, for each operation, message element,
schema and type. `contract_of` reads the same lines from a WSDL.  Layout, comments, prefixes and the
order of declarations are not part of a contract.

`python -m tests.contract.checker [WSDL]` prints the differences; `--write` prints the lines of
a WSDL in the form of `published.toml`.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from difflib import ndiff
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[2]
PUBLISHED = Path(__file__).with_name("published.toml")
OURS = ROOT / "wsdl" / "paForNode.wsdl"

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
#: Short names of the namespaces in the lines of a contract.
PREFIXES = {
    "http://www.w3.org/2001/XMLSchema": "xs",
    "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd": "pa",
    "http://pagopa-api.pagopa.gov.it/xsd/common-types/v1.0.0/": "common",
}
GROUPS = {f"{XS}sequence": "sequence", f"{XS}choice": "choice", f"{XS}all": "all"}
#: Attributes that the line of an element has without their names; others are written with them.
OF_AN_ELEMENT = {"name", "type", "minOccurs", "maxOccurs"}

#: Section, then name, then lines.
Contract = dict[str, dict[str, list[str]]]


class Schemas:
    """Every global declaration that a WSDL reaches by imports, by kind and full name."""

    def __init__(self, wsdl: Path) -> None:
        self.declared: dict[tuple[str, str], etree._Element] = {}
        self.forms: dict[str, list[str]] = {}
        self._files: set[Path] = set()
        for schema in _root(wsdl).iter(f"{XS}schema"):
            self._read(schema, wsdl.parent)

    def lines_of(self, name: str) -> tuple[list[str], list[str]]:
        """Return the lines of a type, and the full names of the types in them."""
        for kind, lines in (("simpleType", _simple), ("complexType", _complex)):
            declared = self.declared.get((kind, name))
            if declared is not None:
                types: list[str] = []
                return list(lines(declared, types)), types
        return ["not declared"], []

    def _read(self, schema: etree._Element, folder: Path) -> None:
        namespace = schema.get("targetNamespace", "")
        for child in schema:
            kind = etree.QName(child).localname
            where = child.get("schemaLocation")
            if where is not None and (folder / where).resolve() not in self._files:
                file = (folder / where).resolve()
                self._files.add(file)
                self._read(_root(file), file.parent)
            if child.get("name"):
                self.declared[kind, f"{{{namespace}}}{child.get('name')}"] = child
                self.forms[namespace] = [
                    f"{form} {schema.get(form, 'unqualified')}"
                    for form in ("elementFormDefault", "attributeFormDefault")
                ]


def contract_of(wsdl: Path) -> Contract:
    """Return the contract that a WSDL and the schemas which it imports declare."""
    root, schemas = _root(wsdl), Schemas(wsdl)
    operations, messages = _operations(root)
    elements, types, waiting = {}, dict[str, list[str]](), list[str]()
    for message in messages:
        declared = schemas.declared.get(("element", message))
        if declared is None or declared.get("type") is None:
            elements[_short(message)] = ["no element with a type"]
            continue
        waiting.append(_full(declared, "type"))
        extra = _extra(declared, {"name", "type"})
        elements[_short(message)] = [f"type {_short(waiting[-1])}", *extra]
    namespaces = {etree.QName(message).namespace for message in messages}
    while waiting:
        name = waiting.pop()
        if name.startswith(XS) or _short(name) in types:
            continue
        types[_short(name)], more = schemas.lines_of(name)
        namespaces.add(etree.QName(name).namespace)
        waiting += more
    forms = {str(each): schemas.forms.get(str(each), ["not declared"]) for each in namespaces}
    sections = {"operations": operations, "elements": elements, "schemas": forms, "types": types}
    service = {"names": _names(root)}
    return {"service": service, **{name: dict(sorted(s.items())) for name, s in sections.items()}}


def published() -> Contract:
    """Return the published contract."""
    contract: Contract = tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))
    return contract


def differences(expected: Contract, actual: Contract) -> Iterator[str]:
    """Yield a sentence for each line in which two contracts differ."""
    for section in sorted(expected.keys() | actual.keys()):
        before, after = expected.get(section, {}), actual.get(section, {})
        for name in sorted(before.keys() | after.keys()):
            # WHY: the name is a line itself, so a type without content is not an absent type.
            then, now = ([name, *side[name]] if name in side else [] for side in (before, after))
            for line in ndiff(then, now):
                if line[0] in "-+":
                    lack = "missing" if line[0] == "-" else "not in the contract"
                    yield f"{section}, {name}: {lack}: {line[2:].strip()}"


def written(contract: Contract) -> str:
    """Return a contract as the text of a TOML file."""
    sections = []
    for section, names in contract.items():
        lines = [f"[{section}]"]
        for name, facts in names.items():
            inside = "".join(f"  {json.dumps(fact, ensure_ascii=False)},\n" for fact in facts)
            lines.append(
                f"{json.dumps(name)} = [\n{inside}]" if facts else f"{json.dumps(name)} = []"
            )
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _root(path: Path) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.parse(path, parser).getroot()


def _full(node: etree._Element, attribute: str) -> str:
    """Return the name that an attribute holds, as {namespace}name."""
    prefix, _, local = node.get(attribute, "").rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


def _short(name: str) -> str:
    qualified = etree.QName(name)
    prefix = PREFIXES.get(qualified.namespace or "")
    return f"{prefix}:{qualified.localname}" if prefix else name


def _extra(node: etree._Element, known: set[str]) -> list[str]:
    """Return lines for the attributes and children that have no line of their own."""
    attributes = [f"{key} {value}" for key, value in sorted(node.items()) if key not in known]
    children = [etree.QName(child).localname for child in node if child.tag != f"{XS}annotation"]
    return [str(each) for each in attributes] + [f"has {child}" for child in children]


def _simple(node: etree._Element, types: list[str]) -> Iterator[str]:
    for child in node:
        if child.tag == f"{XS}annotation":
            continue
        if child.tag != f"{XS}restriction":
            yield f"has {etree.QName(child).localname}"
            continue
        types.append(_full(child, "base"))
        yield f"restricts {_short(types[-1])}"
        facets = [facet for facet in child if facet.tag != f"{XS}annotation"]
        yield from sorted(
            " ".join([etree.QName(f).localname, str(f.get("value")), *_extra(f, {"value"})])
            for f in facets
        )


def _complex(node: etree._Element, types: list[str]) -> Iterator[str]:
    yield from (f"{key} {value}" for key, value in sorted(node.items()) if key != "name")
    for child in node:
        if child.tag == f"{XS}complexContent":
            for extension in child:
                types.append(_full(extension, "base"))
                yield f"{etree.QName(extension).localname} of {_short(types[-1])}"
                for content in extension:
                    yield from _content(content, types, top=True)
        else:
            yield from _content(child, types, top=True)


def _content(node: etree._Element, types: list[str], *, top: bool = False) -> Iterator[str]:
    """Yield the lines of one particle; a plain sequence at the top of a type has no line."""
    if node.tag == f"{XS}annotation":
        return
    many = f"{node.get('minOccurs', '1')}..{node.get('maxOccurs', '1').replace('unbounded', 'n')}"
    if node.tag == f"{XS}element":
        types.append(_full(node, "type"))
        extra = "".join(f" {each}" for each in _extra(node, OF_AN_ELEMENT))
        yield f"{node.get('name')} {_short(types[-1])} {many}{extra}"
    elif node.tag in GROUPS:
        usual = top and (GROUPS[node.tag], many) == ("sequence", "1..1")
        if not usual:
            yield f"{GROUPS[node.tag]} {many}"
        for child in node:
            yield from (line if usual else f"  {line}" for line in _content(child, types))
    else:
        extra = "".join(f" {each}" for each in _extra(node, set()))
        yield f"has {etree.QName(node).localname}{extra}"


def _operations(root: etree._Element) -> tuple[dict[str, list[str]], list[str]]:
    """Return the lines of each operation, and the full names of all message elements."""
    parts = {
        message.get("name"): [_full(part, "element") for part in message.iter(f"{WSDL}part")]
        for message in root.iter(f"{WSDL}message")
    }
    operations: dict[str, list[str]] = {}
    messages: list[str] = []
    for operation in root.iterfind(f"{WSDL}portType/{WSDL}operation"):
        lines = operations[operation.get("name", "")] = []
        for way in operation.iterfind(f"{WSDL}*[@message]"):
            parts_of = parts.get(way.get("message", "").rpartition(":")[2], [])
            messages += parts_of
            lines.append(" ".join([etree.QName(way).localname, *map(_short, parts_of)]))
    for binding in root.iterfind(f"{WSDL}binding"):
        for operation in binding.iterfind(f"{WSDL}operation"):
            lines = operations.setdefault(operation.get("name", ""), ["not in the port type"])
            lines += _bound(binding, operation)
    return operations, messages


def _bound(binding: etree._Element, operation: etree._Element) -> Iterator[str]:
    general, own = binding.find(f"{SOAP}binding"), operation.find(f"{SOAP}operation")
    if general is None or own is None:
        yield "not bound to SOAP 1.1"
        return
    yield f"soapAction {own.get('soapAction')}"
    yield f"style {own.get('style') or general.get('style', 'document')}"
    yield f"transport {general.get('transport')}"
    yield from sorted({f"use {body.get('use')}" for body in operation.iter(f"{SOAP}body")})


def _names(root: etree._Element) -> list[str]:
    lines = [f"targetNamespace {root.get('targetNamespace')}"]
    for tag in ("portType", "binding", "service", f"service/{WSDL}port"):
        kind = tag.rpartition("}")[2]
        lines += [f"{kind} {node.get('name')}" for node in root.iterfind(f"{WSDL}{tag}")]
    return lines


def main(arguments: list[str]) -> int:
    """Print the differences of a WSDL, or with `--write` its lines; return 1 if it differs."""
    paths = [Path(each) for each in arguments if each != "--write"] or [OURS]
    if "--write" in arguments:
        sys.stdout.write(written(contract_of(paths[0])))
        return 0
    lines = list(differences(published(), contract_of(paths[0])))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
