"""Everything the process is told from outside.

Defaults, then a TOML file, then credentials (a folder with a file for each, as systemd and Docker
hand them over), then GPD_* variables.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from gpd_soap.core.errors import OperatorError

PREFIX = "GPD_"
FILE = "GPD_CONFIG"
#: systemd's own name for where it puts a unit's credentials.
CREDENTIALS = "CREDENTIALS_DIRECTORY"


class SettingsError(OperatorError):
    """The process was told something that it cannot follow."""

    hint = "`gpd-soap help settings` lists every setting"


#: A host and a port, or a socket in the file system.
Bind = Annotated[str, Field(pattern=r"^(.*:[0-9]{1,5}|unix:.+)$")]


def _words(told: object) -> object:
    if isinstance(told, str):
        return tuple(word for part in told.split(",") if (word := part.strip()))
    return told


def _whole_address(text: str) -> str:
    address = urlsplit(text)
    is_whole = address.scheme in ("http", "https") and address.hostname and len(address.path) > 1
    if text and (not is_whole or address.query or address.fragment or "@" in address.netloc):
        raise PydanticCustomError("address", "Input should be https://HOST/partner")
    return text


#: Empty, or an address with scheme, host and path.
PublicUrl = Annotated[str, AfterValidator(_whole_address)]

#: Several in one variable, with commas between; a list in the file will do too.
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_words)]


class Settings(BaseModel):
    """What may be set; each field is `GPD_` and its name in capitals, or its name in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///gpd-soap.db",
        description="sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        repr=False,  # it may hold a password
    )
    node_bind: Bind = Field("127.0.0.1:8080", description="where the Node's requests are taken")
    admin_bind: Bind = Field(
        "127.0.0.1:8081", description="where administrators' requests are taken"
    )
    public_url: PublicUrl = Field(
        "",
        description="the Node's address of this service, as ?wsdl says it, such as"
        " https://ec.example/partner; default: node_bind",
    )
    node_tls_certificate: str = Field(
        "", description="PEM file: the node face's certificate with its chain; turns on mutual TLS"
    )
    node_tls_key: str = Field("", description="PEM file: its key, if not in the same file")
    node_tls_authorities: str = Field(
        "", description="PEM file: who signs the certificates of those who may ask the node face"
    )
    node_proxies: Networks = Field(
        (), description="networks of the proxies that do the TLS for us, with commas between"
    )
    node_callers: Words = Field(
        (), description="names (CN) of the certificates that may ask; none: all that are signed"
    )
    node_open: bool = Field(
        False,
        description="serve the node face to other machines without TLS or proxies: whoever"
        " reaches it can mark a notice paid",
    )
    admin_open: bool = Field(
        False,
        description="serve the admin face to other machines: what stands before it must protect"
        " its keys",
    )
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        0, description="processes of the node face, or of the only one; 0 is one for each core"
    )
    admin_workers: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="processes of the admin face, where both faces are served"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(4, description="threads of each process")
    pin: bool = Field(
        False, description="keep each process to one core, where the machine is ours alone"
    )
    max_body: Annotated[int, Field(ge=1024, le=64 << 20)] = Field(
        1 << 20, description="largest request, in bytes"
    )
    # LIMIT: GPD's own gateway lets 100 pass; ours stops a script that has gone wild, nobody else.
    rate: Annotated[int, Field(ge=0)] = Field(
        1000, description="requests of a key to the admin face in 10 s, by process; 0 is any number"
    )
    admin_requests: Annotated[int, Field(ge=0)] = Field(
        0,
        description="requests that the admin face has under way at most, by process; 0 is one"
        " fewer than its threads",
    )
    key_requests: Annotated[int, Field(ge=0)] = Field(
        0, description="the same of one key; 0 is half of the threads"
    )
    duplicate_receipt: Literal["ok", "fault"] = Field(
        "ok", description="answer to a receipt that is kept already: ok, or PAA_RECEIPT_DUPLICATA"
    )
    demand_window: Annotated[int, Field(ge=0)] = Field(
        1800, description="seconds in which a repeated demand gets the same notice"
    )
    check_answers: bool = Field(
        True, description="check every answer against the contract before it leaves"
    )
    journal: Literal["database", "log", "none"] = Field(
        "database", description="where each exchange is kept: database, log, or none"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the file that GPD_CONFIG names, if it does, and what is stronger than it.

        SettingsError for a misspelt or impossible setting; its text never repeats a value.
        """
        filed, named = _from_file(environ), _from_environment(environ)
        handed = _from_credentials(environ, cls.model_fields)
        try:
            return cls.model_validate({**filed, **handed, **named})
        except ValidationError as error:
            said = [_said(mistake, named) for mistake in error.errors()]
            raise SettingsError("; ".join(said)) from None

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        """Mutual TLS is ours, or a proxy's; and half of it is none."""
        if bool(self.node_tls_certificate) != bool(self.node_tls_authorities):
            raise ValueError("node_tls_certificate and node_tls_authorities go together")
        if self.node_tls_certificate and self.node_proxies:
            raise ValueError("node_tls_certificate and node_proxies exclude each other")
        if self.node_callers and not (self.node_tls_certificate or self.node_proxies):
            raise ValueError("node_callers wants node_tls_certificate or node_proxies")
        return self

    @property
    def address(self) -> str:
        """The URL that clients are told."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.node_tls_certificate else "http"
        if self.node_bind.startswith("unix:"):
            return f"{scheme}://localhost/partner"
        host, _, port = self.node_bind.rpartition(":")
        host = "127.0.0.1" if host in ("0.0.0.0", "", "[::]") else host  # noqa: S104  # not a bind
        return f"{scheme}://{host}:{port}/partner"


def variables() -> list[tuple[str, str, str]]:
    """Every variable, its default, and what it is for; first the one that names the file."""
    fields = Settings.model_fields.items()
    return [
        (FILE, "", "a TOML file of these settings, by their names without GPD_ in small letters"),
        *((PREFIX + name.upper(), _shown(f.default), f.description or "") for name, f in fields),
    ]


def _shown(default: object) -> str:
    return "" if default == () else str(default)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != FILE
    }


def _from_credentials(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What lies in the credentials' folder under a setting's name; other files are others'."""
    folder = environ.get(CREDENTIALS)
    if not folder:
        return {}
    try:
        there = [place for name in names if (place := Path(folder) / name).is_file()]
        return {place.name: place.read_text(encoding="utf-8").strip() for place in there}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{CREDENTIALS}: cannot be read: {type(error).__name__}") from None


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    path = environ.get(FILE)
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{FILE}: cannot read the file: {error.strerror}") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number without end
        raise SettingsError(f"{FILE}: not TOML: {error}") from None


def _said(mistake: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """One line for one mistake: the setting, where it was told, and what was expected."""
    name = ".".join(str(part) for part in mistake["loc"][:1])
    if not name:
        return str(mistake["msg"]).removeprefix("Value error, ")
    told = PREFIX + name.upper() if name in named else f"{name}, in the file of {FILE}"
    unknown = mistake["type"] == "extra_forbidden"
    return f"{told}: {'there is no such setting' if unknown else mistake['msg']}"
