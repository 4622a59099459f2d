"""What an operator may do: roles and scopes, and who needs a second factor."""

from __future__ import annotations

from collections.abc import Collection

from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.validation.finding import FieldError

#: The scopes that an operator of a role may have.
HOLDABLE: dict[Role, frozenset[Scope]] = {
    Role.READER: frozenset({Scope.PERSONS}),
    Role.WRITER: frozenset(Scope) - {Scope.CONFIGURE},
    Role.ADMIN: frozenset(Scope),
}
#: The scopes that every operator of a role has.
IMPLIED: dict[Role, frozenset[Scope]] = {
    Role.READER: frozenset(),
    Role.WRITER: frozenset(),
    Role.ADMIN: frozenset({Scope.CONFIGURE}),
}


def scopes_of(operator: Operator) -> frozenset[Scope]:
    """Return the scopes that an operator has."""
    return (operator.scopes | IMPLIED[operator.role]) & HOLDABLE[operator.role]


def problem_with_scopes(role: Role, scopes: Collection[Scope]) -> FieldError | None:
    """Return why an operator of a role cannot have these scopes, or None."""
    if HOLDABLE[role] >= frozenset(scopes):
        return None
    names = ", ".join(sorted(HOLDABLE[role]))
    return FieldError("scope", "scope-of-role", f"for a {role}: {names}")


def needs_second_factor(operator: Operator) -> bool:
    """Return whether an operator must prove two factors: who may write or see persons."""
    return operator.role is not Role.READER or Scope.PERSONS in operator.scopes
