"""The rights that the groups of a provider give, at each sign-in."""

import pytest

from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.oidc.harness import RIGHTS, Console
from tests.usecases.people.people import MAIL, NAME, OTHER


def test_operator_is_made_by_signing_in_if_the_settings_say_so(console: Console):
    """The rights are those of the first group that matches, and no mail address is kept."""
    console.use(*RIGHTS, create=True, match_claim="")
    token = console.enter().token

    operator = console.authorize(token, recent=True)
    assert (operator.name, operator.mail, operator.role) == (NAME, None, Role.WRITER)
    assert operator.scopes == {Scope.PERSONS, Scope.LOAD}
    with pytest.raises(refusals.OrganizationForbidden):
        console.authorize(token, organization=OTHER)
    [stored] = console.operators.every()
    assert (stored.role, stored.organizations, stored.scopes) == (Role.READER, (), frozenset())
    assert stored.created_by == console.provider.issuer


def test_rights_follow_the_groups_at_each_sign_in(console: Console):
    """A change of office at the provider changes what the next session may do."""
    console.use(*RIGHTS, create=True, match_claim="")
    before = console.enter().token
    anna = console.provider.people["anna"]
    console.provider.people["anna"] = anna._replace(claims={**anna.claims, "groups": "ragioneria"})
    after = console.enter().token

    assert console.authorize(before).role is Role.WRITER
    assert console.authorize(after, organization=OTHER).role is Role.READER
    with pytest.raises(refusals.OrganizationForbidden):
        console.authorize(after)
    assert len(console.operators.every()) == 1


@pytest.mark.parametrize("groups", [[], ["altro"], "", None, 7, {"tributi": True}, [["tributi"]]])
def test_identity_without_a_group_of_the_rule_is_refused(console: Console, groups: object):
    """An invited operator is refused too: no claim, no entry."""
    console.use(*RIGHTS, create=True)
    console.invite(mail=MAIL)
    anna = console.provider.people["anna"]
    console.provider.people["anna"] = anna._replace(claims={**anna.claims, "groups": groups})

    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()
    assert console.operators.details(NAME).identities == ()


def test_group_of_the_rule_gives_an_invited_operator_no_other_rights(console: Console):
    """The administrator's word counts for who was invited."""
    console.use(*RIGHTS, create=True)
    console.invite(mail=MAIL, role="reader")

    assert console.authorize(console.enter().token).role is Role.READER


def test_new_operator_with_a_name_in_use_gets_another(console: Console):
    """Nobody enters as somebody else by a name."""
    console.use(*RIGHTS, create=True, match_claim="")
    console.invite()
    console.enter()

    names = sorted(each.name for each in console.operators.every())
    assert names[0] == NAME
    assert names[1].startswith(f"{NAME} ")
