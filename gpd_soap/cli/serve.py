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
    from gpd_soap import logs, server, wiring
    from gpd_soap.settings import Settings
    from gpd_soap.store import migrate
    from gpd_soap.store.store import Store

    def assemble() -> server.Program:
        settings = Settings.load()
        store = Store(settings.database_url)
        faces = wiring.faces(settings, store, face, counted_in)
        logs.configure(settings.log_level)
        return server.Program(settings, faces, store.journal.flush)

    migrate.check(_store().engine)
    server.serve(assemble)


@click.group()
def db() -> None:
    """Make the database ready, or look whether it is."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to what this version needs; safe to run twice, or twice at once."""
    from gpd_soap.store import migrate
    from gpd_soap.store.months import ensure_months
    from gpd_soap.wiring import utc_now

    store = _store()
    before = migrate.pending(store.engine)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        ensure_months(connection, utc_now())
    click.echo(f"applied: {', '.join(before)}" if before else "nothing to do: up to date")


@db.command("check")
def db_check() -> None:
    """Say whether the database is what this version needs; exit 1 if not."""
    from gpd_soap.store import migrate

    migrate.check(_store().engine)
    click.echo("up to date")


@click.command()
def health() -> None:
    """Say whether everything is there that an answer needs: one fact a line; exit 1 if not."""
    from gpd_soap.contract.schema import Schema
    from gpd_soap.health import Health

    found = Health(_store(), Schema())()
    for fact in found:
        click.echo(str(fact))
    if not all(fact.holds for fact in found):
        raise SystemExit(1)


def _store() -> Store:
    from gpd_soap.settings import Settings
    from gpd_soap.store.store import Store

    return Store(Settings.load().database_url)
