"""The commands that run the server and prepare its database: `serve`, `db` and `health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import CommandGroup
from gpd_soap.cli.folder import counting_folder
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from pathlib import Path

    from gpd_soap.store.store import Store

#: What gunicorn and systemd set where a process inherits its listening sockets.
INHERITED = frozenset({"GUNICORN_FD", "LISTEN_FDS"})


@click.command()
@click.argument("face", type=click.Choice(["node", "admin", "all"]), default="all")
def serve(face: str) -> None:
    """Serve the Node, the administrators' REST API, or both, until a signal stops the server.

    The database must be up to date: run `gpd-soap db upgrade` first. After SIGTERM, the server
    answers the requests that it has, and stops. After SIGHUP, it reads the settings' file, the
    credentials and the certificates again.
    """
    import os

    from gpd_soap.server import signals

    signals.begin()
    # WHY: gunicorn would take the beginning of every path away.
    os.environ.pop("SCRIPT_NAME", None)
    with counting_folder() as counted_in:
        _serve(face, counted_in)


def _serve(face: str, counted_in: Path) -> None:
    import logging
    import os
    import resource

    from gpd_soap import wiring
    from gpd_soap.monitoring import logs
    from gpd_soap.monitoring.metrics import Metrics
    from gpd_soap.server import addresses
    from gpd_soap.server import gunicorn as server
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store
    from gpd_soap.wsgi import exposure
    from gpd_soap.wsgi.refused_callers import RefusedCallers

    def assemble() -> server.Program:
        settings = Settings.load()
        warnings = exposure.allowed_exposures(settings, face)
        warnings += exposure.unreachable_address(settings, face)
        withheld = exposure.console_problem(settings)
        if withheld and face != "node":
            warnings.append(f"the console is not served: {withheld}")
        store = Store(settings.database_url)
        metrics = Metrics(counted_in)
        refused = RefusedCallers(metrics.count_refusal)
        faces = wiring.faces(settings, store, face, metrics, refused)
        logs.configure(settings.log_level)
        for line in warnings:
            logging.getLogger(__name__).warning(line)
        if face != "node" and not withheld:
            address = exposure.console_address(settings)
            logging.getLogger(__name__).info("the console is at %s/console/", address)
        companions = wiring.companions(settings, store, faces)
        return server.Program(settings, faces, store.close, refused, companions)

    migrate.check(_store().engine)
    # WHY: a core dump would hold the database's password and personal data, so none is written.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    run = server.Server(assemble)
    # WHY: an upgraded or socket-activated master inherits its sockets, which are in use.
    if not INHERITED & os.environ.keys():
        addresses.check_free(run.binds)
    run.run()


@click.group(cls=CommandGroup)
def db() -> None:
    """Create or upgrade the database's tables, check them, and grant rights on them."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Create or upgrade the tables that this version needs.

    The command is safe to repeat, and to run twice at the same time.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.store.database import migrate
    from gpd_soap.store.database.brief_locks import with_brief_locks
    from gpd_soap.store.journal.partitions import ensure_months

    store = _store()
    before = migrate.pending(store.engine)
    migrate.upgrade(store.engine)
    with_brief_locks(store.engine, lambda c: ensure_months(c, utc_now()))
    click.echo(
        f"applied: {', '.join(before)}" if before else "nothing to do: the database is up to date"
    )


@db.command("check")
def db_check() -> None:
    """Check that the database has the tables of this version; exit code 1 if it has not."""
    from gpd_soap.store.database import migrate

    migrate.check(_store().engine)
    click.echo("up to date")


@db.command("grant")
@click.argument("role")
def db_grant(role: str) -> None:
    """Give a PostgreSQL ROLE the rights that serving needs, and no others.

    The owner of the tables runs this after each upgrade. The ROLE cannot delete or change receipts
    and the audit. The owner alone can run `db upgrade`, `purge` and `journal purge`.
    """
    from gpd_soap.store.database import migrate
    from gpd_soap.store.database.grants import grant

    store = _store()
    migrate.check(store.engine)
    with store.begin() as connection:
        grant(connection, role)
    click.echo("granted")


@db.command("restored")
def db_restored() -> None:
    """Tell the program, before it starts, that the database was restored from a backup.

    Back offices have read events that the backup does not have. The next events get numbers that
    none of them has read, a thousand million further on.
    """
    from gpd_soap.cli.common import record
    from gpd_soap.store.database import migrate
    from gpd_soap.usecases.feed import leave_gaps

    store = _store()
    migrate.check(store.engine)
    codes = leave_gaps(store, record())
    click.echo(f"organizations whose events go on with new numbers: {len(codes)}")


@click.command()
def health() -> None:
    """Check everything that an answer needs, one fact on a line; exit code 1 if one fails."""
    from gpd_soap.contract.schema import Schema
    from gpd_soap.monitoring.health import Health
    from gpd_soap.settings import Settings
    from gpd_soap.wsgi import exposure

    facts = Health(_store(), Schema(), exposure.facts(Settings.load()))()
    for fact in facts:
        print_line(str(fact))
    if not all(fact.holds for fact in facts):
        raise SystemExit(1)


def _store() -> Store:
    from gpd_soap.settings import Settings
    from gpd_soap.store.store import Store

    return Store(Settings.load().database_url)
