"""Workbooks of some kilobytes that unpack to millions of elements end their own process alone."""

import io
import os
import subprocess
import zipfile
from pathlib import Path
from typing import BinaryIO

import pytest

from gpd_soap.usecases.loads import manage, sheets, workbook
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why
from gpd_soap.usecases.loads.understand import Creditor
from tests.usecases.loads.files import as_workbook, line

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
#: Elements of a part, each of a few bytes.
MANY = 5_000_000


def with_part(name: str, begin: str, element: str, end: str) -> BinaryIO:
    """Return a workbook of which one part has a great many of an element."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(as_workbook([line(1)])) as sound,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zip_file,
    ):
        for each in sound.namelist():
            content = sound.read(each)
            if each == name:
                content = f"{begin}{element * MANY}{end}".encode()
            zip_file.writestr(each, content)
    assert len(file.getvalue()) < 1 << 20
    return file


BEGIN, END = f"<worksheet {MAIN}><sheetData>", "</sheetData></worksheet>"
BOMBS = {
    "styles": (STYLES, f"<styleSheet {MAIN}><cellXfs>", "<xf/>", "</cellXfs></styleSheet>"),
    "one row": (SHEET, f"{BEGIN}<row>", "<c/>", f"</row>{END}"),
    "unknown": (SHEET, BEGIN, "<a/>", END),
}  # fmt: skip


@pytest.mark.parametrize("part", BOMBS.values(), ids=BOMBS)
def test_bomb_ends_its_own_process_and_grows_none_of_ours(
    part: tuple[str, str, str, str], monkeypatch: pytest.MonkeyPatch
):
    """The size in the directory is within the bound, so that the process must be."""
    monkeypatch.setattr(workbook, "MOST_MEMORY", 96 << 20)
    bomb = with_part(*part)
    before, others = resident(), children()

    with pytest.raises(FileNotLoadable) as refused:
        workbook.copied(bomb)

    assert refused.value.why is Why.BOMB
    assert resident() - before < 32 << 20
    assert children() == others


def test_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch):
    """Nobody waits for it, and its process is gone."""
    monkeypatch.setattr(sheets, "MOST_SECONDS", 0)
    others = children()

    with pytest.raises(FileNotLoadable) as refused:
        workbook.copied(with_part(*BOMBS["unknown"]))

    assert refused.value.why is Why.BOMB
    assert children() == others


def test_reading_ends_with_the_job_that_reads():
    """A job that was cancelled leaves no process behind."""

    class Cancelled(Exception):
        pass

    def cancel() -> None:
        raise Cancelled

    others = children()
    with pytest.raises(Cancelled):
        workbook.copied(with_part(*BOMBS["unknown"]), cancel)

    assert children() == others


def test_process_of_a_workbook_has_no_setting(monkeypatch: pytest.MonkeyPatch):
    """The process that reads the file knows no address of a database."""
    monkeypatch.setenv("GPD_DATABASE_URL", "postgresql://gpd:parola@db.example/gpd")
    seen = {}

    def begun(*_arguments: object, env: dict[str, str], **_options: object) -> None:
        seen.update(env)
        raise FileNotLoadable(Why.BROKEN)

    monkeypatch.setattr(subprocess, "Popen", begun)
    with pytest.raises(FileNotLoadable):
        workbook.copied(as_workbook([line(1)]))

    assert seen.keys() == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def test_second_file_is_refused_while_a_long_one_is_read(monkeypatch: pytest.MonkeyPatch):
    """Large files would otherwise take every thread of the console."""
    monkeypatch.setattr(manage, "PATIENCE_SECONDS", 0.0)
    office = Creditor("77777777777", "Comune di Esempio")
    with manage._READING, pytest.raises(FileNotLoadable) as refused:
        manage._understood(as_workbook([line(1)]), office)

    assert refused.value.why is Why.BUSY
    assert manage._understood(as_workbook([line(1)]), office).records == 1


def resident() -> int:
    """Return the bytes of memory that this process has."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def children() -> list[str]:
    """Return the processes that this thread has begun and that have not ended."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
