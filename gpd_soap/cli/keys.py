"""`gpd-soap key`: the keys that open the admin face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import read, ready_store
from gpd_soap.cli.output import print_line, printable

if TYPE_CHECKING:
    from gpd_soap.store.access.keys import Key


@click.group()
def key() -> None:
    """Create, list and revoke the API keys of the admin face."""


@key.command("create")
@click.option(
    "--name", required=True, help="Person or program that uses the key; `key list` prints it."
)
@click.option(
    "--role",
    required=True,
    type=click.Choice(["reader", "writer", "admin"]),
    help="A reader reads; a writer also writes positions; an admin may do everything.",
)
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    metavar="CODE",
    help="Fiscal code of an organization that the key may work on, or * for all; may be repeated."
    " Only an admin key may have none.",
)
def create(name: str, role: str, organizations: tuple[str, ...]) -> None:
    """Create an API key and print it on the last line of the output.

    The key is stored as a digest only, so that it cannot be printed again.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access import keys
    from gpd_soap.validation.queries.keys import NewKey

    fields = read(NewKey, name=name, role=role, organizations=list(organizations))
    with ready_store().begin() as connection:
        new_key, token = keys.create(
            connection, fields.name, keys.Role(fields.role), fields.organizations, utc_now()
        )
    click.echo(
        f"{printable(_line(new_key))}\nThe key is shown only now; send it as X-Api-Key:", err=True
    )
    click.echo(token)


@key.command("list")
def list_keys() -> None:
    """Print the keys, one on a line: id, role, organizations, creation, revocation, name."""
    from gpd_soap.store.access import keys

    with ready_store().reading() as connection:
        rows = keys.list_keys(connection)
    for each in rows:
        print_line(_line(each))


@key.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke the key with this ID, for every process from its next request on."""
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access import keys

    with ready_store().begin() as connection:
        revoked = keys.revoke(connection, key_id, utc_now())
    if not revoked:
        raise click.ClickException("no active key has this id: `gpd-soap key list` prints the ids")
    click.echo("revoked")


def _line(key: Key) -> str:
    organizations = "every organization" if key.serves_every else ",".join(key.organizations)
    revoked = "" if key.revoked_at is None else f" (revoked {key.revoked_at:%Y-%m-%d})"
    return f"{key.id}  {key.role}  {organizations}  {key.created_at:%Y-%m-%d}{revoked}  {key.name}"
