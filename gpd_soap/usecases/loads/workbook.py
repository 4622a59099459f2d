"""Reads and writes workbooks of Excel; the library is the extra `spreadsheets`.

A workbook is copied once as rows of text, so that its XML is read once however often the rows are.
It is read in a process of its own, which ends if it needs too much memory or time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from gpd_soap.usecases.loads import sheets
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why

#: LIMIT: 192 MiB of XML in a workbook, about a million rows of ten columns, and 64 MiB of texts,
#: which are in memory.
MOST_BYTES, MOST_TEXTS = 192 << 20, 64 << 20
#: LIMIT: parts of a workbook; one of a hundred sheets with pictures has fewer.
MOST_PARTS = 2_000
#: LIMIT: 512 MiB in memory for the process that reads a workbook; beyond them it is ended.
MOST_MEMORY = 512 << 20
#: LIMIT: seconds between two looks at that process, in which it can read some MB.
LOOK_SECONDS = 0.02
TEXTS, BOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
MACROS = "vbaProject.bin"
LIBRARY = "openpyxl"


class Copied(NamedTuple):
    """The rows of a sheet as CSV with the line first, and how many sheets have rows."""

    file: IO[str]
    sheets: int


def check(file: IO[bytes]) -> None:
    """Raises FileNotLoadable if an archive is no workbook, has macros, or would be too large."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileNotLoadable(Why.BROKEN) from None
    finally:
        file.seek(0)
    names = {part.filename: part for part in parts}
    if BOOK not in names:
        raise FileNotLoadable(Why.ARCHIVE)
    if any(name.endswith(MACROS) for name in names):
        raise FileNotLoadable(Why.MACROS)
    if any(part.flag_bits & 1 for part in parts):
        raise FileNotLoadable(Why.OLD_EXCEL)
    texts = names[TEXTS].file_size if TEXTS in names else 0
    # WHY: no more than the size in the directory is unpacked, so that size can be trusted.
    size = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or size > MOST_BYTES or texts > MOST_TEXTS:
        raise FileNotLoadable(Why.BOMB)


def copied(file: IO[bytes], check_end: Callable[[], object] = lambda: None) -> Copied:
    """Return the first sheet that has rows, in a file without a name.

    `check_end` is called now and then, and may raise to stop.  Raises FileNotLoadable.
    """
    check(file)
    if find_spec(LIBRARY) is None:
        raise FileNotLoadable(Why.NO_LIBRARY)
    copy = TemporaryFile()  # noqa: SIM115  # the caller closes it
    try:
        with _on_disk(file) as source:
            number = _filled(_ended(_begun(source, copy), check_end))
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return Copied(TextIOWrapper(copy, encoding="utf-8", newline=""), number)


def _filled(code: int) -> int:
    """Return how many sheets have rows, by how the process has ended.  Raises FileNotLoadable."""
    if code < sheets.READ:
        raise FileNotLoadable(Why.BROKEN)
    return code - sheets.READ


def _on_disk(file: IO[bytes]) -> IO[bytes]:
    """Return a copy of a file that another process can read."""
    copy = TemporaryFile()  # noqa: SIM115  # the caller closes it
    file.seek(0)
    shutil.copyfileobj(file, copy)
    copy.flush()
    return copy


def _begun(source: IO[bytes], copy: IO[bytes]) -> subprocess.Popen[bytes]:
    """Return the process that reads a workbook; it has none of our variables and connections."""
    return subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-P", "-m", sheets.__name__],
        stdin=source,
        stdout=copy,
        stderr=subprocess.DEVNULL,
        # WHY: the process finds the modules of this one, and no setting, which may be a secret.
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def _ended(process: subprocess.Popen[bytes], check_end: Callable[[], object]) -> int:
    """Return how a process has ended.

    Ends it if it needs too much, and raises FileNotLoadable.
    """
    latest = time.monotonic() + sheets.MOST_SECONDS
    try:
        while True:
            try:
                return process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                check_end()
            if time.monotonic() > latest or _resident(process.pid) > MOST_MEMORY:
                raise FileNotLoadable(Why.BOMB)
    finally:
        process.kill()
        process.wait()


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process has; 0 where the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def written(rows: Iterable[Sequence[str]], file: IO[bytes]) -> None:
    """Write rows of text as a workbook: no cell is a number or a formula."""
    book = import_module(LIBRARY).Workbook(write_only=True)
    make_cell = import_module(f"{LIBRARY}.cell").WriteOnlyCell
    sheet = book.create_sheet("Righe da correggere")
    for row in rows:
        cells = []
        for text in row:
            cell = make_cell(sheet)
            # WHY: a text that begins with = would be taken for a formula.
            cell.data_type, cell.number_format = "s", "@"
            cell._value = _printable(text)  # noqa: SLF001  # the only way past the guessing
            cells.append(cell)
        sheet.append(cells)
    book.save(file)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
