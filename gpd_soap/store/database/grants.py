"""The rights of the PostgreSQL role that serves: those that the program uses, and no others.

The owner of the tables upgrades and purges them.  The serving role cannot delete a receipt, change
its content, or change the audit or an event.  An attacker who controls a server cannot either.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from gpd_soap.store.database.brief_locks import lock_schema
from gpd_soap.store.database.errors import StoreError
from gpd_soap.store.tables.events import ORDINAL_SEQUENCE

READ = ("SELECT",)
ADD = ("SELECT", "INSERT")
CHANGE = (*ADD, "UPDATE")
EVERYTHING = (*CHANGE, "DELETE")

HANDLING = "claimed_by, claimed_at, refunded_on, mandate"
RESOLUTION = f"resolved_at, resolved_by, resolution, resolved_as, {HANDLING}"
OPENING = "opened_at, opened_by, opening"
RIGHTS: dict[str, tuple[str, ...]] = {
    "alembic_version": READ,
    "api_key": (*ADD, "UPDATE (revoked_at, last_used_at)"),
    "audit": ADD,
    "broker": EVERYTHING,
    "demand": CHANGE,
    "document": ADD,
    "document_batch": (*ADD, "UPDATE (state, ended_at)"),
    "document_batch_line": (*ADD, "UPDATE (document, reason, request)"),
    "document_notice": ADD,
    "event": (*ADD, "UPDATE (sequence)"),
    "feed": CHANGE,
    "iuv_serial": CHANGE,
    "job": EVERYTHING,
    "journal": ADD,
    "load": CHANGE,
    "load_file": EVERYTHING,
    "load_finding": EVERYTHING,
    "load_row": CHANGE,
    "operator": (*ADD, "UPDATE (disabled_at)"),
    "operator_ceremony": (*ADD, "DELETE"),
    "operator_credential": EVERYTHING,
    "operator_identity": (*ADD, "UPDATE (last_used_at)", "DELETE"),
    "operator_invitation": (*ADD, "UPDATE (ended_at, totp_secret)"),
    "operator_passkey": (*ADD, "UPDATE (sign_count, last_used_at, cloned_at)", "DELETE"),
    "operator_recovery_code": EVERYTHING,
    "operator_session": EVERYTHING,
    "organization": EVERYTHING,
    "organization_station": EVERYTHING,
    "parked": EVERYTHING,
    "payment_option": EVERYTHING,
    "position": EVERYTHING,
    "print_settings": EVERYTHING,
    "probe": CHANGE,
    "quarantine": (*ADD, f"UPDATE (copies, last_received_at, {RESOLUTION})"),
    "quote": CHANGE,
    "receipt": (*ADD, f"UPDATE (kept, reasons, copies, last_received_at, {RESOLUTION}, {OPENING})"),
    "request": EVERYTHING,
    "retention_term": READ,
    "retired_number": ADD,
    "service": EVERYTHING,
    "sign_in_attempt": EVERYTHING,
    "station": EVERYTHING,
    "subscription": EVERYTHING,
    "tally": CHANGE,
    "transfer": EVERYTHING,
}
#: The sequences that an insertion takes its next value from.
SEQUENCES = (ORDINAL_SEQUENCE,)


class UnusableRole(StoreError):
    """The role cannot get the rights of serving."""

    hint = "CREATE ROLE gpd_serving LOGIN PASSWORD '…', as a superuser; then name that role"


def grant(connection: Connection, role: str) -> None:
    """Grants a role the rights that serving needs, and revokes every other on these tables.

    Of two sessions the second waits, because PostgreSQL ends one of two that change the same right.

    Raises UnusableRole if the database has no roles or not this one, or if the role owns the tables
    or is a superuser.
    """
    if connection.dialect.name != "postgresql":
        raise UnusableRole("PostgreSQL alone has roles")
    statement = text(
        "SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = :role"
    )
    owning = connection.execute(statement, {"role": role}).scalar()
    if owning is None:
        raise UnusableRole("there is no such role")
    if owning:
        raise UnusableRole("the role is the tables' owner, or a superuser, and can do everything")
    lock_schema(connection)
    for command in statements(connection.dialect.identifier_preparer.quote_identifier(role)):
        connection.execute(text(command))


def statements(role: str) -> Iterator[str]:
    """Yields the statements to execute; `role` is quoted already."""
    for table, rights in RIGHTS.items():
        yield f'REVOKE ALL ON "{table}" FROM {role}'
        yield f'GRANT {", ".join(rights)} ON "{table}" TO {role}'
    for sequence in SEQUENCES:
        yield f'REVOKE ALL ON SEQUENCE "{sequence}" FROM {role}'
        yield f'GRANT USAGE ON SEQUENCE "{sequence}" TO {role}'
