"""The findings of a check, without personal data."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An ERROR would stop a payment or a demand; a WARNING is for a person to judge."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Finding(NamedTuple):
    """One finding; `rule` is a word for programs, `what` is the remedy for people."""

    severity: Severity
    where: str
    rule: str
    what: str

    def __str__(self) -> str:
        """Return one line; characters that cannot be printed become question marks."""
        line = f"{self.severity:7}  {self.where}  {self.rule}: {self.what}"
        return "".join(each if each.isprintable() else "?" for each in line)


def error(where: str, rule: str, what: str) -> Finding:
    """Return an ERROR."""
    return Finding(Severity.ERROR, where, rule, what)


def warning(where: str, rule: str, what: str) -> Finding:
    """Return a WARNING."""
    return Finding(Severity.WARNING, where, rule, what)
