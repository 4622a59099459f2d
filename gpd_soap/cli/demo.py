"""`gpd-soap demo`: from nothing to an answered verify in one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.folder import counting_folder, shared_folder

if TYPE_CHECKING:
    from gpd_soap.store.store import Store

KEY_NAME = "demo"

NEXT = """
Ask it as the Node would, from another terminal:

  {program} node verify {first} --url {address}
  {program} node pay    {first} --url {address}
  {program} node probe --url {address}

The contract, for a SOAP client of yours:  {address}?wsdl
The administrators' face, to try in a browser:  http://{admin}/docs
  its key, for as long as this runs:  {key}
Stop with Ctrl-C; the sample data goes with it.
"""


@click.command()
@click.option("--port", default=8080, show_default=True, help="The node face's port.")
@click.option("--admin-port", default=8081, show_default=True, help="The admin face's port.")
@click.option(
    "--keep", type=click.Path(dir_okay=False, path_type=Path), help="Keep the data in this file."
)
def demo(port: int, admin_port: int, keep: Path | None) -> None:
    """Serve sample positions of every kind on this machine, and say what to try.

    Takes no GPD_* variables: a database of its own, loopback only.
    """
    with shared_folder("demo") as folder, counting_folder() as counted_in:
        _run(keep or folder / "demo.db", port, admin_port, counted_in)


def _run(database: Path, port: int, admin_port: int, counted_in: Path) -> None:
    from gpd_soap import demo as sample
    from gpd_soap import wiring
    from gpd_soap.clock import utc_now
    from gpd_soap.monitoring import logs
    from gpd_soap.server import gunicorn as server
    from gpd_soap.settings import Settings
    from gpd_soap.store.access import keys
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store

    settings = Settings(
        database_url=f"sqlite:///{database}",
        node_bind=f"127.0.0.1:{port}",
        admin_bind=f"127.0.0.1:{admin_port}",
        workers=2,
    )
    logs.configure("info")
    store = Store(settings.database_url)
    migrate.upgrade(store.engine)
    sample.install(store, utc_now())
    shown = sample.describe()
    width = max(len(what) for _, what, _ in shown)
    click.echo("\nOrganization 77777777777, broker 15376371009, station 15376371009_01\n")
    for nav, what, answer in shown:
        click.echo(f"  {nav}  {what:{width}}  {answer}")
    called = Path(sys.argv[0])
    program = "python -m gpd_soap" if called.name == "__main__.py" else str(called)
    _revoke_keys(store)  # of a run before, which was killed
    with store.begin() as connection:
        _, token = keys.create(connection, KEY_NAME, keys.Role.ADMIN, (), utc_now())
    told = {
        "admin": settings.admin_bind,
        "key": token,
        "program": program,
        "first": shown[0][0],
        "address": settings.address,
    }
    click.echo(NEXT.format(**told))
    faces = wiring.faces(settings, store, "all", counted_in)
    process = os.getpid()
    try:
        server.serve(lambda: server.Program(settings, faces, store.close))
    finally:
        # WHY: gunicorn's workers are forks, and leave through here too.
        if os.getpid() == process:
            _revoke_keys(Store(settings.database_url))


def _revoke_keys(store: Store) -> None:
    """Let no key of the demo work any longer: its data may be kept, and be served later."""
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access import keys

    with store.begin() as connection:
        for key in keys.every(connection):
            if key.name == KEY_NAME:
                keys.revoke(connection, key.id, utc_now())
