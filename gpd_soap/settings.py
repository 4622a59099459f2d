"""Everything the process is told from outside: defaults, then a TOML file, then GPD_* variables."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gpd_soap.core.errors import OperatorError

PREFIX = "GPD_"
FILE = "GPD_CONFIG"


class SettingsError(OperatorError):
    """The process was told something that it cannot follow."""

    hint = "`gpd-soap serve --help` lists every variable"


#: A host and a port, or a socket in the file system.
Bind = Annotated[str, Field(pattern=r"^(.*:[0-9]{1,5}|unix:.+)$")]


class Settings(BaseModel):
    """What may be set; each field is `GPD_` and its name in capitals, or its name in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///gpd-soap.db",
        description="sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        repr=False,  # it may hold a password
    )
    node_bind: Bind = Field("0.0.0.0:8080", description="where the Node's requests are taken")
    admin_bind: Bind = Field(
        "127.0.0.1:8081", description="where administrators' requests are taken"
    )
    public_url: str = Field(
        "", description="the Node's address of this service, as ?wsdl says it; default: node_bind"
    )
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        0, description="processes; 0 is one for each core"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(4, description="threads of each process")
    max_body: Annotated[int, Field(ge=1024, le=64 << 20)] = Field(
        1 << 20, description="largest request, in bytes"
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
    journal: bool = Field(True, description="keep an entry of every exchange")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the file that GPD_CONFIG names, if it does, and what the environment overrides.

        SettingsError for a misspelt or impossible setting; its text never repeats a value.
        """
        filed, named = _from_file(environ), _from_environment(environ)
        try:
            return cls.model_validate({**filed, **named})
        except ValidationError as error:
            said = [_said(mistake, named) for mistake in error.errors()]
            raise SettingsError("; ".join(said)) from None

    @property
    def address(self) -> str:
        """The URL that clients are told."""
        if self.public_url:
            return self.public_url
        host, _, port = self.node_bind.rpartition(":")
        host = "127.0.0.1" if host in ("0.0.0.0", "", "[::]") else host  # noqa: S104  # not a bind
        return f"http://{host}:{port}/partner"


def variables() -> list[tuple[str, str, str]]:
    """Every variable, its default, and what it is for; first the one that names the file."""
    fields = Settings.model_fields.items()
    return [
        (FILE, "", "a TOML file of these settings, by their names without GPD_ in small letters"),
        *((PREFIX + name.upper(), str(f.default), f.description or "") for name, f in fields),
    ]


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != FILE
    }


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
    name = ".".join(str(part) for part in mistake["loc"])
    told = PREFIX + name.upper() if name in named else f"{name}, in the file of {FILE}"
    unknown = mistake["type"] == "extra_forbidden"
    return f"{told}: {'there is no such setting' if unknown else mistake['msg']}"
