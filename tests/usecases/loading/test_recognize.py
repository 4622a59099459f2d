"""Files that are no text in UTF-8: each is named for what it is, with the remedy."""

import io
import os
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from gpd_soap.usecases.loading.recognize import opened
from gpd_soap.usecases.loading.source import Format, open_source
from gpd_soap.validation.strict_json import UnusableFile
from tests.usecases.loading.tables import ROW, written


def archive(*names: str, first: str = "") -> bytes:
    """Return a ZIP archive of files with these names; the first is stored as `mimetype`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        if first:
            packed.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            packed.writestr(name, "x" * 100)
    return file.getvalue()


SHEET = "application/vnd.oasis.opendocument.spreadsheet"
AS_CSV = 'save the sheet as "CSV UTF-8", and load that file'
FILES = {
    "empty": (b"", "the file is empty"),
    "xlsx": (archive("[Content_Types].xml", "xl/workbook.xml"), f"(.xlsx): {AS_CSV}"),
    "xlsx of a library": (archive("docProps/app.xml", "xl/workbook.xml"), f"(.xlsx): {AS_CSV}"),
    "ods": (archive("content.xml", first=SHEET), f"(.ods): {AS_CSV}"),
    "zip": (archive("tari.csv"), "an archive (ZIP): unpack it"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), f"(.xls): {AS_CSV}"),
    "pdf": (b"%PDF-1.7\n", "the file is a PDF"),
    "gzip": (b"\x1f\x8b\x08\x00", "compressed (gzip): unpack it"),
    "html": (b"\n<html><table>", "a web page (HTML)"),
    "utf-16 without a mark": (written(ROW).decode().encode("utf-16-le"), "perhaps UTF-16"),
    "broken utf-16": (b"\xff\xfe" + b"\x00\xd8" * 3, "broken UTF-16"),
    "cut utf-16": (written(ROW).decode().encode("utf-16")[:-1], "broken UTF-16"),
}


@pytest.mark.parametrize("file_format", Format)
@pytest.mark.parametrize(("raw", "message"), FILES.values(), ids=FILES)
def test_file_of_another_kind_is_named_with_the_remedy(
    raw: bytes, message: str, file_format: Format
):
    """Its name makes no difference."""
    with pytest.raises(UnusableFile) as refused:
        open_source(io.BytesIO(raw), file_format, None)

    assert message in str(refused.value)


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("file_format", Format)
def test_utf_16_with_a_mark_is_read(mark: str, file_format: Format):
    """Excel writes it as "Unicode text", with tabs."""
    text = {
        Format.CSV: written({**ROW, "fullName": "Nicolò Esempio"}, separator="\t").decode(),
        Format.NDJSON: '{"fullName": "Nicolò Esempio"}\n',
        Format.JSON: '{"positions": [{"fullName": "Nicolò Esempio"}]}',
    }[file_format]
    raw = ("\ufeff" + text).encode(mark)
    with closing(open_source(io.BytesIO(raw), file_format, None)) as source:
        [row] = source.rows

    assert isinstance(row.body, dict)
    assert row.body["fullName"] == "Nicolò Esempio"


def test_lines_that_end_with_cr_alone_are_named():
    """Old Macintosh programs write them."""
    raw = written(ROW, {**ROW, "iupd": "P2"}).replace(b"\n", b"\r")

    with pytest.raises(UnusableFile, match='end with CR alone: save it as "CSV UTF-8"'):
        open_source(io.BytesIO(raw), Format.CSV, None)


@pytest.mark.parametrize("file_format", [Format.CSV, Format.JSON])
def test_pipe_is_copied_so_that_it_can_be_read_twice(file_format: Format):
    """The copy has no name, and ends with the command."""
    raw = {Format.CSV: written(ROW), Format.JSON: b'{"positions": [{"iupd": "P1"}]}'}[file_format]
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(raw)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe, closing(open_source(pipe, file_format, None)) as source:
        [row] = source.rows
    writer.join()

    assert isinstance(row.body, dict)
    assert row.body["iupd"] == "P1"


def test_file_that_can_be_read_is_not_copied(tmp_path: Path):
    """A file of any size needs no other space."""
    path = tmp_path / "x.csv"
    path.write_bytes(written(ROW))
    with path.open("rb") as file:
        assert opened(file, twice=True) is file
        assert file.tell() == 0
