"""The public names for services written by others; all other names may change.

`gpd_soap.usecases.spontaneous.quote` explains what a service is, and how its distribution declares
it in the entry-point group `gpd_soap.services`.
"""

from __future__ import annotations

from gpd_soap.contract.parsing import parse
from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.usecases.spontaneous.quote import (
    ANONYMOUS,
    Account,
    Quote,
    SpontaneousService,
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
    "Stamp",
    "Transfer",
    "broken",
    "parse",
]
