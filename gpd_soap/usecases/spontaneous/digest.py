"""What makes two demands the same: the service, and the data without its layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lxml import etree

from gpd_soap.contract.parsing import SPACE


def digest(service_id: str, subject_id: str, data: etree._Element) -> str:
    """The name of what is asked for: the same for every prefix, indent, comment and encoding.

    Names of elements and attributes with their namespaces, the attributes' values, and texts
    without the white space around them, in document order.
    """
    asked = "\x1d".join((service_id, subject_id, *_content(data)))
    return hashlib.sha256(asked.encode()).hexdigest()


def _content(data: etree._Element) -> Iterator[str]:
    # WHY: XML text cannot contain these control characters, so no value can imitate structure.
    for event, element in etree.iterwalk(data, events=("start", "end")):
        if event == "start":
            yield f"\x1e{element.tag!s}"
            yield from sorted(f"\x1f{name!s}\x1f{value!s}" for name, value in element.items())
            yield (element.text or "").strip(SPACE)
        else:
            # WHY: said even where it is empty, because it ends the element.
            yield (element.tail or "").strip(SPACE)
