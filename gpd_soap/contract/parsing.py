"""The parser of everything that comes from outside: it repairs, expands and fetches nothing."""

from __future__ import annotations

import codecs
import threading
from functools import lru_cache

from lxml import etree

SPACE = " \t\r\n"
SPACE_BYTES = SPACE.encode()

#: LIMIT: the encodings that a transport may name, as Python calls them.  Some others that Python
#: knows take minutes for a long message (punycode) or do not decode bytes (rot13).
CHARSETS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii"),
    *("iso8859-1", "iso8859-15", "cp1252"),
)

#: The encodings that a byte-order mark decides.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

#: LIMIT: attributes of one element, or namespaces declared in a whole message.  libxml2 and lxml
#: compare each with each, which would take seconds in the largest message accepted.
TOO_MANY_NAMES = 10_000
#: A message of at most so many bytes cannot hold too many names.
SAFE_LENGTH = 6 * TOO_MANY_NAMES

_has_too_many_attributes = etree.XPath(f"boolean(//*[@*[{TOO_MANY_NAMES}]])")


def parse(raw: bytes, charset: str | None = None) -> etree._Element | None:
    """Return the root element, or None if `raw` is not acceptable XML.

    Not acceptable are bytes that are not well-formed, a DOCTYPE, and too many names.  `charset` is
    the transport's.  A byte-order mark decides the encoding, else the charset, else the declaration
    of the document, else it is UTF-8.  A charset that does not fit the bytes decides nothing.
    SPEC: RFC 7303, sections 3.2 and 3.3.
    """
    encoding = MARKS.get(raw[:3]) or MARKS.get(raw[:2])
    if encoding is None and charset is not None:
        encoding = known_charset(charset)
    root = None if encoding is None else _by_encoding(raw, encoding)
    if root is None:
        root = _root(raw.lstrip(SPACE_BYTES), _parsers.plain)
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        return None
    return None if len(raw) > SAFE_LENGTH and _has_too_many_names(root) else root


# LIMIT: 64 values; clients name few different ones, and a hostile one cannot fill the memory.
@lru_cache(maxsize=64)
def known_charset(name: str) -> str | None:
    """Return the one of CHARSETS that a transport names, in any spelling; None for any other."""
    try:
        charset = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return charset if charset in CHARSETS else None


def has_unknown_charset(raw: bytes, charset: str | None) -> bool:
    """Return whether the charset that should decide the encoding is unknown."""
    if charset is None or known_charset(charset) is not None:
        return False
    return not raw.startswith(tuple(MARKS))


def parse_written(document: bytes) -> etree._Element:
    """Return the root element of a document that this program wrote, without checks."""
    return etree.fromstring(document, _parsers.plain)


class _Parsers(threading.local):
    """Parsers for each thread.  WHY: threads that use one parser wait, and mix its error log."""

    def __init__(self) -> None:
        self.plain = _parser(None)
        self.utf8 = _parser("UTF-8")  # it ignores the declaration


def _parser(encoding: str | None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        recover=False,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        # WHY: a comment or an instruction would split a value into two texts.
        remove_comments=True,
        remove_pis=True,
    )


_parsers = _Parsers()


def _by_encoding(raw: bytes, encoding: str) -> etree._Element | None:
    if encoding == "utf-8":
        # WHY: some senders put white space before the declaration, which XML does not allow.
        return _root(raw.lstrip(SPACE_BYTES), _parsers.utf8)
    if encoding == "utf-16" and not raw.startswith(tuple(MARKS)):
        # SPEC: RFC 2781, section 4.3: without a mark it is big-endian.
        # WHY: some senders name the family and write the order of their machine.
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return _root(text.lstrip(SPACE).encode(), _parsers.utf8)


def _root(document: bytes, parser: etree.XMLParser) -> etree._Element | None:
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    # WHY: lxml looks only at libxml2's last message, so a warning would hide an earlier error, such
    # as an undeclared prefix.
    messages = parser.error_log
    return None if messages and messages.filter_from_errors() else root


def _has_too_many_names(root: etree._Element) -> bool:
    declared = sum(1 for _ in etree.iterwalk(root, events=("start-ns",)))
    return declared >= TOO_MANY_NAMES or bool(_has_too_many_attributes(root))
