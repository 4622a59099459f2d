"""The refusals of requests about documents, by name."""

from __future__ import annotations

from gpd_soap.usecases.refusals import Refusal


class DocumentNotFound(Refusal):
    """The archive has no document with this id."""


class NotPrintable(Refusal):
    """A notice is not printed now; `reason` says why, in Italian for the person who asks for it."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__()
        self.reason = reason


class DocumentsNotInstalled(Refusal):
    """The libraries that make documents are not installed."""


class StorageUnavailable(Refusal):
    """The bucket that has the bytes of documents does not serve now; nothing was released."""


class BatchNotFound(Refusal):
    """The organization has no batch of notices with this id."""


class BatchNotEnded(Refusal):
    """Notices of the batch still wait, so that there is no zip of it yet."""


class BatchEnded(Refusal):
    """Every notice of the batch has its outcome, so that there is nothing to go on with."""


class BatchIsRunning(Refusal):
    """A job prints the batch, or waits to."""


class NothingLoaded(Refusal):
    """No load has stored a position of the organization."""
