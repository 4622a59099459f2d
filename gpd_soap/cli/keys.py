"""`gpd-soap key`: the keys that open the admin face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import CommandGroup, as_errors, read, ready_store, record
from gpd_soap.cli.texts.output import print_line, printable

if TYPE_CHECKING:
    from datetime import datetime

    from gpd_soap.store.access.keys import Key
    from gpd_soap.usecases.access.keys import Keys


@click.group(cls=CommandGroup)
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
    required=True,
    metavar="CODE",
    help="Fiscal code of an organization that the key may work on; may be repeated. '*' is every"
    " organization, also those that are registered later.",
)
@click.option(
    "--expires",
    metavar="WHEN",
    help="Last day or date-time of the key, in Rome [default: until it is revoked].",
)
def create(name: str, role: str, organizations: tuple[str, ...], expires: str | None) -> None:
    """Create an API key and print it on the last line of the output.

    The key is stored as a digest only, so that it cannot be printed again.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.validation.queries.keys import NewKey

    fields = {"name": name, "role": role, "organizations": list(organizations)}
    new = read(NewKey, **fields, **({} if expires is None else {"expiresAt": expires}))
    with as_errors():
        new_key, token = _keys().create(new, utc_now())
    line = printable(_line(new_key, utc_now()))
    click.echo(f"{line}\nThe key is shown only now; send it as X-Api-Key:", err=True)
    click.echo(token)


@key.command("list")
def list_keys() -> None:
    """Print the keys, one on a line.

    A line shows id, role, organizations, creation, revocation or expiry, last use and name. The
    last use is known to five minutes.
    """
    from gpd_soap.clock import utc_now

    for each in _keys().every():
        print_line(_line(each, utc_now()))


@key.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke the key with this ID, for every process from its next request on."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.refusals import KeyNotFound

    try:
        _keys().revoke(key_id, utc_now())
    except KeyNotFound:
        raise click.ClickException(
            "no active key has this id: `gpd-soap key list` prints the ids"
        ) from None
    click.echo("revoked")


def _keys() -> Keys:
    from gpd_soap.usecases.access.keys import Keys

    return Keys(ready_store(), record())


def _line(key: Key, now: datetime) -> str:
    organizations = "every organization" if key.serves_every else ",".join(key.organizations)
    used = "never used" if key.last_used_at is None else f"used {_day(key.last_used_at)}"
    state = "".join(f" ({text})" for text in _ends(key, now))
    words = [key.id, key.role, organizations, f"{_day(key.created_at)}{state}", used, key.name]
    return "  ".join(words)


def _ends(key: Key, now: datetime) -> list[str]:
    """How the key ended or will end, as a line shows it."""
    if key.revoked_at is not None:
        return [f"revoked {_day(key.revoked_at)}"]
    if key.expires_at is None:
        return []
    return [f"{'expired' if key.has_expired(now) else 'expires'} {_day(key.expires_at)}"]


def _day(instant: datetime) -> str:
    from gpd_soap.core import rome

    return f"{instant.astimezone(rome.ROME):%Y-%m-%d}"
