"""The tables.  The key of each begins with the organization, so its rows are stored together.

Keys are natural: the IUPD of a position, the NAV of an option.  So processes need no common
sequence, and an organization's rows can be partitioned or sharded without new queries.  Amounts are
integer cents (Money, rule 1), and instants are UTC (Time, rule 1).
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
from gpd_soap.store.tables.debtor_indexes import DEBTOR_INDEXES
from gpd_soap.store.tables.documents import (
    document,
    document_batch,
    document_batch_line,
    document_notice,
)
from gpd_soap.store.tables.events import event, feed
from gpd_soap.store.tables.jobs import job
from gpd_soap.store.tables.journal import journal
from gpd_soap.store.tables.loads import load, load_file, load_finding, load_row
from gpd_soap.store.tables.people import (
    operator,
    operator_ceremony,
    operator_credential,
    operator_identity,
    operator_invitation,
    operator_passkey,
    operator_recovery_code,
    operator_session,
    sign_in_attempt,
)
from gpd_soap.store.tables.positions import (
    demand,
    iuv_serial,
    payment_option,
    position,
    quote,
    retired_number,
    transfer,
)
from gpd_soap.store.tables.printing import print_settings
from gpd_soap.store.tables.receipts import probe, quarantine, receipt
from gpd_soap.store.tables.retention import retention_term
from gpd_soap.store.tables.tally import tally
from gpd_soap.store.tables.webhooks import parked, subscription

__all__ = [
    "DEBTOR_INDEXES",
    "Code",
    "Instant",
    "Json",
    "OrganizationCode",
    "api_key",
    "audit",
    "broker",
    "demand",
    "document",
    "document_batch",
    "document_batch_line",
    "document_notice",
    "event",
    "feed",
    "iuv_serial",
    "job",
    "journal",
    "load",
    "load_file",
    "load_finding",
    "load_row",
    "metadata",
    "operator",
    "operator_ceremony",
    "operator_credential",
    "operator_identity",
    "operator_invitation",
    "operator_passkey",
    "operator_recovery_code",
    "operator_session",
    "organization",
    "organization_station",
    "parked",
    "payment_option",
    "position",
    "print_settings",
    "probe",
    "quarantine",
    "quote",
    "receipt",
    "request",
    "retention_term",
    "retired_number",
    "service",
    "sign_in_attempt",
    "station",
    "subscription",
    "tally",
    "transfer",
]
