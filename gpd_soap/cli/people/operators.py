"""`gpd-soap operator`: the people who sign in to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import CommandGroup, as_errors, machine_user, read, ready_store, record
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from datetime import datetime

    from gpd_soap.store.people.identities import Identity
    from gpd_soap.store.people.operators import Operator
    from gpd_soap.store.people.passkeys import Passkey
    from gpd_soap.usecases.people.operators import Operators

SCOPES = ("persons", "correct", "withdraw", "refund", "load", "configure")


@click.group(cls=CommandGroup)
def operator() -> None:
    """Invite, list, suspend and reset the operators of the console.

    NAME is the name, the mail address or the id of an operator.
    """


@operator.command("invite")
@click.argument("name")
@click.option("--mail", help="Mail address, by which the operator may sign in too.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["reader", "writer", "admin"]),
    help="A reader reads; a writer also writes; an admin also configures.",
)
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    required=True,
    metavar="CODE",
    help="Fiscal code of an organization of the operator; may be repeated. '*' is every"
    " organization, also those that are registered later.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="A right that the role alone does not give; may be repeated. A reader may have persons"
    " alone, a writer all but configure; an admin has configure always.",
)
def invite(
    name: str,
    mail: str | None,
    role: str,
    organizations: tuple[str, ...],
    scopes: tuple[str, ...],
) -> None:
    """Add an operator, and print a link on the last line of the output.

    The link works once, for an hour, and is stored as a digest only. The operator sets a password
    there. Who may write or see persons also enrols an authenticator application.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.validation.queries.operators import NewOperator

    fields = {"name": name, "mail": mail, "role": role}
    new = read(NewOperator, **fields, organizations=list(organizations), scopes=list(scopes))
    with as_errors():
        invited, token = _operators().invite(new, machine_user(), utc_now())
    _print_link(invited, token)


@operator.command("list")
def list_operators() -> None:
    """Print the operators, one on a line, the oldest first.

    A line shows id, role, organizations, scopes, creation, suspension, name and mail address.
    """
    for each in _operators().every():
        print_line(_line(each))


@operator.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print an operator with factors, invitation and last use, but without any secret."""
    with as_errors():
        details = _operators().details(name)
    print_line(_line(details.operator))
    click.echo(f"password: {'set' if details.has_password else 'none'}")
    click.echo(f"second factor: {'application' if details.has_totp else 'none'}")
    click.echo(f"recovery codes left: {details.recovery_codes}")
    for each in details.passkeys:
        print_line(f"passkey {_passkey(each)}")
    for identity in details.identities:
        print_line(f"identity {_identity(identity)}")
    click.echo(f"invitation until: {_time(details.invited_until)}")
    click.echo(f"sessions last used: {_time(details.last_use)}")
    click.echo(f"invited by: {details.operator.created_by}")


@operator.command("suspend")
@click.argument("name")
def suspend(name: str) -> None:
    """Suspend an operator: every session and invitation ends at once."""
    from gpd_soap.clock import utc_now

    with as_errors():
        _operators().suspend(name, utc_now())
    click.echo("suspended")


@operator.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Let a suspended operator sign in again, with the same password and second factor."""
    with as_errors():
        _operators().resume(name)
    click.echo("resumed")


@operator.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Remove every factor of an operator, and print a new link.

    Password, second factor, recovery codes, passkeys and identities are gone. Every session ends.
    The link works once, for an hour.
    """
    from gpd_soap.clock import utc_now

    with as_errors():
        invited, token = _operators().reset(name, utc_now())
    _print_link(invited, token)


@operator.command("remove-passkey")
@click.argument("name")
@click.argument("passkey", metavar="ID")
def remove_passkey(name: str, passkey: str) -> None:
    """Remove the passkey ID of an operator, such as that of a lost device; sessions end.

    ID is printed by `gpd-soap operator show`.
    """
    with as_errors():
        _operators().remove_passkey(name, passkey)
    click.echo("removed")


@operator.command("remove-identity")
@click.argument("name")
@click.argument("identity", metavar="ID")
def remove_identity(name: str, identity: str) -> None:
    """Remove the identity ID of an operator at an OpenID provider; sessions end.

    ID is printed by `gpd-soap operator show`.
    """
    with as_errors():
        _operators().remove_identity(name, identity)
    click.echo("removed")


@operator.command("end-sessions")
@click.argument("name")
def end_sessions(name: str) -> None:
    """End every session of an operator, who may sign in again."""
    with as_errors():
        ended = _operators().end_sessions(name)
    click.echo(f"{ended} ended")


def _operators() -> Operators:
    import secrets

    from gpd_soap.usecases.people.operators import Operators

    return Operators(ready_store(), secrets.token_bytes, record())


def _print_link(invited: Operator, token: str) -> None:
    from gpd_soap.cli.texts.output import printable
    from gpd_soap.settings import Settings
    from gpd_soap.wsgi.exposure import console_address

    click.echo(
        f"{printable(_line(invited))}\nThe link is shown only now; it works once, for an hour:",
        err=True,
    )
    click.echo(f"{console_address(Settings.load())}/console/invitation/{token}")


def _line(operator: Operator) -> str:
    from gpd_soap.usecases.people.rights import scopes_of

    organizations = "every organization" if operator.serves_every else _list(operator.organizations)
    organizations = organizations or "no organization"
    scopes = _list(sorted(scopes_of(operator))) or "no scope"
    suspended = "" if operator.disabled_at is None else f" (suspended {_day(operator.disabled_at)})"
    words = [operator.id, operator.role, organizations, scopes]
    words += [f"{_day(operator.created_at)}{suspended}", operator.name, operator.mail or ""]
    return "  ".join(words).rstrip()


def _passkey(passkey: Passkey) -> str:
    cloned = (
        "" if passkey.cloned_at is None else f", copied, unusable since {_day(passkey.cloned_at)}"
    )
    words = [passkey.id, passkey.name, f"for {passkey.rp_id}", f"made {_day(passkey.created_at)}"]
    return "  ".join([*words, f"used {_time(passkey.last_used_at)}{cloned}"])


def _identity(identity: Identity) -> str:
    rights = "rights of the provider" if identity.managed else "rights of the operator"
    words = [identity.id, f"{identity.subject} at {identity.issuer}", rights]
    return "  ".join(
        [*words, f"made {_day(identity.created_at)}", f"used {_time(identity.last_used_at)}"]
    )


def _list(texts: tuple[str, ...] | list[str]) -> str:
    return ",".join(texts)


def _day(instant: datetime) -> str:
    from gpd_soap.core import rome

    return f"{instant.astimezone(rome.ROME):%Y-%m-%d}"


def _time(instant: datetime | None) -> str:
    from gpd_soap.core import rome

    return "none" if instant is None else f"{instant.astimezone(rome.ROME):%Y-%m-%d %H:%M}"
