"""Roles and scopes: one table, and each combination through the use cases."""

from itertools import combinations

import pytest

from gpd_soap.store.access.keys import ALL_ORGANIZATIONS, Role
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people import rights
from gpd_soap.usecases.people.authorize import Need, check
from tests.usecases.people.people import NOW, ORGANIZATION, OTHER, People

#: For each role: whether it may have a scope (m), has it always (a), or cannot (-).
MATRIX = """
          persons correct withdraw refund load configure
    reader    m       -       -       -     -      -
    writer    m       m       m       m     m      -
    admin     m       m       m       m     m      a
"""
HEAD, *ROWS = [line.split() for line in MATRIX.strip().splitlines()]
CELLS = [
    (Role(role), Scope(scope), cell)
    for role, *cells in ROWS
    for scope, cell in zip(HEAD, cells, strict=True)
]


def operator(role: Role, *scopes: Scope, organizations: tuple[str, ...] = (ORGANIZATION,)):
    """Return an operator as the store has it."""
    return Operator("1", "n", None, role, organizations, frozenset(scopes), NOW, "root", None)


def test_matrix_names_every_role_and_scope():
    """A new role or scope needs a row or a column."""
    assert {role for role, _, _ in CELLS} == set(Role)
    assert {scope for _, scope, _ in CELLS} == set(Scope)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("organization", [ORGANIZATION, OTHER, None])
@pytest.mark.parametrize(("role", "scope", "cell"), CELLS)
def test_operation_is_allowed_as_the_matrix_says(
    role: Role,
    scope: Scope,
    cell: str,
    organization: str | None,
    *,
    held: bool,
):
    """A scope that a role cannot have is refused even if a row of the database has it."""
    someone = operator(role, *([scope] if held else []))
    need = Need(organization, scope)

    if organization != ORGANIZATION:
        with pytest.raises(refusals.OrganizationForbidden):
            check(someone, need)
    elif cell == "a" or (cell == "m" and held):
        check(someone, need)
    else:
        with pytest.raises(people_refusals.ScopeForbidden):
            check(someone, need)


@pytest.mark.parametrize(("role", "scope", "cell"), CELLS)
def test_scope_that_a_role_cannot_have_is_refused_in_an_invitation(
    role: Role, scope: Scope, cell: str
):
    """The answer names the scopes that the role may have."""
    problem = rights.problem_with_scopes(role, [scope])

    assert (problem is None) is (cell != "-")
    assert problem is None or "persons" in problem.expected


def test_operator_of_every_organization_may_do_what_is_about_all():
    """An operator of one organization may not."""
    every = operator(Role.ADMIN, organizations=(ALL_ORGANIZATIONS,))

    check(every, Need(None, Scope.CONFIGURE))
    check(every, Need(OTHER))
    with pytest.raises(refusals.OrganizationForbidden):
        check(operator(Role.ADMIN), Need(None))


@pytest.mark.parametrize("role", Role)
def test_second_factor_is_needed_by_whoever_writes_or_sees_persons(role: Role):
    """Only a reader who sees no person may do without."""
    for size in range(3):
        for scopes in combinations(Scope, size):
            needed = rights.needs_second_factor(operator(role, *scopes))

            assert needed is (role is not Role.READER or Scope.PERSONS in scopes)


@pytest.mark.parametrize("role", Role)
def test_invitation_without_a_code_is_accepted_as_the_role_needs(people: People, role: Role):
    """An administrator is no exception."""
    token = people.invite(role=str(role))

    if role is Role.READER:
        assert people.invitations.accept(token, "tavolo verde zoppica 7", None, people.now) == ()
        assert people.password_step().proved
    else:
        with pytest.raises(people_refusals.SecondFactorNeeded):
            people.invitations.accept(token, "tavolo verde zoppica 7", None, people.now)
