"""Computes the digest by which two demands are the same: service and data, without the layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lxml import etree

from gpd_soap.contract.parsing import SPACE


def digest(service_id: str, subject_id: str, data: etree._Element) -> str:
    """Return the digest of a demand, whatever its prefixes, indents, comments and encoding.

    It covers, in document order, the names of elements and attributes with their namespaces, the
    values of attributes, and texts without the white space around.
    """
    content = "\x1d".join((service_id, subject_id, *_content(data)))
    return hashlib.sha256(content.encode()).hexdigest()


def _content(data: etree._Element) -> Iterator[str]:
    # WHY: XML text cannot contain these control characters, so no value can imitate structure.
    for event, element in etree.iterwalk(data, events=("start", "end")):
        if event == "start":
            yield f"\x1e{element.tag!s}"
            yield from sorted(f"\x1f{name!s}\x1f{value!s}" for name, value in element.items())
            yield (element.text or "").strip(SPACE)
        else:
            # WHY: an empty tail is yielded too, because it marks the end of the element.
            yield (element.tail or "").strip(SPACE)
