"""The parser of everything that comes from outside: it repairs, expands and fetches nothing."""

from __future__ import annotations

import codecs
import threading

from lxml import etree

SPACE = " \t\r\n"
SPACE_BYTES = SPACE.encode()
MARK = "\ufeff"

#: LIMIT: the encodings that a transport may name, in small letters.  Some that Python knows take
#: minutes for a long message (punycode) or do not decode bytes (rot13).
CHARSETS = {
    *("utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"),
    *("iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"),
}

#: LIMIT: attributes of one element, or namespaces declared in a whole message.  libxml2 and lxml
#: compare each with each, which would take seconds in the largest message accepted.
TOO_MANY_NAMES = 10_000
#: A message of at most so many bytes cannot hold too many names.
SAFE_LENGTH = 6 * TOO_MANY_NAMES

_has_too_many_attributes = etree.XPath(f"boolean(//*[@*[{TOO_MANY_NAMES}]])")


def parse(raw: bytes, charset: str | None = None) -> etree._Element | None:
    """Return the root element, or None if `raw` is not acceptable XML.

    Not acceptable are bytes that are not well-formed, a DOCTYPE, and too many names.  The document
    declares its encoding (byte-order mark, declaration, else UTF-8).  `charset` is the transport's,
    and is tried only if the document's own fails.
    """
    root = _by_declaration(raw)
    if root is None and charset is not None:
        root = _by_charset(raw, charset.lower())
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        return None
    return None if len(raw) > SAFE_LENGTH and _has_too_many_names(root) else root


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


def _by_declaration(raw: bytes) -> etree._Element | None:
    parser = _parsers.utf8 if raw.startswith(codecs.BOM_UTF8) else _parsers.plain
    # WHY: some senders put white space before the declaration, which XML does not allow.
    return _root(raw.removeprefix(codecs.BOM_UTF8).lstrip(SPACE_BYTES), parser)


def _by_charset(raw: bytes, charset: str) -> etree._Element | None:
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
    # WHY: lxml looks only at libxml2's last message, so a warning would hide an earlier error, such
    # as an undeclared prefix.
    messages = parser.error_log
    return None if messages and messages.filter_from_errors() else root


def _has_too_many_names(root: etree._Element) -> bool:
    declared = sum(1 for _ in etree.iterwalk(root, events=("start-ns",)))
    return declared >= TOO_MANY_NAMES or bool(_has_too_many_attributes(root))
