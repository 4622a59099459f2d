"""The rules for offering a spontaneous-payment service, for files, commands and the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gpd_soap.usecases.spontaneous.kinds import problem_with
from gpd_soap.validation.finding import FieldError

#: The setting with the segregation code of the notices that a service issues.
CODE = "segregationCode"


def settings_problem(kind: str, settings: Mapping[str, Any]) -> FieldError | None:
    """Return the finding that refuses these settings, or None."""
    if not _is_storable(settings):
        expected = "text without surrogates or U+0000, and numbers that are finite"
        return FieldError("settings", "characters", expected)
    problem = problem_with(kind, settings)
    return None if problem is None else FieldError("settings", "settings", problem)


def unknown_segregation_code(
    settings: Mapping[str, Any], codes: Iterable[str]
) -> FieldError | None:
    """Return a finding if the service names a segregation code that is not in `codes`, or None."""
    if settings.get(CODE) in (None, *codes):
        return None
    expected = "the segregation code of a station that serves the organization"
    return FieldError(f"settings.{CODE}", "unknown", expected)


def services_losing_code(
    settings: Iterable[Mapping[str, Any]], lost: Iterable[str]
) -> FieldError | None:
    """Return a finding if one of the services issues notices with a code in `lost`, or None."""
    codes = tuple(lost)
    if not any(each.get(CODE) in codes for each in settings):
        return None
    return FieldError("services", "in-use", "no service that issues notices with the code")


def _is_storable(settings: Mapping[str, Any]) -> bool:
    """Return whether every database can store them; PostgreSQL refuses some JSON."""
    try:
        text = json.dumps(settings, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    # WHY: a backslash that is escaped itself does not make u0000 a NUL.
    return "\\u0000" not in text.replace("\\\\", "")
