"""The name of what is asked for; the office's tests say what it is for."""

import itertools

from lxml import etree

from gpd_soap.usecases.spontaneous.digest import digest

UNLIKE = [
    "<r/>",
    "<r>x</r>",
    "<r><a/></r>",
    "<r>x<a/></r>",
    "<r><a/>x</r>",
    "<r><a>x</a></r>",
    "<r><a/><b>x</b></r>",
    "<r><a><b>x</b></a></r>",
    "<r><a><b/></a>x</r>",
    "<r><a><b/>x</a></r>",
    '<r a="x"/>',
    '<r a=""/>',
    '<r><a b="x"/></r>',
    '<r><a b="x">x</a></r>',
]


def test_no_two_contents_have_one_name():
    """Where an element ends and a text stands is part of what is asked."""
    names = {digest("00001", "00009", etree.fromstring(data)) for data in UNLIKE}

    assert len(names) == len(UNLIKE)


def test_the_service_cannot_be_confused_with_its_subject():
    """Nor can either run into the other."""
    pairs = itertools.product(("ab", "a", "b"), ("ab", "a", "b"))
    names = [digest(*pair, etree.fromstring("<r/>")) for pair in pairs]

    assert len(set(names)) == len(names)


def test_the_order_of_attributes_makes_no_other_name():
    """XML gives it no meaning."""
    one, other = (etree.fromstring(data) for data in ('<r a="1" b="2"/>', '<r b="2" a="1"/>'))

    assert digest("00001", "00009", one) == digest("00001", "00009", other)
