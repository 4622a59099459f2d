"""What prints for the admin face: made at the first document, for all threads of a process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.usecases.document_refusals import DocumentsNotInstalled

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.opening import Printer

#: Makes what prints for a store.
OpenPrinter = Callable[[Store], "Printer"]


def open_as_set(settings: Settings) -> OpenPrinter:
    """Return a function that makes what prints as the settings say, and imports it only then.

    It raises DocumentsNotInstalled without the libraries.
    """

    def open_it(store: Store) -> Printer:
        try:
            # WHY: the libraries take 60 MiB, and most processes never print.
            from gpd_soap.features.documents.archive.opening import open_printer
        except ModuleNotFoundError:
            raise DocumentsNotInstalled from None
        return open_printer(settings, store)

    return open_it


#: What prints with the default settings.
AS_BY_DEFAULT = open_as_set(Settings())


class Printers:
    """Holds what prints for a store, once it is needed."""

    def __init__(self, store: Store, open_printer: OpenPrinter) -> None:
        """Make nothing yet."""
        self._store, self._open = store, open_printer
        self._lock = threading.Lock()
        self._printer: Printer | None = None

    def __call__(self) -> Printer:
        """Return what prints.  Raises DocumentsNotInstalled without the libraries."""
        with self._lock:
            if self._printer is None:
                self._printer = self._open(self._store)
            return self._printer
