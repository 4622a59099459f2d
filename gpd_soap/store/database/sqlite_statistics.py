"""Fixed statistics for SQLite's planner, as if every table were large.

SQLite counts no rows by itself.  Without statistics, or with those of an empty table, it reads
every row of an organization for each row of a list.  Fixed statistics give each list the plan that
a test checks, from the first day on.  An operator's own `ANALYZE` replaces them.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

#: By table and index: the number of rows, then of rows that are equal in the first column, in the
#: first two, and so on.  Automatic indexes are those of the primary keys.
FIGURES: dict[str, dict[str, str]] = {
    "position": {
        "sqlite_autoindex_position_1": "1000000 200000 1",
        "ix_position_organization_created_at_iupd": "1000000 200000 2 1",
        "ix_position_organization_company_name_iupd": "1000000 200000 100000 1",
        "ix_position_organization_debtor_code_iupd": "1000000 200000 3 1",
        "ix_position_debtor_as_given": "1000000 200000 3 1 1 1",
        "ix_position_debtor_last_word_first": "1000000 200000 3 1 1 1",
        "ix_position_debtor_first_word_last": "200000 40000 3 1 1 1",
    },
    "payment_option": {
        "sqlite_autoindex_payment_option_1": "1200000 240000 1",
        "ix_payment_option_organization_iuv": "1200000 240000 1",
        "ix_payment_option_organization_iupd_debtor_full_name": "1200000 240000 2 2",
        "ix_payment_option_organization_due_at_nav": "1200000 240000 3000 1",
        "ix_payment_option_organization_payment_date_paid_at": "600000 120000 2 1",
        "ix_payment_option_organization_debtor_code_iupd_nav": "100000 20000 3 2 1",
        "ix_payment_option_name_as_given": "100000 20000 3 2 1",
        "ix_payment_option_name_last_word_first": "100000 20000 3 2 1",
        "ix_payment_option_name_first_word_last": "20000 4000 3 2 1",
    },
    "transfer": {"sqlite_autoindex_transfer_1": "1300000 260000 2 1"},
    "retired_number": {
        "sqlite_autoindex_retired_number_1": "10000 2000 1",
        "ix_retired_number_organization_iuv": "10000 2000 1",
    },
    "demand": {"sqlite_autoindex_demand_1": "100000 20000 1"},
    "receipt": {
        "sqlite_autoindex_receipt_1": "1000000 200000 2 1",
        "ix_receipt_organization_nav": "1000000 200000 2",
        "ix_receipt_organization_iuv": "1000000 200000 2",
        "ix_receipt_organization_kept_received_at_amount": "1000000 200000 40000 2 1",
        "ix_receipt_organization_paid_at_received_at": "1000000 200000 2 1",
        "ix_receipt_open": "1000 200 50 1",
        "ix_receipt_resolved": "20000 4000 2 1 1",
        "ix_receipt_resolved_at": "20000 4000 2",
        "ix_receipt_to_refund": "500 100 2 1 1",
    },
    "quarantine": {"sqlite_autoindex_quarantine_1": "10000 5000 1"},
    "event": {
        "sqlite_autoindex_event_1": "5000000 1000000 4 1 1",
        "ix_event_organization_sequence": "5000000 1000000 1",
        "ix_event_organization_at_id": "1000 200 1 1",
    },
    "document": {
        "sqlite_autoindex_document_1": "1000000 200000 1",
        "ix_document_organization_created_at_id": "1000000 200000 2 1",
        "ix_document_organization_iupd_created_at": "1000000 200000 2 1",
    },
    "document_notice": {"sqlite_autoindex_document_notice_1": "1500000 300000 2 1"},
    "document_batch": {"sqlite_autoindex_document_batch_1": "1000 200 1"},
    "document_batch_line": {"sqlite_autoindex_document_batch_line_1": "1000000 200000 1000 1"},
    "subscription": {"sqlite_autoindex_subscription_1": "1000 3 1"},
    "parked": {
        "sqlite_autoindex_parked_1": "10000 100 30 1",
        "ix_parked_organization_subscription_subject_sequence": "10000 100 30 2 1",
    },
    "load": {
        "sqlite_autoindex_load_1": "10000 200 1",
        "sqlite_autoindex_load_2": "10000 200 100",
        "ix_load_organization_created_at_id": "10000 200 1 1",
    },
    "load_row": {
        "sqlite_autoindex_load_row_1": "1000000 200000 5000 1",
        "ix_load_row_organization_iupd": "1000000 200000 2",
    },
    "load_finding": {"sqlite_autoindex_load_finding_1": "100000 20000 500 1"},
    "load_file": {
        "sqlite_autoindex_load_file_1": "1000 50 20 10 1",
        "ix_load_file_stored_at": "1000 20",
    },
    "job": {
        "sqlite_autoindex_job_1": "100000 1000 1",
        "ix_job_next_at": "100 2",
        "ix_job_organization_created_at_id": "100000 1000 2 1",
    },
    "quote": {"sqlite_autoindex_quote_1": "100000 20000 3 1 1"},
    "journal": {
        "sqlite_autoindex_journal_1": "5000000 1000000 2 1",
        "ix_journal_organization_nav_at": "5000000 1000000 5 1",
        "ix_journal_organization_receipt_id": "1000000 200000 2",
        "ix_journal_at": "5000000 2",
    },
    "tally": {
        "sqlite_autoindex_tally_1": "1000000 200000 10 10 3 2 1",
        "ix_tally_hour": "1000000 50",
    },
    "audit": {
        "sqlite_autoindex_audit_1": "1000000 200000 2 1",
        "ix_audit_at": "1000000 2",
        "ix_audit_organization_at": "100000 20000 2",
        "ix_audit_key_id_at": "1000000 100000 2",
        "ix_audit_actor_at": "10000 1000 2",
        "ix_audit_organization_nav_at": "500000 100000 5 1",
        "ix_audit_organization_iupd_at": "500000 100000 5 1",
        "ix_audit_organization_receipt_id_at": "500000 100000 5 1",
    },
    "request": {"sqlite_autoindex_request_1": "100000 50000 1", "ix_request_asked_at": "100000 2"},
}


def assume_large_tables(connection: Connection) -> None:
    """Writes our statistics for SQLite's planner; every open connection reads them at its next use.

    Does nothing on PostgreSQL, which counts by itself.
    """
    if connection.dialect.name != "sqlite":
        return
    # WHY: only an ANALYZE can create SQLite's table of statistics.
    connection.execute(text("ANALYZE alembic_version"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    rows = [
        {"tbl": table, "idx": index, "stat": figures}
        for table, indexes in FIGURES.items()
        for index, figures in indexes.items()
    ]
    connection.execute(text("INSERT INTO sqlite_stat1 VALUES (:tbl, :idx, :stat)"), rows)
    # WHY: a connection reads the statistics with the schema, and again when that changes.
    connection.execute(text("CREATE TABLE figures_changed (x INTEGER)"))
    connection.execute(text("DROP TABLE figures_changed"))
