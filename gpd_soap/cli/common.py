"""Shared by commands: the configured store, and the validation of their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gpd_soap.core.actor import Actor
    from gpd_soap.store.store import Store
    from gpd_soap.validation.finding import Model


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


def command_actor() -> Actor:
    """The user who runs a command, as the actor of what it does."""
    import getpass
    import os

    from gpd_soap.core.actor import Actor, ActorKind

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # WHY: in a container the user may have a number alone.
        user = str(os.getuid())
    return Actor(ActorKind.COMMAND, user)


def code(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The fiscal code of an organization, if one was given.

    Raises BadParameter (exit code 2) if it is not valid.
    """
    from gpd_soap.core.codes import problem_with_fiscal_code_pa

    problem = None if value is None else problem_with_fiscal_code_pa(value)
    if problem is not None:
        raise click.BadParameter(problem)
    return value


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a refusal of a use case into a ClickException (exit code 1) of one line."""
    from gpd_soap.cli.refusals import words
    from gpd_soap.usecases.refusals import Refusal

    try:
        yield
    except Refusal as refused:
        lines = [": ".join(words(refused)), *map(str, refused.errors)]
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
