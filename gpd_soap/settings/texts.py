"""The texts of a setting's default and of an error in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpd_soap.settings.sources import FILE, PREFIX


def default_text(default: object) -> str:
    """Return a default as a variable would have it."""
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def error_text(detail: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """Return the text of one error: the setting, its source, and what is expected."""
    name = ".".join(str(part) for part in detail["loc"][:1])
    if not name:
        return str(detail["msg"]).removeprefix("Value error, ")
    setting = PREFIX + name.upper() if name in variables else f"{name}, in the file of {FILE}"
    unknown = detail["type"] == "extra_forbidden"
    return f"{setting}: {'there is no such setting' if unknown else detail['msg']}"
