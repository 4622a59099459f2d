"""The refusals of requests to the platform's service that prints notices, by name."""

from __future__ import annotations

from gpd_soap.usecases.refusals import Refusal


class NotPrinted(Refusal):
    """A notice is not printed; `reason` says why, in Italian for the person who asks for it."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__()
        self.reason = reason


class SeveralOrganizations(Refusal):
    """The notices of one request are of several organizations."""


class OrganizationNotAllowed(Refusal):
    """The key is not for the organization of a notice."""


class InstitutionNotFound(Refusal):
    """The organization of a notice is not registered here."""


class TemplateNotFound(Refusal):
    """No template has this id."""


class FolderNotAvailable(Refusal):
    """There is no folder of this id, or it is not for the key."""


class FolderNotComplete(Refusal):
    """Notices of the folder still wait."""


class FileNotInFolder(Refusal):
    """The folder has no document of this name."""


class FolderErrorNotFound(Refusal):
    """The folder has no error of this id."""
