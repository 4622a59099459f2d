"""How large a request's body may be: one size for most operations, one for many positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import request

from gpd_soap.api import problems
from gpd_soap.api.problems import Problem

#: GPD's names of the operations on many positions have the first word in them, and the name of
#: pagoPA's operation on many notices has the second.
MANY = ("Multiple", "NoticeMassive")


class BodySizes(NamedTuple):
    """Bytes of the largest body: of most operations, and of those on many positions."""

    one: int = 1 << 20
    many: int = 4 << 20


def bounded(sizes: BodySizes) -> Callable[[], None]:
    """Returns a function that runs before each request and sets the largest size of its body."""

    def choose() -> None:
        operation = (request.endpoint or "").rpartition(".")[2]
        request.max_content_length = (
            sizes.many if any(word in operation for word in MANY) else sizes.one
        )

    return choose


def too_large() -> Problem:
    """Returns the refusal of this request's body, with the size that it may have."""
    most = request.max_content_length
    return problems.TOO_LARGE._replace(detail=f"Expected a body of at most {most} bytes.")
