"""Reads and writes what an organization prints about itself on notices."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from gpd_soap.store import tables
from gpd_soap.store.configuration.write import put_row

SETTINGS = tables.print_settings.c


class PrintSettings(NamedTuple):
    """What an organization prints about itself; None leaves a field out.

    `site` and `app` say that the organization's own take payments.  `logo` is an SVG, PNG or JPEG
    file.
    """

    info: str | None = None
    cbill: str | None = None
    account_holder: str | None = None
    authorisation: str | None = None
    site: bool = False
    app: bool = False
    language: str = "it"
    logo: bytes | None = None


def read(connection: Connection, organization: str) -> PrintSettings:
    """Return the settings of an organization; those of one that has none are empty."""
    columns = [SETTINGS[name] for name in PrintSettings._fields]
    statement = select(*columns).where(SETTINGS.organization == organization)
    row = connection.execute(statement).first()
    return PrintSettings() if row is None else PrintSettings._make(row)


def put(connection: Connection, organization: str, **changed: Any) -> bool:
    """Change the named settings of an organization; return whether it had none."""
    return put_row(connection, tables.print_settings, organization=organization, **changed)


def remove(connection: Connection, organization: str) -> None:
    """Delete the settings of an organization."""
    connection.execute(delete(tables.print_settings).where(SETTINGS.organization == organization))
