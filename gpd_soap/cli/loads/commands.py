"""`gpd-soap loads`: the files that operators have sent to the console, and what became of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gpd_soap.cli.common import code, ready_store, refusals
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.loads.loads import StoredLoad
    from gpd_soap.usecases.loads.show import LoadReader

#: LIMIT: lines of one listing.
MAX_LINES = 100_000
organization_option = click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    required=True,
    help="Fiscal code of the organization.",
)


@click.group()
def loads() -> None:
    """List the files of positions that operators have sent to the console, and show one."""


@loads.command("list")
@organization_option
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LINES),
    default=50,
    show_default=True,
    help="Lines to print at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each load as JSON on a line.")
def list_loads(organization: str, limit: int, *, as_json: bool) -> None:
    """Print loads, one on a line, the newest first.

    A line shows id, instant, state, positions that were loaded or are ready, there already, and
    refused, and the name of the file.
    """
    for row in _reader().page(organization, None, limit):
        print_line(json.dumps(_body(row), ensure_ascii=False) if as_json else _line(row))


@loads.command("show")
@click.argument("load_id", metavar="ID")
@organization_option
def show(load_id: str, organization: str) -> None:
    """Print everything about a load, one field on a line, then what is wrong with its file."""
    reader = _reader()
    with refusals():
        row = reader.get(organization, load_id)
    for name, value in _body(row).items():
        print_line(f"{name}: {value}")
    for each in reader.findings(row):
        print_line(f"line {each.line}: {each.field or 'the whole'}: {each.rule}: {each.expected}")


def _reader() -> LoadReader:
    from gpd_soap.usecases.loads.show import LoadReader

    return LoadReader(ready_store())


def _line(row: StoredLoad) -> str:
    body = _body(row)
    counts = " ".join(f"{name} {body[name]}" for name in ("ready", "present", "refused"))
    return f"{row.id}  {body['created_at']}  {body['state']}  {counts}  {row.name}"


def _body(row: StoredLoad) -> dict[str, Any]:
    figures = row.figures
    return {
        "id": row.id,
        "organization": row.organization,
        "name": row.name,
        "digest": row.digest,
        "size": row.size,
        "state": "interrupted" if row.is_interrupted else str(row.state),
        "rows": figures.get("rows", row.reading["records"]),
        **{name: figures.get(name, 0) for name in ("ready", "present", "refused")},
        "cents": figures.get("ready_cents", 0),
        "done": row.done,
        "job": row.job,
        "last_error": row.last_error,
        "created_at": row.created_at.isoformat(),
        "loaded_at": None if row.loaded_at is None else row.loaded_at.isoformat(),
        "actor": f"{row.actor_kind} {row.actor}",
    }
