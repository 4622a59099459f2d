"""Recognizes what a file is by its first bytes, and opens it so that it can be read as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import BufferedReader
from tempfile import TemporaryFile
from typing import IO

from gpd_soap.validation.strict_json import UnusableFile

#: LIMIT: bytes that are looked at; the names of the first files in an archive are among them.
HEAD = 4096
CHUNK = 1 << 16

AS_CSV = 'save the sheet as "CSV UTF-8", and load that file'
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Names that the first entries of an Office document have.
OFFICE = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument"
HTML = (b"<!doctype html", b"<html", b"<table")
#: What to do about each kind of file, by its first bytes.
SIGNATURES = {
    b"\xd0\xcf\x11\xe0": f"the file is an Excel workbook (.xls): {AS_CSV}",
    b"%PDF": f"the file is a PDF: in the spreadsheet that it was made of, {AS_CSV}",
    b"\x1f\x8b": "the file is compressed (gzip): unpack it, and load the file inside",
    b"7z\xbc\xaf": "the file is an archive (7z): unpack it, and load the file inside",
    b"Rar!": "the file is an archive (RAR): unpack it, and load the file inside",
    b"SQLite format 3": "the file is a database, and holds no positions to load",
}


def opened(file: IO[bytes], *, twice: bool) -> IO[bytes]:
    """Return the same file, or a copy that is UTF-8 and, for `twice`, can be read twice.

    A file in UTF-16 with a byte order mark is copied as UTF-8.
    Raises UnusableFile if the file is empty or of a kind that cannot be loaded.
    """
    head = _head(file)
    problem = _problem(head)
    if problem is not None:
        raise UnusableFile(problem)
    if head.startswith(UTF_16):
        return _copy(_as_utf8(file))
    return file if file.seekable() or not twice else _copy(_chunks(file))


def _head(file: IO[bytes]) -> bytes:
    """Return the first bytes of a file, which stay to be read."""
    if not file.seekable():
        # WHY: a pipe may bring its lines one by one, and is buffered.
        assert isinstance(file, BufferedReader)
        return file.peek(HEAD)[:HEAD]
    head = file.read(HEAD)
    file.seek(-len(head), 1)
    return head


def _problem(head: bytes) -> str | None:
    if not head:
        return "the file is empty"
    if head.startswith(b"PK\x03\x04"):
        return _archive(head)
    for signature, problem in SIGNATURES.items():
        if head.startswith(signature):
            return problem
    if head.lstrip().lower().startswith(HTML):
        return f"the file is a web page (HTML), whatever its name: open it, {AS_CSV}"
    if b"\0" in head and not head.startswith(UTF_16):
        return 'the file is no UTF-8 text, perhaps UTF-16 without a mark: save it as "CSV UTF-8"'
    return None


def _archive(head: bytes) -> str:
    if OPEN_DOCUMENT in head:
        return f"the file is an OpenDocument spreadsheet (.ods): {AS_CSV}"
    if any(name in head for name in OFFICE):
        return f"the file is an Excel workbook (.xlsx): {AS_CSV}"
    return "the file is an archive (ZIP): unpack it, and load the file inside"


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _as_utf8(file: IO[bytes]) -> Iterator[bytes]:
    try:
        for text in codecs.iterdecode(_chunks(file), "utf-16"):
            yield text.encode()
    except UnicodeError:
        raise UnusableFile('the file is broken UTF-16: save it as "CSV UTF-8"') from None


def _copy(chunks: Iterator[bytes]) -> IO[bytes]:
    """Return a file without a name that has these bytes, and ends when it is closed."""
    copy: IO[bytes] = TemporaryFile()  # noqa: SIM115  # the caller reads and closes it
    try:
        copy.writelines(chunks)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy
