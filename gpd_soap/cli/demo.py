"""`gpd-soap demo`: serves sample data, so that one command answers a verify."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import record
from gpd_soap.cli.folder import counting_folder, shared_folder

if TYPE_CHECKING:
    from gpd_soap.settings import Settings
    from gpd_soap.store.store import Store

KEY_NAME = "demo"
#: The name of the operator for whom the console's link is.
OPERATOR = "Operatore di prova"
#: LIMIT: hours after which the key expires by itself, because a demo that is killed revokes none.
KEY_HOURS = 8
#: A port of this machine; 0 would be any, which nobody could find.
PORT = click.IntRange(1, 65535)

NEXT = """
To send the Node's requests, run in another terminal:

  {program} node verify {first} --url {address}
  {program} node pay    {first} --url {address}
  {program} node probe --url {address}

The contract for a SOAP client:  {address}?wsdl
The operators' console; this link signs in once, for an hour:  {console}
  to begin, search there for 347000000000001033: why was it refused?
The REST API for administrators, to try in a browser:  http://{admin}/docs
  its key, valid until the demo stops, for {hours} hours at most:  {key}
Ctrl-C stops the demo{ending}.
"""


@click.command()
@click.option(
    "--port", type=PORT, default=8080, show_default=True, help="Port for the Node's requests."
)
@click.option(
    "--admin-port",
    type=PORT,
    default=8081,
    show_default=True,
    help="Port of the REST API for administrators.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="SQLite file that keeps the data after the demo.",
)
def demo(port: int, admin_port: int, keep: Path | None) -> None:
    """Serve sample positions of every kind, and print commands to try.

    The demo listens on 127.0.0.1 only, has a database of its own, and ignores all GPD_* variables.
    """
    if keep is not None and not os.access(keep.parent, os.W_OK | os.X_OK):
        raise click.BadParameter(
            f"the folder {keep.parent} must exist, and this user must have write access to it",
            param_hint="--keep",
        )
    with shared_folder("demo") as folder, counting_folder() as counted_in:
        _run(keep or folder / "demo.db", port, admin_port, counted_in, keep=keep is not None)


def _run(database: Path, port: int, admin_port: int, counted_in: Path, *, keep: bool) -> None:
    from gpd_soap import demo as sample
    from gpd_soap import wiring
    from gpd_soap.monitoring import logs
    from gpd_soap.monitoring.metrics import Metrics
    from gpd_soap.server import addresses
    from gpd_soap.server import gunicorn as server
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store
    from gpd_soap.wsgi.refused_callers import RefusedCallers

    settings = Settings(
        database_url=f"sqlite:///{database}",
        node_bind=f"127.0.0.1:{port}",
        admin_bind=f"127.0.0.1:{admin_port}",
        workers=2,
    )
    addresses.check_free((settings.node_bind, settings.admin_bind))
    logs.configure("info")
    store = Store(settings.database_url)
    migrate.upgrade(store.engine)
    _install(settings)
    notices = sample.describe()
    width = max(len(label) for _, label, _ in notices)
    click.echo("\nOrganization 77777777777, broker 15376371009, station 15376371009_01\n")
    for nav, label, answer in notices:
        click.echo(f"  {nav}  {label:{width}}  {answer}")
    script = Path(sys.argv[0])
    program = "python -m gpd_soap" if script.name == "__main__.py" else str(script)
    _revoke_keys(store)  # those of an earlier run that was killed
    process = os.getpid()
    # WHY: until the server handles it, SIGTERM would end the process before it revokes the key.
    signal.signal(signal.SIGTERM, _exit)
    try:
        values = {
            "admin": settings.admin_bind,
            "key": _create_key(store),
            "console": f"http://{settings.admin_bind}/console/demo/{_console_link(store)}",
            "hours": KEY_HOURS,
            "program": program,
            "first": notices[0][0],
            "address": settings.address,
            "ending": f"; {database} keeps the data" if keep else " and removes the sample data",
        }
        click.echo(NEXT.format(**values))
        faces = wiring.faces(settings, store, "all", Metrics(counted_in), RefusedCallers())
        work = wiring.companions(settings, store, faces)
        server.serve(lambda: server.Program(settings, faces, store.close, companions=work))
    finally:
        # WHY: gunicorn's workers are forks, and run this code at their end too.
        if os.getpid() == process:
            left = Store(settings.database_url)
            _revoke_keys(left)
            _suspend_operator(left)


def _install(settings: Settings) -> None:
    """Store the sample with some weeks of its past, each message answered by the node face."""
    from gpd_soap import wiring
    from gpd_soap.clock import Clock, utc_now
    from gpd_soap.demo import history
    from gpd_soap.store.store import Store

    # WHY: the thread of a journal that has written does not live on in the server's forks.
    store = Store(settings.database_url)

    def answer_at(clock: Clock) -> history.Answer:
        service = wiring.node_service(settings, store, clock)
        return wiring.node_endpoint(settings, service, (store.journal.write,)).dry_answer

    history.install(store, utc_now(), answer_at)
    store.close()


def _exit(_signal: int, _frame: object) -> None:
    raise SystemExit


def _create_key(store: Store) -> str:
    """The token of a new key for everything, which expires by itself."""
    from datetime import timedelta

    from gpd_soap.clock import utc_now
    from gpd_soap.store.access.keys import ALL_ORGANIZATIONS
    from gpd_soap.usecases.access.keys import Keys
    from gpd_soap.validation.queries.keys import NewKey

    now = utc_now()
    new = NewKey.model_construct(
        name=KEY_NAME,
        role="admin",
        organizations=[ALL_ORGANIZATIONS],
        expires_at=now + timedelta(hours=KEY_HOURS),
    )
    return Keys(store, record()).create(new, now)[1]


def _revoke_keys(store: Store) -> None:
    """Revoke every key of the demo, because its data may be kept and served later."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.access.keys import Keys

    keys = Keys(store, record())
    for key in keys.every():
        if key.name == KEY_NAME and key.revoked_at is None:
            keys.revoke(key.id, utc_now())


def _console_link(store: Store) -> str:
    """The token of a link that signs the demo's operator in, without any factor."""
    import secrets

    from gpd_soap.clock import utc_now
    from gpd_soap.store.access.keys import ALL_ORGANIZATIONS
    from gpd_soap.usecases.people import demo_link
    from gpd_soap.usecases.people.operators import Operators
    from gpd_soap.usecases.people.refusals import OperatorNotFound
    from gpd_soap.validation.queries.operators import NewOperator

    operators = Operators(store, secrets.token_bytes, record())
    try:
        operator = operators.resume(OPERATOR)
    except OperatorNotFound:
        new = NewOperator.model_validate(
            {
                "name": OPERATOR,
                "role": "admin",
                "organizations": [ALL_ORGANIZATIONS],
                "scopes": ["persons", "correct", "withdraw", "refund", "load"],
            }
        )
        operator, _token = operators.invite(new, KEY_NAME, utc_now())
    return demo_link.make(store, operator.id, secrets.token_bytes, utc_now())


def _suspend_operator(store: Store) -> None:
    """End the link and the sessions of the demo's operator, because its data may be kept."""
    import secrets
    from contextlib import suppress

    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.people.operators import Operators
    from gpd_soap.usecases.people.refusals import OperatorNotFound

    # WHY: a demo that is stopped at its start has made no operator.
    with suppress(OperatorNotFound):
        Operators(store, secrets.token_bytes, record()).suspend(OPERATOR, utc_now())
