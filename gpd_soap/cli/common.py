"""What commands on the database have in common: where it is, and what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gpd_soap.store.store import Store
    from gpd_soap.validation.finding import Model


def ready_store() -> Store:
    """The configured store; StaleSchema where it is not what this version needs."""
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store

    store = Store(Settings.load().database_url)
    migrate.check(store.engine)
    return store


def code(_context: click.Context, _option: click.Parameter, told: str | None) -> str | None:
    """An organization's code, where one was typed; exit 2 for what is none."""
    from gpd_soap.core.codes import problem_with_fiscal_code_pa

    problem = None if told is None else problem_with_fiscal_code_pa(told)
    if problem is not None:
        raise click.BadParameter(problem)
    return told


def read(model: type[Model], **told: object) -> Model:
    """What was typed, held against the limits of the API; exit 2 with all that is wrong."""
    from gpd_soap.validation.finding import as_lines as lines
    from gpd_soap.validation.finding import taken

    found = taken(model, told)
    if isinstance(found, tuple):
        raise click.UsageError(lines(found))
    return found
