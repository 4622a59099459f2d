"""When a spontaneous-payment service may be offered: one rule for files, commands and the API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gpd_soap.usecases.spontaneous.kinds import problem_with
from gpd_soap.validation.finding import FieldError

#: The setting by which a service says with which code its notices are numbered.
CODE = "segregationCode"


def settings_problem(kind: str, settings: Mapping[str, Any]) -> FieldError | None:
    """What keeps these settings from being offered, whoever offers them."""
    if not _keepable(settings):
        expected = "text without surrogates or U+0000, and numbers that are finite"
        return FieldError("settings", "characters", expected)
    problem = problem_with(kind, settings)
    return None if problem is None else FieldError("settings", "settings", problem)


def unknown_segregation_code(
    settings: Mapping[str, Any], codes: Iterable[str]
) -> FieldError | None:
    """What is wrong where a service would issue numbers with a code that is none of these."""
    if settings.get(CODE) in (None, *codes):
        return None
    expected = "the segregation code of a station that serves the organization"
    return FieldError(f"settings.{CODE}", "unknown", expected)


def services_losing_code(
    settings: Iterable[Mapping[str, Any]], lost: Iterable[str]
) -> FieldError | None:
    """What is wrong where services issue numbers with codes that would be no one's any more."""
    codes = tuple(lost)
    if not any(each.get(CODE) in codes for each in settings):
        return None
    return FieldError("services", "in-use", "none that numbers its notices with the code")


def _keepable(settings: Mapping[str, Any]) -> bool:
    """Whether every database can keep them: JSON may say what PostgreSQL cannot."""
    try:
        text = json.dumps(settings, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    # WHY: an escaped backslash before u0000 is no escape of a NUL.
    return "\\u0000" not in text.replace("\\\\", "")
