"""Every refusal of a use case about loads of files."""

from __future__ import annotations

from enum import StrEnum

from gpd_soap.usecases.refusals import Refusal


class LoadRefusal(Refusal):
    """A refusal about loads, for the console; no request of the API meets one."""


class LoadNotFound(LoadRefusal):
    """The organization has no load with this id."""


class LoadRunning(LoadRefusal):
    """Another load of the organization is at work, or waits for a decision."""

    def __init__(self, load_id: str) -> None:
        """Keep the id of the load that runs."""
        super().__init__()
        self.load_id = load_id


class LoadInOtherState(LoadRefusal):
    """The load is in a state in which this cannot be done."""


class ReadingChanged(LoadRefusal):
    """The file was tried with another reading than the caller has confirmed."""


class FileRemoved(LoadRefusal):
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


class FileNotLoadable(LoadRefusal):
    """The file is of a kind that cannot be loaded, or has no table in it."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        super().__init__()
        self.why = why
