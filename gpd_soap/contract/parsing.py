"""Bytes to XML, for everything that comes from outside: nothing repaired, expanded or fetched."""

from __future__ import annotations

import codecs
import threading

from lxml import etree

SPACE = " \t\r\n"
SPACE_BYTES = SPACE.encode()
MARK = "\ufeff"

#: LIMIT: the encodings that a transport may name, in small letters.  Python knows many more, some
#: of which take minutes for a long message (punycode) or are no encodings at all (rot13).
CHARSETS = {
    *("utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"),
    *("iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"),
}

#: LIMIT: attributes of one element, or namespaces declared in a whole message.  libxml2 and lxml
#: compare each with each: in the largest message that is taken, for seconds.
CROWD = 10_000
#: A message that is not longer, in bytes, has no room for a crowd.
ROOMY = 6 * CROWD

_of_one_element = etree.XPath(f"boolean(//*[@*[{CROWD}]])")


def parse(raw: bytes, charset: str | None = None) -> etree._Element | None:
    """The root element, or None for what is not well-formed XML, carries a DOCTYPE or is crowded.

    The document says its own encoding (byte-order mark, declaration, else UTF-8); `charset`, what
    the transport said, is tried only where that fails.
    """
    root = _as_it_says(raw)
    if root is None and charset is not None:
        root = _as_told(raw, charset.lower())
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        return None
    return None if len(raw) > ROOMY and _crowded(root) else root


def parse_written(document: bytes) -> etree._Element:
    """The root element of what this program wrote itself, of which nothing ill is thought."""
    return etree.fromstring(document, _parsers.plain)


class _Parsers(threading.local):
    """Parsers for each thread: lxml's are locked, and their error logs mix."""

    def __init__(self) -> None:
        self.plain = _parser(None)
        self.utf8 = _parser("UTF-8")  # whatever the declaration says


def _parser(encoding: str | None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        recover=False,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        # WHY: a value that a comment or an instruction splits must be read whole.
        remove_comments=True,
        remove_pis=True,
    )


_parsers = _Parsers()


def _as_it_says(raw: bytes) -> etree._Element | None:
    parser = _parsers.utf8 if raw.startswith(codecs.BOM_UTF8) else _parsers.plain
    # WHY: some senders put white space before the declaration, where XML has no place for it.
    return _root(raw.removeprefix(codecs.BOM_UTF8).lstrip(SPACE_BYTES), parser)


def _as_told(raw: bytes, charset: str) -> etree._Element | None:
    if charset not in CHARSETS:
        return None
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return None
    return _root(text.lstrip(MARK + SPACE).encode(), _parsers.utf8)


def _root(document: bytes, parser: etree.XMLParser) -> etree._Element | None:
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    # WHY: lxml asks libxml2 for its last complaint alone, so that a mere warning would hide an
    # error that came before it: a prefix that nobody declared.
    complaints = parser.error_log
    return None if complaints and complaints.filter_from_errors() else root


def _crowded(root: etree._Element) -> bool:
    declared = sum(1 for _ in etree.iterwalk(root, events=("start-ns",)))
    return declared >= CROWD or bool(_of_one_element(root))
