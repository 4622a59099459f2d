"""The kinds of values that settings have, and how a text becomes one."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

#: A host and a port, or a socket in the file system.
Bind = Annotated[str, Field(pattern=r"^(.*:[0-9]{1,5}|unix:.+)$")]
OptionalBind = Annotated[str, Field(pattern=r"^(|.*:[0-9]{1,5}|unix:.+)$")]


def _whole_address(text: str) -> str:
    address = urlsplit(text)
    is_whole = address.scheme in ("http", "https") and address.hostname and len(address.path) > 1
    if text and (not is_whole or address.query or address.fragment or "@" in address.netloc):
        raise PydanticCustomError("address", "Input should be https://HOST/partner")
    return text


def _origin(text: str) -> str:
    address = urlsplit(text)
    is_origin = address.scheme in ("http", "https") and address.hostname
    more = address.path.rstrip("/") or address.query or address.fragment or "@" in address.netloc
    if text and (not is_origin or more):
        raise PydanticCustomError("address", "Input should be https://HOST")
    return text.rstrip("/")


def on_tls(text: str) -> str:
    """Return the URL of a service of others; only one of this machine may be without TLS."""
    address = urlsplit(text)
    is_local = address.hostname in ("localhost", "127.0.0.1", "::1")
    schemes = ("https", "http") if is_local else ("https",)
    more = address.query or address.fragment or "@" in address.netloc
    if text and (address.scheme not in schemes or not address.hostname or more):
        raise PydanticCustomError("address", "Input should be https://HOST/PATH")
    return text


def split_text(value: object) -> object:
    """Return the parts of a text that commas separate; another value as it is."""
    if isinstance(value, str):
        return tuple(item for part in value.split(",") if (item := part.strip()))
    return value


#: Empty, or an address with scheme and host alone.
Origin = Annotated[str, AfterValidator(_origin)]

#: Empty, or an address with scheme, host and path.
PublicUrl = Annotated[str, AfterValidator(_whole_address)]

#: Several values: a text separated by commas, or a list in the file.
Names = Annotated[tuple[str, ...], BeforeValidator(split_text)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(split_text)]
Ports = Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], BeforeValidator(split_text)]
Files = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}=.+$")], ...],
    BeforeValidator(split_text),
]
