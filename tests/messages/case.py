"""A message case, and how it becomes a folder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import world
from tests.messages import build


@dataclass(frozen=True, slots=True)
class Case:
    """One request, the promised response, and the rows that the request leaves."""

    primitive: str
    name: str
    promise: str
    ask: str | bytes
    answer: str | None
    facts: dict[str, Any] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """Return the folder's content, by file name."""
        ask = self.ask.encode() if isinstance(self.ask, str) else self.ask
        files = {"ask.xml": ask, "case.toml": self._toml().encode()}
        if self.answer is not None:
            files["answer.xml"] = self.answer.encode()
        return files

    def _toml(self) -> str:
        plain = {"promise": self.promise, **self.facts}
        tables = {name: plain.pop(name) for name in list(plain) if isinstance(plain[name], dict)}
        lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
        for name, table in tables.items():
            lines += _table(name, table)
        return "\n".join(lines) + "\n"


def write(cases: list[Case], folder: Path) -> None:
    """Write every case below a folder, as `PRIMITIVE/NAME/`."""
    for case in cases:
        home = folder / case.primitive / case.name
        home.mkdir(parents=True, exist_ok=True)
        for name, content in case.files().items():
            (home / name).write_bytes(content)


def good(primitive: str, name: str, promise: str, ask: str, answer: str, **facts: Any) -> Case:
    """Return a case whose response is an OK with this content."""
    return Case(
        primitive, name, promise, build.soap_request(primitive, ask),
        build.soap_response(primitive, answer), facts,
    )  # fmt: skip


def refused(
    primitive: str, name: str, promise: str, ask: str, code: str, description: str, **facts: Any
) -> Case:
    """Return a case whose response is a typed KO."""
    organization = facts.pop("signed", world.ORGANIZATION)
    answer = build.refused(primitive, code, description, organization)
    return Case(primitive, name, promise, build.soap_request(primitive, ask), answer, facts)


def _table(name: str, table: dict[str, Any]) -> list[str]:
    rows = {key: value for key, value in table.items() if isinstance(value, list)}
    lines = [f"[{name}]"] if len(rows) < len(table) else []
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if key not in rows]
    for key, entries in rows.items():
        for row in entries:
            lines += [f"[[{name}.{key}]]", *(f"{k} = {_value(v)}" for k, v in row.items())]
    return ["", *lines]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {_value(v)}' for k, v in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
