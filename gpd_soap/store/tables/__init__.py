"""The tables.  Each leads with the organization, so that its rows live together (DESIGN 9).

Natural keys throughout: IUPD names a position, NAV an option, so no sequence is shared by
processes and rows of one organization can be partitioned or sharded without a change of queries.
Money is integer cents; instants are UTC.
"""

from __future__ import annotations

from gpd_soap.store.tables.audit import audit
from gpd_soap.store.tables.base import Code, Instant, Json, OrganizationCode, metadata
from gpd_soap.store.tables.configuration import (
    api_key,
    broker,
    organization,
    organization_station,
    request,
    service,
    station,
)
from gpd_soap.store.tables.journal import journal
from gpd_soap.store.tables.positions import (
    demand,
    iuv_serial,
    payment_option,
    position,
    retired_number,
    transfer,
)
from gpd_soap.store.tables.receipts import probe, quarantine, receipt

__all__ = [
    "Code",
    "Instant",
    "Json",
    "OrganizationCode",
    "api_key",
    "audit",
    "broker",
    "demand",
    "iuv_serial",
    "journal",
    "metadata",
    "organization",
    "organization_station",
    "payment_option",
    "position",
    "probe",
    "quarantine",
    "receipt",
    "request",
    "retired_number",
    "service",
    "station",
    "transfer",
]
