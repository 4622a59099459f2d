"""Checks a body and returns its findings or its position."""

from datetime import UTC, datetime
from typing import Any

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewPosition
from gpd_soap.validation.convert import check, position_of
from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import ORGANIZATION, nav

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def errors(value: object, **options: Any) -> tuple[FieldError, ...]:
    """Return the errors of a body."""
    return check(value, ORGANIZATION, **options).errors


def warnings(value: object, **options: Any) -> tuple[FieldError, ...]:
    """Return the warnings of a body that has no errors."""
    checked = check(value, ORGANIZATION, **options)
    assert checked.errors == ()
    return checked.warnings


def never() -> NoticeNumber:
    """Fail, because a position with numbers needs none."""
    raise AssertionError


def converted(value: object, published_at: datetime | None = NOW, **options: Any) -> NewPosition:
    """Return the position of a body that has no errors."""
    checked = check(value, ORGANIZATION, **options)
    assert checked.errors == ()
    assert checked.body is not None
    return position_of(checked.body, ORGANIZATION, published_at, never)


WRONG_NAV = nav(1)[:16] + "99"
