"""Running it: `serve`, `db` and `health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.folder import counting_folder

if TYPE_CHECKING:
    from pathlib import Path

    from gpd_soap.store.store import Store


@click.command()
@click.argument("face", type=click.Choice(["node", "admin", "all"]), default="all")
def serve(face: str) -> None:
    """Serve the Node, the administrators, or both, until told to stop.

    The database must be up to date (`gpd-soap db upgrade`).  SIGTERM finishes
    what is in hand; SIGHUP reads the file, credentials and certificates anew.
    """
    with counting_folder() as counted_in:
        _serve(face, counted_in)


def _serve(face: str, counted_in: Path) -> None:
    import logging
    import resource

    from gpd_soap import wiring
    from gpd_soap.monitoring import logs
    from gpd_soap.server import gunicorn as server
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store
    from gpd_soap.wsgi import exposure

    def assemble() -> server.Program:
        settings = Settings.load()
        exposed = exposure.allowed_exposures(settings, face)
        store = Store(settings.database_url)
        faces = wiring.faces(settings, store, face, counted_in)
        logs.configure(settings.log_level)
        for line in exposed:
            logging.getLogger(__name__).warning(line)
        return server.Program(settings, faces, store.close)

    migrate.check(_store().engine)
    # WHY: a core dump would hold the database's password and personal data.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    server.serve(assemble)


@click.group()
def db() -> None:
    """Make the database ready, or look whether it is."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to what this version needs; safe to run twice, or twice at once."""
    from gpd_soap.clock import utc_now
    from gpd_soap.store.database import migrate
    from gpd_soap.store.journal.partitions import ensure_months

    store = _store()
    before = migrate.pending(store.engine)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        ensure_months(connection, utc_now())
    click.echo(f"applied: {', '.join(before)}" if before else "nothing to do: up to date")


@db.command("check")
def db_check() -> None:
    """Say whether the database is what this version needs; exit 1 if not."""
    from gpd_soap.store.database import migrate

    migrate.check(_store().engine)
    click.echo("up to date")


@db.command("grant")
@click.argument("role")
def db_grant(role: str) -> None:
    """Let a ROLE of PostgreSQL serve, and do nothing else; run it after each upgrade.

    To be run by the owner of the tables.  The ROLE cannot remove or rewrite
    receipts and the audit; `db upgrade` and `journal purge` stay the owner's.
    """
    from gpd_soap.store.database import migrate
    from gpd_soap.store.database.grants import grant

    store = _store()
    migrate.check(store.engine)
    with store.begin() as connection:
        grant(connection, role)
    click.echo("granted")


@click.command()
def health() -> None:
    """Say whether everything is there that an answer needs: one fact a line; exit 1 if not."""
    from gpd_soap.contract.schema import Schema
    from gpd_soap.monitoring.health import Health
    from gpd_soap.settings import Settings
    from gpd_soap.wsgi import exposure

    found = Health(_store(), Schema(), exposure.facts(Settings.load()))()
    for fact in found:
        click.echo(str(fact))
    if not all(fact.holds for fact in found):
        raise SystemExit(1)


def _store() -> Store:
    from gpd_soap.settings import Settings
    from gpd_soap.store.store import Store

    return Store(Settings.load().database_url)
