"""`gpd-soap work` and `gpd-soap jobs`: background work, and its state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gpd_soap.cli.common import CommandGroup, code, limited, ready_store, record, refusals
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.jobs.read import StoredJob
    from gpd_soap.usecases.jobs.manage import Jobs

STATES = ("waiting", "running", "done", "dead", "cancelled")


@click.command()
def work() -> None:
    """Do background work until a signal stops the command: jobs, schedules, events, webhooks.

    Several may run, also on several machines. `gpd-soap serve all` and `serve admin` do the same
    unless GPD_WORK is false. A job that is under way at the end is repeated by another process.
    """
    import signal
    import threading

    from gpd_soap import wiring
    from gpd_soap.monitoring import logs
    from gpd_soap.settings import Settings

    settings = Settings.load()
    logs.configure(settings.log_level)
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    store = ready_store()
    background = wiring.background(settings, store)
    background.start()
    stopped.wait()
    background.stop()
    store.close()


@click.group(cls=CommandGroup)
def jobs() -> None:
    """List jobs, and repeat or cancel one."""


@jobs.command("list")
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, the jobs of all and of the installation.",
)
@click.option("--state", type=click.Choice(STATES), help="State of the jobs.")
@click.option("--kind", metavar="KIND", help="Kind of the jobs, such as events.purge.")
@limited(50)
@click.option("--json", "as_json", is_flag=True, help="Print each job as JSON on a line.")
def list_jobs(
    organization: str | None, state: str | None, kind: str | None, limit: int, *, as_json: bool
) -> None:
    """Print jobs, one on a line, the newest first.

    A line shows id, kind, organization, state, steps done, attempts, next attempt, and the result
    or the last error.
    """
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.store.jobs.read import JobFilter

    rows, _ = _jobs().page(JobFilter(organization, state, kind), PageRequest(limit, 0))
    for row in rows:
        print_line(json.dumps(_body(row), ensure_ascii=False) if as_json else _line(row))


@jobs.command("show")
@click.argument("job_id", metavar="ID")
def show(job_id: str) -> None:
    """Print every field of a job except its input, one on a line."""
    with refusals():
        row = _jobs().get(None, job_id)
    for name, value in _body(row).items():
        print_line(f"{name}: {value}")


@jobs.command("retry")
@click.argument("job_id", metavar="ID")
def retry(job_id: str) -> None:
    """Attempt a dead or waiting job now."""
    with refusals():
        _jobs().retry(None, job_id)
    click.echo("waiting")


@jobs.command("cancel")
@click.argument("job_id", metavar="ID")
def cancel(job_id: str) -> None:
    """Cancel a job; one that runs ends after its present step."""
    with refusals():
        row = _jobs().cancel(None, job_id)
    click.echo("cancelled" if row.state == "cancelled" else "it ends after its present step")


def _jobs() -> Jobs:
    from gpd_soap.clock import utc_now
    from gpd_soap.features.documents.archive.job import CANCELLED
    from gpd_soap.usecases.jobs.manage import Jobs

    return Jobs(ready_store(), utc_now, record(), cancelled=CANCELLED)


def _body(row: StoredJob) -> dict[str, Any]:
    from gpd_soap.api.jobs import responses

    return responses.job(row)


def _line(row: StoredJob) -> str:
    from gpd_soap.core import rome

    steps = f"{row.done}/{'?' if row.total is None else row.total}"
    next_at = row.next_at and row.next_at.astimezone(rome.ROME).isoformat(timespec="seconds")
    outcome = row.last_error or row.result or "-"
    columns = (row.id, row.kind, row.organization or "-", row.state, steps, str(row.attempts))
    return "  ".join([*columns, next_at or "-", outcome])
