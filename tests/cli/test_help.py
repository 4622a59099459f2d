"""The help of a group says what each of its commands does."""

from collections.abc import Iterator

import click
from click.testing import CliRunner

from gpd_soap.cli.main import main


def groups(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Group]]:
    """Yield every group with the words that call it."""
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from groups(command, *path, name)


def test_help_of_a_group_has_the_whole_first_sentence_of_each_command():
    """A sentence that is longer than the line goes on in the next one."""
    every = dict(groups(main))
    for path, group in every.items():
        shown = " ".join(CliRunner().invoke(main, [*path, "--help"]).output.split())
        for name, command in group.commands.items():
            sentence, _, _ = f"{command.help}\n\n".partition("\n\n")
            first = " ".join(sentence.split()).split(". ")[0]

            assert f" {name} {first}" in shown, (path, name)

    assert len(every) > 10
