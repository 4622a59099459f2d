"""Tells what a file is by its first bytes, whatever its name, or why it cannot be loaded."""

from __future__ import annotations

import codecs

from gpd_soap.usecases.loads.reading import Kind
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why

#: LIMIT: bytes that are looked at; the names of the first files in an archive are among them.
HEAD = 4096
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SIGNATURES = {
    b"\xd0\xcf\x11\xe0": Why.OLD_EXCEL,
    b"%PDF": Why.PDF,
    b"\x1f\x8b": Why.ARCHIVE,
    b"7z\xbc\xaf": Why.ARCHIVE,
    b"Rar!": Why.ARCHIVE,
    b"\x89PNG": Why.PICTURE,
    b"\xff\xd8\xff": Why.PICTURE,
    b"GIF8": Why.PICTURE,
    b"SQLite format 3": Why.BINARY,
}
#: Beginnings of texts that are no table, in small letters and without blanks before them.
TEXTS = {
    b"<!doctype html": Why.HTML,
    b"<html": Why.HTML,
    b"<table": Why.HTML,
    b"<?xml": Why.HTML,
    b"{": Why.JSON,
    b"[": Why.JSON,
}
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument"
ZIP = b"PK\x03\x04"


def kind_of(head: bytes) -> Kind:
    """Return the kind of a file by its first bytes.  Raises FileNotLoadable."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not text:
        raise FileNotLoadable(Why.EMPTY)
    if head.startswith(ZIP):
        return _archive(head)
    for beginning, why in SIGNATURES.items():
        if head.startswith(beginning):
            raise FileNotLoadable(why)
    for beginning, why in TEXTS.items():
        if text.startswith(beginning):
            raise FileNotLoadable(why)
    if b"\0" in head and not head.startswith(UTF_16):
        raise FileNotLoadable(Why.BINARY)
    return Kind.CSV


def _archive(head: bytes) -> Kind:
    """Return the kind of an archive, which `workbook.check` looks into."""
    if OPEN_DOCUMENT in head:
        raise FileNotLoadable(Why.OPEN_DOCUMENT)
    return Kind.XLSX
