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

#: What each of the contract's simple types is here, by the built-in type below it.
SIMPLE = {
    "decimal": models.Amount,
    "int": Integer,
    "boolean": Boolean,
    "date": Date,
    "dateTime": DateTime,
    "base64Binary": ByteArray,
    "string": Unicode,
}
#: The digest of a stamp travels as the text it came in; its only rule is on that text.
EXCEPTIONS = {"stBase64Binary72": Unicode}
#: Ours alone: what the models have in common.
ABSTRACT = {models.Model, models.Question}


class Member(NamedTuple):
    """One child of a type, whoever describes it."""

    name: str
    least: int
    most: int
    kind: str


@cache
def declared(tag: str) -> dict[str, etree._Element]:
    """What the contract's schemas declare at their top, by local name."""
    found = [
        node
        for path in schema_files(contract_folder())
        for node in parse_own(path).iterchildren(tag)
    ]
    named = {node.get("name", ""): node for node in found}
    assert len(named) == len(found), "two schemas share a name"
    return named


def local(qname: str | None) -> str:
    """A prefixed name without its prefix."""
    return (qname or "").rpartition(":")[2]


def contract_members(name: str) -> list[Member]:
    """A complex type's children, with those of the type it extends."""
    node = declared(f"{XSD}complexType")[name]
    inherited = [
        member
        for extension in node.iter(f"{XSD}extension")
        for member in contract_members(local(extension.get("base")))
    ]
    return inherited + [contract_member(child) for child in node.iter(f"{XSD}element")]


def contract_member(child: etree._Element) -> Member:
    """One child; a branch of a choice may be left out, whatever it says itself."""
    parent = child.getparent()
    chosen = parent is not None and parent.tag == f"{XSD}choice"
    least = 0 if chosen else int(child.get("minOccurs", "1"))
    return Member(
        child.get("name", ""), least, int(child.get("maxOccurs", "1")), meant(child.get("type", ""))
    )


def meant(qname: str) -> str:
    """The name of the class here that a type of the contract should be."""
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
    """What a model says of itself, as the codec hears it."""
    return [
        Member(tag, kind.Attributes.min_occurs, int(kind.Attributes.max_occurs), plain(kind))
        for _, tag, kind in codec.members_of(model)
    ]


def plain(kind: type[ModelBase]) -> str:
    """The class that a member's type was made from."""
    return str((kind.__orig__ or kind).__name__)


MODELS: dict[str, type[ModelBase]] = {
    kind.get_type_name(): kind
    for kind in vars(models).values()
    if isinstance(kind, type) and issubclass(kind, models.Model) and kind not in ABSTRACT
}


@pytest.mark.parametrize("name", sorted(declared(f"{XSD}complexType")))
def test_every_type_of_the_contract_has_its_model(name: str):
    """Same members, same order, same cardinality, and a type that can hold the values."""
    assert name in MODELS
    assert our_members(MODELS[name]) == contract_members(name)


def test_no_model_is_of_our_own_making():
    """Whatever is not in the contract has no place among its models."""
    assert set(MODELS) == set(declared(f"{XSD}complexType"))


def test_amounts_are_the_contract_s_decimals_and_nothing_else():
    """Money is never read as a number of units."""
    decimals = {
        name
        for name, node in declared(f"{XSD}simpleType").items()
        if any(local(r.get("base")) == "decimal" for r in node.iter(f"{XSD}restriction"))
    }

    assert decimals == {"stAmount", "stAmountNotZero"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_child_has_a_namespace_or_may_be_nil(name: str):
    """The contract's children are unqualified, and absence is said by leaving out."""
    for member, _, kind in codec.members_of(MODELS[name]):
        assert kind.Attributes.sub_ns == "", member
        assert not kind.Attributes.nillable, member


@pytest.mark.parametrize("operation", Schema().operations.values(), ids=lambda o: o.name)
def test_every_operation_takes_and_gives_the_contract_s_roots(operation: Operation):
    """The service declares each question under the contract's irregular names."""
    offered = PaForNode.public_methods[operation.name]

    for root, model in [
        (operation.request, offered.in_message),
        (operation.response, offered.out_message),
    ]:
        kind = declared(f"{XSD}element")[etree.QName(root).localname].get("type")
        assert plain(model) == meant(kind or "")


def test_there_is_no_operation_but_the_contract_s():
    """Nothing can be asked that was not published."""
    asked = {operation.name for operation in Schema().operations.values()}

    assert set(PaForNode.public_methods) == asked
