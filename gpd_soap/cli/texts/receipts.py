"""Receipts and cases as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpd_soap.cli.texts.output import defused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpd_soap.store.receipts.search import Listed
    from gpd_soap.usecases.worklist import CaseWithNotice


def receipt_line(receipt: Listed) -> str:
    """A receipt on one line."""
    from gpd_soap.core import money, rome
    from gpd_soap.core.case_id import case_id

    time = rome.to_wire_datetime(receipt.paid_at or receipt.received_at)
    amount = money.to_wire(receipt.amount)
    facts = f"{time}  {receipt.iuv}  {amount}  {receipt.psp}"
    return f"{facts}  {receipt.status}  {case_id(receipt.key)}"


def print_csv(rows: Sequence[Listed]) -> None:
    """Print receipts as a CSV file; a cell that a spreadsheet would compute is defused."""
    import csv
    import sys

    from gpd_soap.core import money, rome
    from gpd_soap.core.case_id import case_id

    writer = csv.writer(sys.stdout)
    writer.writerow(["time", "iuv", "amount", "psp", "psp_name", "status", "id"])
    for each in rows:
        time = rome.to_wire_datetime(each.paid_at or each.received_at)
        amount, named = money.to_wire(each.amount), (each.psp, each.psp_name, each.status)
        cells = time, each.iuv, amount, *named, case_id(each.key)
        writer.writerow(map(defused, cells))


def case_line(row: CaseWithNotice) -> str:
    """A case on one line."""
    from gpd_soap.core import money, rome
    from gpd_soap.core.case_id import case_id

    case = row.case
    time = rome.to_wire_datetime(case.received_at)
    amount = "-" if case.amount is None else money.to_wire(case.amount)
    resolved = "" if case.resolved_at is None else "  (resolved)"
    notice = f"{case.nav or case.organization}  {amount}  {case_id(case.key)}"
    return f"{time}  {case.kind}  {notice}  {case.reasons}{resolved}"
