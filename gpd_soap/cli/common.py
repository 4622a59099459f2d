"""Shared by commands: the configured store, the validation of arguments, and who runs them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gpd_soap.core.actor import Actor
    from gpd_soap.store.access.audit import Subject
    from gpd_soap.store.store import Store
    from gpd_soap.usecases.access.record import CommandRecord
    from gpd_soap.validation.finding import Model

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def ready_store() -> Store:
    """The configured store.

    Raises StaleSchema if the database lacks tables that this version needs.
    """
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store

    store = Store(Settings.load().database_url)
    migrate.check(store.engine)
    return store


def machine_user() -> str:
    """The name of the user of this machine, or the number of one without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def command_name() -> str:
    """The words of the running command after the program's name, such as `key create`."""
    context: click.Context | None = click.get_current_context()
    words: list[str] = []
    while context is not None and context.command.name != "main":
        words.append(context.command.name or "")
        context = context.parent
    return " ".join(reversed(words))


def record() -> CommandRecord:
    """What writes the changes of the running command to the audit."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.access.record import CommandRecord

    return CommandRecord(machine_user(), command_name(), utc_now)


def record_reading(store: Store, organization: str | None, subject: Subject | None = None) -> None:
    """Write to the audit that the running command reads a person's data.

    As for the API, a reading does not depend on it: standard error says if it was not written.
    """
    from gpd_soap.core.exchange import NOT_GIVEN
    from gpd_soap.store.access.audit import NOTHING, READ

    row = record().row(READ, subject or NOTHING, organization or NOT_GIVEN)
    store.access_trail.write(row)
    if not store.access_trail.flush():
        click.echo("the audit has no row of this reading: the database is busy", err=True)


class CommandGroup(click.Group):
    """A group whose help has the whole first sentence of each command, not cut at the margin."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in the order of their names."""
        rows = [
            (name, command.get_short_help_str(limit=sys.maxsize))
            for name, command in sorted(self.commands.items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@contextmanager
def as_errors() -> Iterator[None]:
    """Turn a refusal of a use case into a ClickException (exit code 1) with its reason."""
    from gpd_soap.cli.texts.refusals import words
    from gpd_soap.usecases.refusals import Refusal
    from gpd_soap.validation.finding import as_lines

    try:
        yield
    except Refusal as refused:
        reason = as_lines(refused.errors) or words(refused)[1]
        raise click.ClickException(reason) from None


def command_actor() -> Actor:
    """The user who runs a command, as the actor of what it does."""
    from gpd_soap.core.actor import Actor, ActorKind

    return Actor(ActorKind.COMMAND, machine_user())


def code(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The fiscal code of an organization, if one was given.

    Raises BadParameter (exit code 2) if it is not valid.
    """
    from gpd_soap.core.codes import problem_with_fiscal_code_pa

    problem = None if value is None else problem_with_fiscal_code_pa(value)
    if problem is not None:
        raise click.BadParameter(problem)
    return value


of_organization = click.option(
    "--organization",
    metavar="CODE",
    required=True,
    callback=code,
    help="Fiscal code of the organization.",
)
of_only_organization = click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of the organization [default: the only one].",
)
to_output = click.option(
    "--output",
    type=click.File("wb", lazy=True),
    default="-",
    metavar="FILE",
    help="File to write [default: standard output].",
)
to_document = click.option(
    "--output",
    "-o",
    type=click.File("wb", lazy=True),
    required=True,
    metavar="FILE",
    help="File to write; - is standard output.",
)

#: LIMIT: lines of one listing, which are held in memory.
MAX_LINES = 100_000


def limited(default: int, most: int = MAX_LINES) -> Callable[[Decorated], Decorated]:
    """The option for the number of lines of a listing, at most `most`."""
    return click.option(
        "--limit",
        type=click.IntRange(1, most),
        default=default,
        show_default=True,
        help="Lines to print at most.",
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a refusal of a use case into a ClickException (exit code 1) of one line."""
    from gpd_soap.cli.texts.refusals import words
    from gpd_soap.usecases.refusals import Refusal

    try:
        yield
    except Refusal as refused:
        what = ": ".join(words(refused))
        lines = [what.removesuffix(".") if refused.errors else what, *map(str, refused.errors)]
        raise click.ClickException("; ".join(lines)) from None


def read(model: type[Model], **fields: object) -> Model:
    """The arguments as `model` reads them, by the limits of the API.

    Raises UsageError (exit code 2) with every problem.
    """
    from gpd_soap.validation.finding import as_lines, validate

    result = validate(model, fields)
    if isinstance(result, tuple):
        raise click.UsageError(as_lines(result))
    return result
