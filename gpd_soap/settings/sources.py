"""The sources of settings: variables, a file of credentials for each, a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gpd_soap.core.errors import OperatorError

PREFIX = "GPD_"
FILE = "GPD_CONFIG"
#: The variable in which systemd names the folder of a unit's credentials.
CREDENTIALS = "CREDENTIALS_DIRECTORY"


class SettingsError(OperatorError):
    """A setting that does not exist or has an invalid value."""

    hint = "`gpd-soap help settings` lists every setting"


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the variables, by the names of their settings."""
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != FILE
    }


def from_credentials(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the files in the credentials folder that have the name of a setting."""
    folder = environ.get(CREDENTIALS)
    if not folder:
        return {}
    try:
        files = [path for name in names if (path := Path(folder) / name).is_file()]
        return {path.name: path.read_text(encoding="utf-8").strip() for path in files}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{CREDENTIALS}: cannot be read: {type(error).__name__}") from None


def from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the file that GPD_CONFIG names.

    Raises SettingsError if it cannot be read.
    """
    path = environ.get(FILE)
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{FILE}: cannot read the file: {error.strerror}") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number with too many digits
        raise SettingsError(f"{FILE}: not TOML: {error}") from None
