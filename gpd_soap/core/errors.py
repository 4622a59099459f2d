"""The base class of errors for operators.  Refusals are answers and do not derive from it."""

from __future__ import annotations


class OperatorError(Exception):
    """An error that an operator can resolve; `hint` says how."""

    hint = ""
