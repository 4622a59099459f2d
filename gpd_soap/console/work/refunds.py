"""The list of refunds as a file for the accounting office."""

from __future__ import annotations

from gpd_soap.console.work.evidence import evidence_of
from gpd_soap.core import rome
from gpd_soap.core.case_id import CaseOutcome, case_id
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.receipts import history, queue
from gpd_soap.store.receipts.queue import QueueFilter
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases.casework.refund_list import Refund

OUTSTANDING = QueueFilter(resolved=True, outcome=CaseOutcome.TO_REFUND)
#: LIMIT: refunds of one file; each message is read, some milliseconds.
MOST = 2000


def outstanding(database: Database, organization: str, limit: int = MOST) -> list[Refund]:
    """Returns the refunds that are decided and not yet paid, the oldest case first."""

    def work(connection: Transaction) -> list[Refund]:
        cases, _ = queue.page(connection, organization, OUTSTANDING, limit)
        return [_refund(connection, organization, case) for case in cases]

    return read_only(database, work)


def _refund(connection: Transaction, organization: str, case: Case) -> Refund:
    document = (
        history.document(connection, organization, case.key) if case.variant is not None else None
    )
    evidence = evidence_of(document) if document else None
    payer = (evidence.payer or evidence.debtor) if evidence else None
    return Refund(
        case_id(case.key),
        case.nav,
        case.iuv,
        case.name,
        rome.day_of(case.paid_at) if case.paid_at else None,
        case.amount or 0,
        payer.name if payer else None,
        payer.code if payer else None,
        case.debtor_code,
        case.psp_name,
        case.psp,
        rome.day_of(case.resolved_at) if case.resolved_at else None,
        case.resolved_by,
        case.resolution,
    )
