"""What a check has found, without anything of a debtor's."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An ERROR would stop a payment or a demand; a WARNING is for a person to look at."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Finding(NamedTuple):
    """One finding; `rule` is a word for programs, `what` says to people what to do."""

    severity: Severity
    where: str
    rule: str
    what: str

    def __str__(self) -> str:
        """One line, whatever is stored: what cannot be printed is a question mark."""
        line = f"{self.severity:7}  {self.where}  {self.rule}: {self.what}"
        return "".join(each if each.isprintable() else "?" for each in line)


def error(where: str, rule: str, what: str) -> Finding:
    """What would stop a payment or a demand."""
    return Finding(Severity.ERROR, where, rule, what)


def warning(where: str, rule: str, what: str) -> Finding:
    """What only a person can tell to be right."""
    return Finding(Severity.WARNING, where, rule, what)
