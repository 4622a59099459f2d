"""Where the bytes of documents are kept: in the database, in a folder, or in a bucket."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Protocol

from gpd_soap.core.errors import OperatorError
from gpd_soap.settings import Settings
from gpd_soap.settings.storage import BUCKET
from gpd_soap.store.documents.archive import IN_ROW

DATABASE = IN_ROW


class UnusableStorage(OperatorError):
    """The storage of documents cannot be used."""

    hint = "check GPD_DOCUMENTS, its rights and its disk"


class Contents(Protocol):
    """A storage beside the database; what is kept under a digest never changes.

    A bucket raises StorageUnavailable in the place of UnusableStorage.
    """

    @property
    def storage(self) -> str:
        """The name that the rows of documents have for it."""

    def put(self, organization: str, digest: str, pdf: bytes) -> None:
        """Keep the bytes with this digest, durably.  Raises UnusableStorage if it cannot."""

    def get(self, organization: str, digest: str) -> bytes | None:
        """Return what is kept for this digest, or None.  Raises UnusableStorage if it cannot."""

    def remove(self, organization: str, digest: str) -> bool:
        """Remove what is kept for this digest; return whether there was anything.

        Raises UnusableStorage if it cannot.
        """


class Folder:
    """Keeps each document in a file of a folder, `ORGANIZATION/2 digits/DIGEST.pdf`."""

    storage = "folder"

    def __init__(self, path: Path) -> None:
        """Keep the folder, which is made where it is missing."""
        self._path = path

    def put(self, organization: str, digest: str, pdf: bytes) -> None:
        """Keep the bytes under a name that appears when they are complete and on the disk."""
        file = self._file(organization, digest)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as part:
                    part.write(pdf)
                    part.flush()
                    os.fsync(part.fileno())
                Path(name).replace(file)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            _sync(file.parent)
        except OSError as error:
            raise UnusableStorage("a document could not be written to the folder") from error

    def get(self, organization: str, digest: str) -> bytes | None:
        """Return the bytes of the file, or None if there is none."""
        try:
            return self._file(organization, digest).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnusableStorage("a document could not be read from the folder") from error

    def remove(self, organization: str, digest: str) -> bool:
        """Remove the file of this digest; return whether it was there."""
        file = self._file(organization, digest)
        try:
            file.unlink()
            _sync(file.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise UnusableStorage("a document could not be removed from the folder") from error
        return True

    def _file(self, organization: str, digest: str) -> Path:
        return self._path / organization / digest[:2] / f"{digest}.pdf"


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def contents_of(address: str, settings: Settings) -> Contents | None:
    """Return the storage that an address names; None is the database.

    Raises UnusableStorage if the library of buckets is missing.
    """
    if not address.startswith(BUCKET):
        return Folder(Path(address)) if address else None
    try:
        from gpd_soap.features.documents.archive.bucket import Bucket
    except ModuleNotFoundError as error:
        raise UnusableStorage(
            f"the library {error.name} is missing: deploy/requirements-documents.txt"
        ) from None
    return Bucket(address, settings)
