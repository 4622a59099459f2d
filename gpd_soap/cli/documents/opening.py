"""What prints for a command, or the extra that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpd_soap.core.errors import OperatorError

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.opening import Printer
    from gpd_soap.store.store import Store


class MissingExtra(OperatorError):
    """The libraries that make documents are not installed."""

    hint = "install deploy/requirements-documents.txt"


def printer(store: Store) -> Printer:
    """The printer that the settings describe.  Raises MissingExtra without the extra."""
    try:
        from gpd_soap.features.documents.archive.opening import open_printer
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the library {error.name} is missing") from None
    from gpd_soap.settings import Settings

    return open_printer(Settings.load(), store)
