"""How the console uses an OpenID provider, from the settings."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.errors import OperatorError
from gpd_soap.settings import Settings
from gpd_soap.store.access.keys import ALL_ORGANIZATIONS, Role
from gpd_soap.store.people.operators import Rights, Scope
from gpd_soap.usecases.people.rights import problem_with_scopes

#: Where the provider sends the browser back, below the address of the console.
CALLBACK = "/console/oidc/callback"
#: Where the provider sends the browser after the end of its own session.
SIGNED_OUT = "/console/signed-out"


class UnusableRights(OperatorError):
    """A rule of GPD_OIDC_RIGHTS gives what no operator can have."""

    hint = "write GROUP=ROLE:ORGANIZATIONS:SCOPES, such as tributi=writer:77777777777:persons+load"


class NoProvider(OperatorError):
    """No OpenID provider is configured."""

    hint = "set GPD_OIDC_ISSUER and GPD_OIDC_CLIENT_ID"


class GroupRights(NamedTuple):
    """The rights of a group."""

    group: str
    rights: Rights


class Options(NamedTuple):
    """The provider, the console as its client, and what its claims mean.

    `acr` and `amr` are the values that stand for two factors.
    """

    issuer: str
    client_id: str
    client_secret: str
    console_url: str
    scopes: tuple[str, ...] = ("openid",)
    authorities: str = ""
    match_claim: str = ""
    groups_claim: str = "groups"
    rights: tuple[GroupRights, ...] = ()
    create: bool = False
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ("mfa",)

    @property
    def redirect_uri(self) -> str:
        """The address to which the provider sends the browser back."""
        return self.console_url + CALLBACK


def options_of(settings: Settings) -> Options:
    """Returns the options of these settings.  Raises NoProvider and UnusableRights."""
    if not settings.oidc_issuer:
        raise NoProvider("there is no OpenID provider")
    return Options(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        console_url=settings.console_url,
        scopes=tuple(dict.fromkeys(("openid", *settings.oidc_scopes))),
        authorities=settings.oidc_authorities,
        match_claim=settings.oidc_match_claim,
        groups_claim=settings.oidc_groups_claim,
        rights=tuple(map(group_rights, settings.oidc_rights)),
        create=settings.oidc_create,
        acr=settings.oidc_acr,
        amr=settings.oidc_amr,
    )


def group_rights(text: str) -> GroupRights:
    """Returns a rule, written GROUP=ROLE:ORGANIZATIONS:SCOPES.  Raises UnusableRights."""
    group, _, given = text.rpartition("=")
    role, codes, scopes = [*given.split(":"), ""][:3]
    rights = Rights(
        Role(role),
        tuple(sorted(set(codes.split("+")))),
        frozenset(map(Scope, filter(None, scopes.split("+")))),
    )
    for code in rights.organizations:
        if code != ALL_ORGANIZATIONS and problem_with_fiscal_code_pa(code):
            raise UnusableRights("GPD_OIDC_RIGHTS: an organization has no valid fiscal code")
    problem = problem_with_scopes(rights.role, rights.scopes)
    if problem is not None:
        raise UnusableRights(f"GPD_OIDC_RIGHTS: {problem}")
    return GroupRights(group, rights)
