"""What README shows is what the program says."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.settings import variables

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\$ gpd-soap (.*--help)\n([\s\S]*?)^```", README, re.MULTILINE)


@pytest.mark.parametrize(("command", "text"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_readme_shows_the_help_that_the_program_prints(command: str, text: str) -> None:
    """A reader sees what they will get."""
    printed = CliRunner().invoke(main, command.split(), prog_name="gpd-soap").output

    assert text.strip() == printed.strip()


def test_the_readme_shows_the_notices_that_the_demo_makes() -> None:
    """The table of the demo is the demo's own."""
    shown = re.findall(r"^  (3\d{17})  (.*?)  +(OK [0-9.]+|PAA_\w+)$", README, re.MULTILINE)

    assert shown == demo.describe()


def commands(group: click.Group, name: str = "gpd-soap") -> list[tuple[str, click.Command]]:
    """Every command, by how it is called."""
    found = []
    for each, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, f"{name} {each}")
        else:
            found.append((f"{name} {each}", command))
    return found


def test_every_command_is_explained_twice() -> None:
    """Once in its help, once in README."""
    for name, command in commands(main):
        group, _, last = name.rpartition(" ")
        grouped = re.search(rf"`{group} [a-z|]*\b{last}\b", README)

        assert command.help, name
        assert name in README or grouped, name


def test_every_variable_is_in_the_readme() -> None:
    """An operator finds each setting there, with its default."""
    for name, default, _ in variables():
        assert name in README
        assert default in README
