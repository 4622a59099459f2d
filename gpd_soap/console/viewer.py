"""Who looks at a page: the operator, the organization of the page, rights and habits."""

from __future__ import annotations

from typing import NamedTuple

from flask import g

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration.read import Organization
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.usecases.people.rights import scopes_of

#: The roles, each of which may do what those before it may.
ROLES = (Role.READER, Role.WRITER, Role.ADMIN)


class Viewer(NamedTuple):
    """An operator at a page; `organization` is None on pages about none."""

    operator: Operator
    organization: Organization | None
    language: str
    shortcuts: bool

    @property
    def sees_persons(self) -> bool:
        """Whether the operator may see who owes what."""
        return self.may(Scope.PERSONS)

    @property
    def has_many(self) -> bool:
        """Whether the operator works for more than one organization."""
        return self.operator.serves_every or len(self.operator.organizations) > 1

    @property
    def actor(self) -> Actor:
        """Who makes a change on this page."""
        return Actor(ActorKind.OPERATOR, self.operator.id)

    @property
    def code(self) -> str:
        """The fiscal code of the page's organization."""
        assert self.organization is not None
        return self.organization.fiscal_code

    def may(self, scope: Scope) -> bool:
        """Return whether the operator has a scope."""
        return scope in scopes_of(self.operator)

    def is_at_least(self, role: Role) -> bool:
        """Return whether the operator's role includes another one."""
        return ROLES.index(self.operator.role) >= ROLES.index(role)


def viewer() -> Viewer:
    """Return who looks at this page."""
    current: Viewer = g.viewer
    return current
