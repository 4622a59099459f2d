"""The public names under their former path; new services import from `gpd_soap.plugins`."""

from __future__ import annotations

from gpd_soap.plugins import (
    ANONYMOUS,
    Account,
    Debtor,
    Metadata,
    PaaFault,
    Quote,
    Refusal,
    SpontaneousService,
    Transfer,
    broken,
)

__all__ = [
    "ANONYMOUS",
    "Account",
    "Debtor",
    "Metadata",
    "PaaFault",
    "Quote",
    "Refusal",
    "SpontaneousService",
    "Transfer",
    "broken",
]
