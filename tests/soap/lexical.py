"""Strategies of texts that the schema allows for each simple type, at the extremes of the type."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from gpd_soap.contract.documents import contract_folder
from gpd_soap.contract.grammar import Grammar
from gpd_soap.soap import codec, models

GRAMMAR = Grammar(contract_folder())
XSD = "{http://www.w3.org/2001/XMLSchema}"
#: A V2 transfer has exactly one of these.
EITHER = {"IBAN", "MBDAttachment"}

#: Every character of XML 1.0, those of other planes and unusual white space more often.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
    lambda c: c in "\t\n\r" or c >= " "
) | st.sampled_from(
    "\t\n\r \x7f\x85\xa0\u2028\u200b\u202e\ufeff\ud7ff\ue000\ufdd0\U0001f4b6\U0010ffff'\"<>&]"
)
BLANKS = st.text(" \t\r\n", max_size=3)
ZEROS = st.sampled_from([0, 1, 30, 5000]).map("0".__mul__)


def collapsed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return a strategy of these texts with white space around them."""
    return st.tuples(BLANKS, texts, BLANKS).map("".join)


def amounts(least: int) -> st.SearchStrategy[str]:
    """Return a strategy of amounts of at least so many cents."""
    cents = st.integers(least, 99_999_999_999) | st.sampled_from([least, 99_999_999_999])
    return st.tuples(ZEROS, cents).map(lambda pair: f"{pair[0]}{pair[1] // 100}.{pair[1] % 100:02}")


ZONES = st.sampled_from(["", "Z", "+00:00", "-00:00", "+14:00", "-14:00", "+13:59", "-05:30"])
YEARS = st.sampled_from(
    ["2026", "0001", "9999", "-0001", "-0044", "12026", "-12026", "9" * 18, "1" * 30, "9" * 5000]
) | st.integers(1, 9999).map("{:04}".format)
DAYS = st.sampled_from(["01-01", "12-31", "02-28", "03-29", "10-25", "04-30"])
TIMES = st.sampled_from(
    ["00:00:00", "24:00:00", "24:00:00.0", "23:59:59.999999999", "02:30:00", "12:00:00.1"]
) | st.integers(1, 400).map(lambda digits: "23:59:59." + "9" * digits)
DATES = st.tuples(YEARS, st.just("-"), DAYS).map("".join)
BASE64 = st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())
TYPES = {
    "xsd:date": collapsed(st.tuples(DATES, ZONES).map("".join)),
    "xsd:dateTime": collapsed(st.tuples(DATES, st.just("T"), TIMES, ZONES).map("".join)),
    "xsd:boolean": collapsed(st.sampled_from(["true", "false", "1", "0"])),
    "xsd:base64Binary": collapsed(BASE64 | BASE64.map(" ".join)),
}


@cache
def texts(kind: str) -> st.SearchStrategy[str]:
    """Return a strategy of the texts of a simple type."""
    base = GRAMMAR.expected(kind, "datatype") or kind.replace(XSD, "xsd:")
    if base == "xsd:decimal":
        return collapsed(amounts(1 if GRAMMAR.expected(kind, "minInclusive") else 0))
    allowed = GRAMMAR.expected(kind, "enumeration")
    if base == "xsd:int":
        signs = st.sampled_from(["", "+"])
        return collapsed(st.tuples(signs, ZEROS, st.sampled_from(allowed.split(", "))).map("".join))
    if allowed:
        return st.sampled_from(allowed.split(", "))
    return TYPES[base] if base in TYPES else _strings(kind)


def _strings(kind: str) -> st.SearchStrategy[str]:
    most = int(GRAMMAR.expected(kind, "length") or GRAMMAR.expected(kind, "maxLength") or 300)
    least = int(GRAMMAR.expected(kind, "length") or GRAMMAR.expected(kind, "minLength") or 0)
    pattern = GRAMMAR.expected(kind, "pattern")
    if pattern:
        matching = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        return matching.filter(lambda text: len(text) <= most)
    full = st.sampled_from("x\U0001f4b6\x85").map(lambda character: character * most)
    return st.lists(CHARACTERS, min_size=least, max_size=most).map("".join) | full


def elements(model: Any, kind: str, fixed: dict[str, Any], path: str = "") -> Any:
    """Return a strategy of the content of an element; `fixed` has the strategies of some paths."""
    members = list(codec.members_of(model))
    either = len(EITHER & {tag for _, tag, _ in members}) > 1
    parts = []
    for _, tag, of in members:
        here, child = f"{path}/{tag}", GRAMMAR.child(kind, tag)
        one = _element(of, tag, child, fixed, here)
        most = int(of.Attributes.max_occurs)
        # WHY: a message with all that the schema allows would take minutes to draw.
        several = st.lists(one, min_size=1, max_size=min(most, 2)).map("".join)
        required = of.Attributes.min_occurs or here in fixed
        parts.append(
            (tag, several if required or (either and tag in EITHER) else st.just("") | several)
        )
    if not either:
        return st.tuples(*(part for _, part in parts)).map("".join)
    return st.sampled_from(sorted(EITHER)).flatmap(
        lambda chosen: st.tuples(
            *(part for tag, part in parts if tag == chosen or tag not in EITHER)
        ).map("".join)
    )


def _element(
    of: Any, tag: str, kind: str, fixed: dict[str, Any], path: str
) -> st.SearchStrategy[str]:
    if issubclass(of, models.Model):
        content = elements(of, kind, fixed, path)
    else:
        content = fixed.get(path, texts(kind)).map(_escaped)
    element: st.SearchStrategy[str] = content.map(lambda inner: f"<{tag}>{inner}</{tag}>")
    return element


def _escaped(text: str) -> str:
    # WHY: a parser reads a bare CR as LF, and the text would be another one.
    return escape(text, {"\r": "&#13;"})
