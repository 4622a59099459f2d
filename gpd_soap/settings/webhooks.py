"""The settings of webhooks: what events are signed with, and where they may be sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gpd_soap.settings.kinds import Files, Networks, Ports

Secret = Annotated[
    str,
    Field(
        description="at least 32 characters, from which the secrets of subscriptions are derived;"
        " without it there are no subscriptions",
        repr=False,
    ),
]
Key = Annotated[
    str,
    Field(
        description="PEM file of an ed25519 key that signs every event, beside the secret of its"
        " subscription; default: none"
    ),
]
PrivateNetworks = Annotated[
    Networks,
    Field(
        description="private networks to which events may be sent, separated by commas; http is for"
        " them alone"
    ),
]
ReceiverPorts = Annotated[
    Ports, Field(description="ports of receivers beside 443, separated by commas")
]
Certificates = Annotated[
    Files,
    Field(
        description="PEM files of client certificates with their keys, NAME=FILE separated by"
        " commas; a subscription names one"
    ),
]
Authorities = Annotated[
    Files,
    Field(
        description="PEM files of authorities of receivers, NAME=FILE separated by commas; a"
        " subscription names one"
    ),
]
Seconds = Annotated[
    int, Field(ge=1, le=30, description="seconds that a receiver has for its answer")
]
