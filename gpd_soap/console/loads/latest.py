"""The last loads of an organization, as its first page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gpd_soap.console.formats import count
from gpd_soap.console.loads import shown
from gpd_soap.console.loads.shown import StateWords
from gpd_soap.console.words import _, language, ngettext
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.loads import loads
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.people import operators

#: LIMIT: loads of the first page.
LATEST = 3


class LatestLoad(NamedTuple):
    """A load, who sent its file, and how it went in a state and a line of figures."""

    load: StoredLoad
    who: str
    state: StateWords
    figures: str


def latest(database: Database, organization: str) -> list[LatestLoad]:
    """Returns the last loads of an organization, the newest first."""

    def work(connection: Transaction) -> list[LatestLoad]:
        stored = loads.page(connection, organization, None, LATEST)
        names = names_of(connection, stored)
        return [
            LatestLoad(each, names.get(each.actor, ""), shown.state(each), _figures(each))
            for each in stored
        ]

    return read_only(database, work)


def names_of(connection: Transaction, sent: Iterable[StoredLoad]) -> dict[str, str]:
    """Returns the names of the operators who sent these files, by their ids."""
    ids = {each.actor for each in sent}
    people = ((each, operators.with_id(connection, each)) for each in ids)
    return {each: person.name for each, person in people if person is not None}


def _figures(load: StoredLoad) -> str:
    """Returns what is known of the rows of a load."""
    if load.is_running:
        values = {"shown": _shown(load.done or 0), "whole": _shown(load.total or 0)}
        return _("riga %(shown)s di %(whole)s") % values
    rows = load.figures.get("rows", load.reading.get("records", 0))
    refused = load.figures.get("refused", 0)
    if load.state == State.RECEIVED or not refused:
        text = _counted(rows, by_position=shown.is_by_position(load))
        tried = load.state in (State.TRIALLED, State.LOADED)
        return _("%(rows)s, nessuna rifiutata") % {"rows": text} if tried else text
    if shown.is_by_position(load):
        text = ngettext(
            "%(shown)s posizione rifiutata su %(whole)s",
            "%(shown)s posizioni rifiutate su %(whole)s",
            refused,
        )
    else:
        text = ngettext(
            "%(shown)s riga rifiutata su %(whole)s",
            "%(shown)s righe rifiutate su %(whole)s",
            refused,
        )
    return text % {"shown": _shown(refused), "whole": _shown(rows)}


def _counted(number: int, *, by_position: bool) -> str:
    if by_position:
        text = ngettext("%(shown)s posizione", "%(shown)s posizioni", number)
    else:
        text = ngettext("%(shown)s riga", "%(shown)s righe", number)
    return text % {"shown": _shown(number)}


def _shown(number: int) -> str:
    return count(number, language.get())
