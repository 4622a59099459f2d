"""A person planted in every column of every table that can hold one, long beyond every term.

A column of text, JSON or bytes is planted unless it is named here with the reason why it holds no
person.  So a new column makes a test fail until somebody decides what it is.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    insert,
    select,
)

from gpd_soap.store import tables
from gpd_soap.store.tables.base import Instant
from tests.store.samples import ORGANIZATION

#: Stands in each planted column; no other text has it.
PERSON = "ZQXWV"
#: Stands in a column that is too short for it.
SHORT = "Q"

#: What no column of these tables says about a debtor: the reason, and the tables.
TABLES_WITHOUT = {
    "configuration of the institution": (
        *("organization", "broker", "station", "organization_station", "service"),
        *("iuv_serial", "retention_term", "subscription", "print_settings"),
    ),
    "numbers and instants": ("feed", "probe", "retired_number", "tally"),
    "digests": ("sign_in_attempt", "operator_ceremony"),
    "notice numbers, and who asked by an id": (
        *("document_notice", "document_batch", "job", "load_row", "load_finding"),
    ),
}
#: Columns that hold no debtor, by the reason; `*` is any table that is not removed at its term.
COLUMNS_WITHOUT = {
    "numbers by which payments are counted": """
        *.organization *.iupd *.nav *.iuv *.receipt_id *.digest *.id *.operator payment_option.plan
        payment_option.notification_iun parked.subscription parked.subject document.navs
        document.facts document_batch_line.batch document_batch_line.document
    """,
    "codes of banks, stations and accounts": """
        *.psp *.psp_name *.psp_fiscal_code *.channel *.broker *.station *.issuer *.payment_method
        receipt.method transfer.iban transfer.postal_iban transfer.beneficiary transfer.category
        transfer.stamp_hash transfer.stamp_kind transfer.stamp_province
    """,
    "names of institutions": "*.company_name *.office_name",
    "words of the program": """
        *.kept *.reasons *.drift *.primitive *.outcome *.service_type *.created_by_kind *.state
        *.role *.last_error *.resolved_as document.storage document.versions document.actor_kind
        document_batch_line.reason document_batch_line.template
    """,
    "names of files, and what a reader counted in them": """
        load.name load.reading load.figures load.job load.actor_kind load.actor
    """,
    "kind of debtor, natural or legal": "*.debtor_kind",
    "rights of an account": "operator.organizations operator.scopes api_key.organizations",
}
#: Tables whose rows go at their term, so that every column of them is planted, and the columns
#: that must have a meaning for that.
REMOVED = {
    "journal": ("organization",),
    "event": ("organization",),
    "audit": ("organization",),
    "quarantine": ("organization",),
    "request": (),
    "demand": ("organization", "nav"),
    "quote": ("organization", "nav"),
    "load_file": ("organization",),
}
#: Values of columns without a person that must have a meaning, too.
VALUES: dict[str, Any] = {
    "organization": ORGANIZATION, "fiscal_code": ORGANIZATION, "iupd": "P-0", "nav": "3" * 17 + "0",
    "kept": "applied", "debtor_kind": "F", "role": "reader", "forgotten_at": None,
    "organizations": [ORGANIZATION], "scopes": [], "operator": "o-1", "id": "o-1",
}  # fmt: skip
#: Tables of which two rows are planted, so that PostgreSQL's statistics have their values.
TWICE = ("position", "payment_option", "transfer", "receipt")


def with_person() -> Iterator[Column[Any]]:
    """Yields every column that can hold a person."""
    without = {name for names in TABLES_WITHOUT.values() for name in names}
    for table in tables.metadata.sorted_tables:
        if table.name not in without:
            yield from (column for column in table.c if can_hold(column))


def can_hold(column: Column[Any]) -> bool:
    """Returns whether a column can hold a person."""
    if not isinstance(column.type, String | JSON | LargeBinary):
        return False
    table = column.table.name
    if table in REMOVED:
        return column.name not in REMOVED[table]
    named = {word for words in COLUMNS_WITHOUT.values() for word in words.split()}
    return not {f"*.{column.name}", f"{table}.{column.name}"} & named


def plant(connection: Connection, instant: datetime) -> None:
    """Inserts rows with the person in every column that can hold one; all of one instant."""
    without = {name for names in TABLES_WITHOUT.values() for name in names}
    planted = set(with_person())
    for table in tables.metadata.sorted_tables:
        if table.name not in without:
            for number in range(2 if table.name in TWICE else 1):
                connection.execute(insert(table), row(table, planted, instant, number))


def row(table: Table, planted: set[Column[Any]], instant: datetime, number: int) -> dict[str, Any]:
    """Returns a row; those of a table with several differ in their keys alone."""
    values = {column.name: value_of(column, planted, instant) for column in table.c}
    if table.name in TWICE:
        for name in {"iupd", "nav", "iuv", "receipt_id"} & set(values):
            values[name] = f"{values[name]}"[:-1] + str(number)
    return values


def value_of(column: Column[Any], planted: set[Column[Any]], instant: datetime) -> Any:
    """Returns the person, or else a value that the column takes."""
    if column in planted:
        if isinstance(column.type, JSON):
            return [{"key": PERSON, "value": PERSON}]
        if isinstance(column.type, LargeBinary):
            return f"<raw>{PERSON}</raw>".encode()
        assert isinstance(column.type, String)
        too_short = column.type.length is not None and column.type.length < len(PERSON)
        return SHORT if too_short else PERSON
    if isinstance(column.type, Boolean | Integer):
        return column.type.python_type(1)
    if isinstance(column.type, Date):
        return instant.date()
    return VALUES.get(column.name, instant if isinstance(column.type, Instant) else "0")


def remaining(connection: Connection) -> list[str]:
    """Returns the columns, as `table.column`, in which the person still stands."""
    places = set()
    planted = set(with_person())
    for table in tables.metadata.sorted_tables:
        for each in connection.execute(select(table)):
            for column, value in zip(table.c, each, strict=True):
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                short = column in planted and value == SHORT
                if PERSON in text or short:
                    places.add(f"{table.name}.{column.name}")
    return sorted(places)
