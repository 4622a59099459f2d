"""The declarations of our own schemas.

WHY: a validator's message quotes the sender, so expected values are read from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from gpd_soap.contract.documents import XSD, parse_own, schema_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def clark(node: etree._Element, attribute: str) -> str:
    """Return the prefixed name in an attribute as {namespace}local."""
    prefix, _, local = node.get(attribute, "").rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


class Grammar:
    """The root elements of the contract, the children of its types and their facets."""

    def __init__(self, folder: Path) -> None:
        """Read every schema of the contract in `folder`."""
        self._roots: dict[str, str] = {}
        self._children: dict[str, dict[str, str]] = {}
        self._facets: dict[str, dict[str, str]] = {}
        self._bases: dict[str, str] = {}
        for path in schema_files(folder):
            self._read(parse_own(path))
        self._names = frozenset(name for kind in self._children.values() for name in kind)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def type_at(self, root: str, steps: Sequence[str]) -> str:
        """Return the type declared at a path from a root; empty if there is none."""
        kind = self._roots.get(root, "")
        for step in steps:
            kind = self.child(kind, step)
        return kind

    def child(self, kind: str, name: str) -> str:
        """Return the type that a complex type declares for a child; empty if it declares none."""
        own = self._children.get(kind, {}).get(name)
        if own is None and kind in self._bases:
            return self.child(self._bases[kind], name)
        return own or ""

    def expected(self, kind: str, rule: str) -> str:
        """Return the value of a simple type's facet, or for "datatype" its xsd base, as xsd:date.

        Empty if the type does not have this facet.
        """
        if rule == "datatype":
            return self._builtin(kind)
        return self._facets.get(kind, {}).get(rule, "")

    def _builtin(self, kind: str) -> str:
        while kind in self._bases:
            kind = self._bases[kind]
        return kind.replace(XSD, "xsd:") if kind.startswith(XSD) else ""

    def _read(self, schema: etree._Element) -> None:
        namespace = schema.get("targetNamespace", "")
        for node in schema.iterchildren(f"{XSD}element", f"{XSD}complexType", f"{XSD}simpleType"):
            name = f"{{{namespace}}}{node.get('name')}"
            if node.tag == f"{XSD}element":
                self._roots[name] = clark(node, "type")
            elif node.tag == f"{XSD}complexType":
                self._read_complex(name, node)
            else:
                self._read_simple(name, node)

    def _read_complex(self, name: str, node: etree._Element) -> None:
        self._children[name] = {
            child.get("name", ""): clark(child, "type") for child in node.iter(f"{XSD}element")
        }
        for extension in node.iter(f"{XSD}extension"):
            self._bases[name] = clark(extension, "base")

    def _read_simple(self, name: str, node: etree._Element) -> None:
        facets = self._facets.setdefault(name, {})
        for restriction in node.iterchildren(f"{XSD}restriction"):
            self._bases[name] = clark(restriction, "base")
            for facet in restriction.iterchildren(f"{XSD}*"):
                rule, value = etree.QName(facet).localname, facet.get("value", "")
                facets[rule] = f"{facets[rule]}, {value}" if rule in facets else value
