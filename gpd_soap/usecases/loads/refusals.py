"""Every refusal of a use case about loads of files."""

from __future__ import annotations

from enum import StrEnum

from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError


class LoadNotFound(Refusal):
    """The organization has no load with this id."""


class LoadRunning(Refusal):
    """Another load of the organization is at work, or waits for a decision."""

    def __init__(self, load_id: str) -> None:
        """Keep the id of the load that runs."""
        super().__init__()
        self.load_id = load_id


class LoadInOtherState(Refusal):
    """The load is in a state in which this cannot be done."""


class ReadingChanged(Refusal):
    """The file was tried with another reading than the caller has confirmed."""


class FileRemoved(Refusal):
    """The bytes of the file are kept no more."""


class Why(StrEnum):
    """Why a file cannot be loaded."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    OLD_EXCEL = "old-excel"
    MACROS = "macros"
    BOMB = "bomb"
    BUSY = "busy"
    BROKEN = "broken"
    OPEN_DOCUMENT = "open-document"
    ARCHIVE = "archive"
    PDF = "pdf"
    HTML = "html"
    JSON = "json"
    PICTURE = "picture"
    BINARY = "binary"
    ENCODING = "encoding"
    NO_HEADER = "no-header"
    NO_ROWS = "no-rows"
    REPEATED = "repeated"
    NO_LIBRARY = "no-library"


#: What is expected instead, for a caller without pages.
EXPECTED: dict[Why, str] = {
    Why.EMPTY: "a file with a header and rows",
    Why.TOO_LARGE: "a smaller file",
    Why.OLD_EXCEL: "a workbook saved as .xlsx, or CSV; this is an old one (.xls)",
    Why.MACROS: "a workbook without macros",
    Why.BOMB: "a workbook of a usual size when it is unpacked",
    Why.BUSY: "to wait a minute, because another file is being read",
    Why.BROKEN: "a workbook that can be opened",
    Why.OPEN_DOCUMENT: "the sheet saved as .xlsx or CSV; this is OpenDocument",
    Why.ARCHIVE: "the file inside the archive",
    Why.PDF: "CSV or .xlsx; this is a PDF",
    Why.HTML: "CSV or .xlsx; this is a web page",
    Why.JSON: "CSV or .xlsx; `gpd-soap load` takes JSON",
    Why.PICTURE: "CSV or .xlsx; this is a picture",
    Why.BINARY: "CSV or .xlsx",
    Why.ENCODING: "text in UTF-8, UTF-16 or Windows-1252",
    Why.NO_HEADER: "a first row with the names of the columns",
    Why.NO_ROWS: "rows below the header",
    Why.REPEATED: "each column once",
    Why.NO_LIBRARY: "CSV; the libraries for workbooks are not installed",
}


class FileNotLoadable(Refusal):
    """The file is of a kind that cannot be loaded, or has no table in it."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        super().__init__([FieldError("file", str(why), EXPECTED[why])])
        self.why = why
