"""The root of what an operator must act on.  Refusals are answers, and not in this tree."""

from __future__ import annotations


class OperatorError(Exception):
    """Something an operator must act on; `hint` says how."""

    hint = ""
