"""The settings of signing in by an OpenID provider."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from gpd_soap.settings.kinds import Names, on_tls, split_text

#: GROUP=ROLE:ORGANIZATION+ORGANIZATION:SCOPE+SCOPE; a group may have any character.
_RIGHT = (
    r"^.{1,255}=(reader|writer|admin):(\*|[0-9]{11}(\+[0-9]{11})*)"
    r"(:(persons|correct|withdraw|refund|load|configure)"
    r"(\+(persons|correct|withdraw|refund|load|configure))*)?$"
)

Issuer = Annotated[
    str,
    AfterValidator(on_tls),
    Field(
        description="OpenID provider by which operators may sign in to the console: its issuer,"
        " such as https://id.example/realms/comune; default: none"
    ),
]
ClientId = Annotated[str, Field(description="the console's client id at the OpenID provider")]
ClientSecret = Annotated[
    str,
    Field(
        description="the console's secret at the OpenID provider; default: a public client",
        repr=False,
    ),
]
Scopes = Annotated[
    Names, Field(description="scopes that are requested of the OpenID provider, openid among them")
]
Authorities = Annotated[
    str,
    Field(
        description="PEM file: authorities that sign the OpenID provider's certificate; default:"
        " those of the machine"
    ),
]
MatchClaim = Annotated[
    str,
    Field(
        description="claim that names an operator at the first sign-in by the OpenID provider, by"
        " name or mail address, such as email; default: operators add their identity themselves"
    ),
]
GroupsClaim = Annotated[
    str,
    Field(description="claim with the groups to which GPD_OIDC_RIGHTS refers; dots lead inside"),
]
Rights = Annotated[
    tuple[Annotated[str, Field(pattern=_RIGHT)], ...],
    BeforeValidator(split_text),
    Field(
        description="groups that may use the console, GROUP=ROLE:ORGANIZATIONS:SCOPES separated by"
        " commas, lists inside by +; the first that matches counts; default: any"
    ),
]
Create = Annotated[
    bool,
    Field(
        description="make an operator at the first sign-in by the OpenID provider, with the rights"
        " of GPD_OIDC_RIGHTS at each sign-in"
    ),
]
Acr = Annotated[
    Names,
    Field(
        description="values of acr that stand for two factors, separated by commas; requested in"
        " this order"
    ),
]
Amr = Annotated[
    Names, Field(description="values of amr that stand for two factors, separated by commas")
]
