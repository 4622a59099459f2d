"""How large a request's body may be: by what the operation takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import request

from gpd_soap.api import problems
from gpd_soap.api.problems import Problem

#: GPD's names of the operations on many positions have the first word in them, and the name of
#: pagoPA's operation on many notices has the second.
MANY = ("Multiple", "NoticeMassive")


#: The operation whose body is a file of positions.
CREATE_LOAD = "createLoad"


class BodySizes(NamedTuple):
    """Bytes of the largest body: of most operations, of those on many positions, of a file."""

    one: int = 1 << 20
    many: int = 4 << 20
    file: int = 16 << 20


def bounded(sizes: BodySizes) -> Callable[[], None]:
    """Returns a function that runs before each request and sets the largest size of its body."""

    def choose() -> None:
        operation = (request.endpoint or "").rpartition(".")[2]
        if operation == CREATE_LOAD:
            request.max_content_length = sizes.file
        else:
            is_many = any(word in operation for word in MANY)
            request.max_content_length = sizes.many if is_many else sizes.one

    return choose


def too_large() -> Problem:
    """Returns the refusal of this request's body, with the size that it may have."""
    most = request.max_content_length
    return problems.TOO_LARGE._replace(detail=f"Expected a body of at most {most} bytes.")
