"""Prints stored text, and text from outside, so that it can control no terminal or spreadsheet."""

from __future__ import annotations

import click

#: How a cell begins that a spreadsheet takes for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_line(text: str) -> None:
    """Print a text on one line; a character that cannot be printed is written as its escape."""
    click.echo(printable(text))


def printable(text: str) -> str:
    """The text with escapes for line ends, control characters and invisible characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def defused(cell: str) -> str:
    """The text of a cell, with an apostrophe before one that a spreadsheet would compute."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
