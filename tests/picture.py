"""The picture of the rooms in gpd_soap/README.md: `python -m tests.picture` prints it.

An arrow means that a room imports another one.  An arrow is left out where a longer way along
other arrows leads to the same room, so that the picture stays readable.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "gpd_soap"

Imports = Mapping[str, frozenset[str]]


def room_of(module: Path) -> str:
    """Return the name directly under gpd_soap to which a module belongs."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> Iterator[str]:
    """Yield the rooms that a module's source imports, in its order and with repetitions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "gpd_soap" and rest and not rest.startswith("__"):
                yield rest.partition(".")[0]


def imports() -> Imports:
    """Return every room of gpd_soap with the other rooms that it imports."""
    rooms: dict[str, set[str]] = {}
    for module in sorted(PACKAGE.rglob("*.py")):
        room = room_of(module)
        if not room.startswith("__"):
            rooms.setdefault(room, set()).update(imported_rooms(module.read_text(encoding="utf-8")))
    return {room: frozenset(others - {room}) for room, others in rooms.items()}


def reduced(rooms: Imports) -> Imports:
    """Return the rooms without each arrow that a longer way replaces; there must be no cycle."""

    def reachable(room: str) -> set[str]:
        return {room}.union(*(reachable(other) for other in rooms[room]))

    return {
        room: frozenset(
            other
            for other in others
            if not any(other in reachable(another) for another in others - {other})
        )
        for room, others in rooms.items()
    }


def mermaid(rooms: Imports) -> str:
    """Return the rooms and their arrows as a Mermaid flow chart."""
    arrows = [
        f"    {room} --> {other}"
        for room, others in sorted(reduced(rooms).items())
        for other in sorted(others)
    ]
    return "\n".join(["flowchart TD", *arrows])


if __name__ == "__main__":
    sys.stdout.write(f"{mermaid(imports())}\n")
