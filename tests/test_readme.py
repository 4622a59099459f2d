"""The README files show what the program prints and does."""

import io
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.settings import variables
from gpd_soap.usecases.loading import document
from gpd_soap.usecases.loading.check import Candidate, check_row
from gpd_soap.usecases.loading.row import Row
from tests import picture

ROOT = Path(__file__).parents[1]
FOLDERS = ("deploy", "gpd_soap", "tests")
FILES = [ROOT / "README.md", *sorted(p for f in FOLDERS for p in (ROOT / f).rglob("README*.md"))]
README_TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES
}
ALL_TEXT = "\n".join(README_TEXTS.values())
HELP = re.compile(r"^\$ gpd-soap (.*--help|help [\w-]+)\n([\s\S]*?)^```", re.MULTILINE)
SHOWN = HELP.findall(ALL_TEXT)

#: LIMIT: lines; a longer README answers more than one question.
LONGEST = {"README.md": 230, "gpd_soap/README.md": 170, "deploy/README.md": 260}

each_readme = pytest.mark.parametrize("name", README_TEXTS)


@pytest.mark.parametrize(("command", "text"), SHOWN, ids=[command for command, _ in SHOWN])
def test_help_in_a_readme_is_what_the_program_prints(command: str, text: str) -> None:
    """The help shown in a README is what the program prints."""
    printed = CliRunner().invoke(main, command.split(), prog_name="gpd-soap").output

    assert text.strip() == printed.strip()


def test_notices_in_the_readme_are_those_of_the_demo() -> None:
    """The README's table of notices is the one that the demo prints."""
    shown = re.findall(
        r"^  (3\d{17})  (.*?)  +(OK [0-9.]+|PAA_\w+)$", README_TEXTS["README.md"], re.MULTILINE
    )

    assert shown == demo.describe()


def test_document_in_the_readme_of_loading_can_be_loaded() -> None:
    """Its names are those that the loader reads."""
    text = README_TEXTS["gpd_soap/usecases/loading/README.md"]
    [shown] = re.findall(r"^```json\n([\s\S]*?)\n```", text, re.MULTILINE)
    parts = document.read(io.BytesIO(shown.encode()))
    [position] = document.positions(io.BytesIO(shown.encode()))
    checked = check_row(Row(0, position), None, lenient=False)

    assert parts.services[0].service_id == "00001"
    assert isinstance(checked.value, Candidate)
    assert checked.warnings == ()


def commands(group: click.Group, name: str = "gpd-soap") -> list[tuple[str, click.Command]]:
    """Return every command with the words that call it."""
    named = []
    for each, command in group.commands.items():
        if isinstance(command, click.Group):
            named += commands(command, f"{name} {each}")
        else:
            named.append((f"{name} {each}", command))
    return named


def test_command_has_a_help_text_and_is_in_a_readme() -> None:
    """A reader of the help or of the READMEs finds each command."""
    for name, command in commands(main):
        group, _, last = name.rpartition(" ")
        grouped = re.search(rf"`{group} [a-z\\|]*\b{last}\b", ALL_TEXT)

        assert command.help, name
        assert name in ALL_TEXT or grouped, name


def test_settings_in_the_readme_are_those_of_the_program() -> None:
    """An operator finds each setting there, with its default and its meaning."""
    rows = re.findall(
        r"^\| `(GPD_\w+)` \| (.*?) \| (.*?) \|$", README_TEXTS["deploy/README.md"], re.MULTILINE
    )

    assert rows == [(name, f"`{d}`" if d else "", text) for name, d, text in variables()]


def test_picture_in_the_readme_is_drawn_from_the_imports() -> None:
    """The arrows are those of the code, as `python -m tests.picture` prints them."""
    [drawn] = re.findall(
        r"^```mermaid\n([\s\S]*?)\n```", README_TEXTS["gpd_soap/README.md"], re.MULTILINE
    )

    assert drawn == picture.mermaid(picture.imports())


@each_readme
def test_link_in_a_readme_leads_to_a_file(name: str) -> None:
    """Each relative link of a README names a file that exists."""
    folder = (ROOT / name).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README_TEXTS[name])

    assert [link for link in links if not (folder / link).exists()] == []


@each_readme
def test_path_in_a_readme_is_one_of_the_repository(name: str) -> None:
    """A path in code style, such as `tests/core`, exists from the root or from the README."""
    starts = (ROOT, (ROOT / name).parent, ROOT / "gpd_soap")
    paths = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", README_TEXTS[name])
    ours = [p for p in paths if any((start / p.partition("/")[0]).exists() for start in starts)]

    assert [p for p in ours if not any((start / p).exists() for start in starts)] == []


@each_readme
def test_module_in_a_readme_can_be_run(name: str) -> None:
    """`python -m tests.bench` and the like name a module that exists."""
    modules = re.findall(r"python -m ((?:tests|gpd_soap)[\w.]*)", README_TEXTS[name])
    paths = [ROOT / module.replace(".", "/") for module in modules]

    assert [p for p in paths if not (p.with_suffix(".py").exists() or p.is_dir())] == []


@each_readme
def test_readme_is_within_its_length(name: str) -> None:
    """A README has no more lines than its limit."""
    assert len(README_TEXTS[name].splitlines()) <= LONGEST.get(name, 200)
