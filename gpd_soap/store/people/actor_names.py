"""Reads the names of those who acted: keys of the API and operators."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.access.keys import KEY
from gpd_soap.store.people.operators import OPERATOR


def actor_names(connection: Connection, actors: Collection[Actor]) -> dict[Actor, str]:
    """Returns the names of keys and operators; an actor of another kind has none."""
    names: dict[Actor, str] = {}
    for kind, table in ((ActorKind.KEY, KEY), (ActorKind.OPERATOR, OPERATOR)):
        ids = {actor.id for actor in actors if actor.kind is kind}
        if ids:
            statement = select(table.id, table.name).where(table.id.in_(ids))
            names |= {Actor(kind, row.id): row.name for row in connection.execute(statement)}
    return names
