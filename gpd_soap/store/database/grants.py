"""The rights of a PostgreSQL role that serves: what the program does, and nothing else.

The owner of the tables upgrades them and purges the journal.  The role that serves cannot remove a
receipt, change what one says, or touch the audit; so whoever takes over a server cannot either.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from gpd_soap.store.database.errors import StoreError

READ = ("SELECT",)
ADD = ("SELECT", "INSERT")
CHANGE = (*ADD, "UPDATE")
EVERYTHING = (*CHANGE, "DELETE")

RESOLUTION = "resolved_at, resolved_by, resolution"
RIGHTS: dict[str, tuple[str, ...]] = {
    "alembic_version": READ,
    "api_key": (*ADD, "UPDATE (revoked_at)"),
    "audit": ADD,
    "broker": EVERYTHING,
    "demand": CHANGE,
    "iuv_serial": CHANGE,
    "journal": ADD,
    "organization": EVERYTHING,
    "organization_station": EVERYTHING,
    "payment_option": EVERYTHING,
    "position": EVERYTHING,
    "probe": CHANGE,
    "quarantine": (*ADD, f"UPDATE (copies, last_received_at, {RESOLUTION})"),
    "receipt": (*ADD, f"UPDATE (kept, reasons, copies, last_received_at, {RESOLUTION})"),
    "request": EVERYTHING,
    "retired_number": ADD,
    "service": EVERYTHING,
    "station": EVERYTHING,
    "transfer": EVERYTHING,
}


class UnusableRole(StoreError):
    """The role cannot be given the rights of serving."""

    hint = "CREATE ROLE gpd_serving LOGIN PASSWORD '…', as a superuser; then name that role"


def grant(connection: Connection, role: str) -> None:
    """Give a role the rights that serving needs, and take away every other on these tables.

    Raises UnusableRole if the database has no roles, not this one, or it can do more than is given.
    """
    if connection.dialect.name != "postgresql":
        raise UnusableRole("PostgreSQL alone has roles")
    known = text(
        "SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = :role"
    )
    owning = connection.execute(known, {"role": role}).scalar()
    if owning is None:
        raise UnusableRole("there is no such role")
    if owning:
        raise UnusableRole("the role is the tables' owner, or a superuser, and can do everything")
    for statement in statements(connection.dialect.identifier_preparer.quote_identifier(role)):
        connection.execute(text(statement))


def statements(role: str) -> Iterator[str]:
    """Yield what is to be executed; `role` is quoted already."""
    for table, rights in RIGHTS.items():
        yield f'REVOKE ALL ON "{table}" FROM {role}'
        yield f'GRANT {", ".join(rights)} ON "{table}" TO {role}'
