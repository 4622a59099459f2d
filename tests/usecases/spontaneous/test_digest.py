"""The digest of a demand; test_issue.py shows its use."""

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


def test_different_contents_have_different_digests():
    """The position of a text is part of the content."""
    names = {digest("00001", "00009", etree.fromstring(data)) for data in UNLIKE}

    assert len(names) == len(UNLIKE)


def test_digest_separates_service_and_subject():
    """Moving characters from one to the other changes the digest."""
    pairs = itertools.product(("ab", "a", "b"), ("ab", "a", "b"))
    names = [digest(*pair, etree.fromstring("<r/>")) for pair in pairs]

    assert len(set(names)) == len(names)


def test_order_of_attributes_does_not_change_the_digest():
    """XML gives the order no meaning."""
    one, other = (etree.fromstring(data) for data in ('<r a="1" b="2"/>', '<r b="2" a="1"/>'))

    assert digest("00001", "00009", one) == digest("00001", "00009", other)
