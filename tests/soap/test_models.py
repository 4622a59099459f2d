from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest
from lxml import etree
from spyne import Boolean, ByteArray, Date, DateTime, Integer, ModelBase, Unicode

from gpd_soap.contract.documents import XSD, contract_folder, parse_own, schema_files
from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.soap import codec, models
from gpd_soap.soap.service import PaForNode

#: Our type of each simple type of the contract, by its built-in base type.
SIMPLE = {
    "decimal": models.Amount,
    "int": Integer,
    "boolean": Boolean,
    "date": Date,
    "dateTime": DateTime,
    "base64Binary": ByteArray,
    "string": Unicode,
}
#: The hash of a stamp stays text, because its only rule is about that text.
EXCEPTIONS = {"stBase64Binary72": Unicode}
#: Base classes of the models, which the contract does not have.
ABSTRACT = {models.Model, models.Question}


class Member(NamedTuple):
    """One child of a type, by the contract or by a model."""

    name: str
    least: int
    most: int
    kind: str


@cache
def declared(tag: str) -> dict[str, etree._Element]:
    """Return the global declarations of the schemas with this tag, by local name."""
    nodes = [
        node
        for path in schema_files(contract_folder())
        for node in parse_own(path).iterchildren(tag)
    ]
    named = {node.get("name", ""): node for node in nodes}
    assert len(named) == len(nodes), "two schemas share a name"
    return named


def local(qname: str | None) -> str:
    """Return a prefixed name without its prefix."""
    return (qname or "").rpartition(":")[2]


def contract_members(name: str) -> list[Member]:
    """Return the children of a complex type, with those of its base type."""
    node = declared(f"{XSD}complexType")[name]
    inherited = [
        member
        for extension in node.iter(f"{XSD}extension")
        for member in contract_members(local(extension.get("base")))
    ]
    return inherited + [contract_member(child) for child in node.iter(f"{XSD}element")]


def contract_member(child: etree._Element) -> Member:
    """Return one child; a branch of a choice is optional, whatever its minOccurs."""
    parent = child.getparent()
    chosen = parent is not None and parent.tag == f"{XSD}choice"
    least = 0 if chosen else int(child.get("minOccurs", "1"))
    return Member(
        child.get("name", ""), least, int(child.get("maxOccurs", "1")), meant(child.get("type", ""))
    )


def meant(qname: str) -> str:
    """Return the name of the class that a type of the contract must have here."""
    name = local(qname)
    if name in declared(f"{XSD}complexType"):
        return plain(MODELS[name]) if name in MODELS else f"no model of {name}"
    if name in EXCEPTIONS:
        return plain(EXCEPTIONS[name])
    simple = declared(f"{XSD}simpleType").get(name) if not qname.startswith("xsd:") else None
    if simple is None:
        return plain(SIMPLE[name])
    (restriction,) = simple.iterchildren(f"{XSD}restriction")
    return meant(restriction.get("base", ""))


def our_members(model: type[ModelBase]) -> list[Member]:
    """Return the members of a model, as the codec reads them."""
    return [
        Member(tag, kind.Attributes.min_occurs, int(kind.Attributes.max_occurs), plain(kind))
        for _, tag, kind in codec.members_of(model)
    ]


def plain(kind: type[ModelBase]) -> str:
    """Return the name of the class that a member's type was made from."""
    return str((kind.__orig__ or kind).__name__)


MODELS: dict[str, type[ModelBase]] = {
    kind.get_type_name(): kind
    for kind in vars(models).values()
    if isinstance(kind, type) and issubclass(kind, models.Model) and kind not in ABSTRACT
}


@pytest.mark.parametrize("name", sorted(declared(f"{XSD}complexType")))
def test_every_type_of_the_contract_has_an_equal_model(name: str):
    """A model has the same members, order and cardinality, and types that can hold the values."""
    assert name in MODELS
    assert our_members(MODELS[name]) == contract_members(name)


def test_every_model_is_a_type_of_the_contract():
    """There is no model of another type."""
    assert set(MODELS) == set(declared(f"{XSD}complexType"))


def test_only_amounts_are_decimals_in_the_contract():
    """Every decimal is money, so the type Amount is right for all of them."""
    decimals = {
        name
        for name, node in declared(f"{XSD}simpleType").items()
        if any(local(r.get("base")) == "decimal" for r in node.iter(f"{XSD}restriction"))
    }

    assert decimals == {"stAmount", "stAmountNotZero"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_members_have_no_namespace_and_are_not_nillable(name: str):
    """Children of the contract are unqualified, and absent ones are left out."""
    for member, _, kind in codec.members_of(MODELS[name]):
        assert kind.Attributes.sub_ns == "", member
        assert not kind.Attributes.nillable, member


@pytest.mark.parametrize("operation", Schema().operations.values(), ids=lambda o: o.name)
def test_operation_has_the_models_of_the_contracts_roots(operation: Operation):
    """The roots have the irregular names of the contract."""
    offered = PaForNode.public_methods[operation.name]

    for root, model in [
        (operation.request, offered.in_message),
        (operation.response, offered.out_message),
    ]:
        kind = declared(f"{XSD}element")[etree.QName(root).localname].get("type")
        assert plain(model) == meant(kind or "")


def test_service_has_the_operations_of_the_contract():
    """The service has no other operation."""
    names = {operation.name for operation in Schema().operations.values()}

    assert set(PaForNode.public_methods) == names
