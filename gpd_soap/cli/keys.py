"""`gpd-soap key`: who may use the admin face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import read, ready_store

if TYPE_CHECKING:
    from gpd_soap.store.access.keys import Key


@click.group()
def key() -> None:
    """Make, list and revoke the keys of the admin face."""


@key.command("create")
@click.option("--name", required=True, help="Whose it is, for whoever reads the list.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["reader", "writer", "admin"]),
    help="A reader reads, a writer also writes positions, an admin does everything.",
)
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    metavar="CODE",
    help="An organization that it is for, or * for all; may be repeated, and only an admin may do"
    " without.",
)
def create(name: str, role: str, organizations: tuple[str, ...]) -> None:
    """Make a key and print it: the last line of the output, and the only time it is shown."""
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access import keys
    from gpd_soap.validation.queries.keys import NewKey

    told = read(NewKey, name=name, role=role, organizations=list(organizations))
    with ready_store().begin() as connection:
        made, token = keys.create(
            connection, told.name, keys.Role(told.role), told.organizations, utc_now()
        )
    click.echo(f"{_line(made)}\nThis is shown once; send it as X-Api-Key:", err=True)
    click.echo(token)


@key.command("list")
def every() -> None:
    """Print a line for each key: id, role, organizations, whether it works, name."""
    from gpd_soap.store.access import keys

    with ready_store().reading() as connection:
        found = keys.every(connection)
    for each in found:
        click.echo(_line(each))


@key.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Let the key of this ID work no longer, at once and everywhere."""
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access import keys

    with ready_store().begin() as connection:
        revoked = keys.revoke(connection, key_id, utc_now())
    if not revoked:
        raise click.ClickException("no key of this id works: see `gpd-soap key list`")
    click.echo("revoked")


def _line(key: Key) -> str:
    organizations = "every organization" if key.serves_every else ",".join(key.organizations)
    revoked = "" if key.revoked_at is None else f" (revoked {key.revoked_at:%Y-%m-%d})"
    return f"{key.id}  {key.role}  {organizations}  {key.created_at:%Y-%m-%d}{revoked}  {key.name}"
