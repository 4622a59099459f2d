"""`gpd-soap help`: explanations that concern more than one command, and the help of a command."""

from __future__ import annotations

import click

from gpd_soap.cli.common import CommandGroup

#: The exit codes of each command, with their meaning.
EXIT_CODES = (
    ("every command, 0", "The command did its work."),
    (
        "every command, 1",
        "The command was refused, or failed. Standard error says why, and what to do.",
    ),
    ("every command, 2", "An argument is wrong, and nothing was done."),
    ("load, 1", "Some positions were refused; with --keep-going, the others are stored."),
    ("load, 2", "The file cannot be used, or the load stopped: run it again."),
    ("check, 1", "It has found errors, or with --strict warnings."),
    ("check, 2", "It could not run, or stopped before its end."),
    ("node, 1", "An answer is a refusal or missing, or the Node would reject it."),
    ("node, 2", "An argument or a file cannot be used, and nothing was sent."),
    ("health, 1", "Something that an answer needs is missing."),
    ("db check, 1", "The database cannot be reached, or does not have the tables of this version."),
)


class Help(CommandGroup):
    """Prints the help of a command, where the subject is the name of one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subject; print the help of a command instead, and end."""
        root = ctx.find_root().command
        named = root.get_command(ctx, args[0]) if isinstance(root, click.Group) else None
        if args[0] in self.commands or named is None:
            return super().resolve_command(ctx, args)
        with root.make_context(ctx.find_root().info_name, [*args, "--help"]) as of_command:
            root.invoke(of_command)
        return None, None, []


@click.group("help", cls=Help)
def help_() -> None:
    """Explain a command, or a subject that concerns more than one."""


@help_.command("exit-codes")
def exit_codes() -> None:
    """List the exit codes of the commands."""
    formatter = click.HelpFormatter(max_width=100)
    formatter.write_dl(EXIT_CODES)
    click.echo(formatter.getvalue(), nl=False)


@help_.command("settings")
def settings() -> None:
    """List every setting with its default.

    A setting is an environment variable, a credential of systemd or Docker, or a line of the TOML
    file that GPD_CONFIG names. A variable overrides a credential, a credential overrides the file,
    and the file overrides the default. `deploy/README.md` has the same list.
    """
    from gpd_soap.settings import variables

    formatter = click.HelpFormatter(max_width=100)
    formatter.write_dl(
        [(name, f"{text} [{default}]" if default else text) for name, default, text in variables()],
        col_max=30,
    )
    click.echo(formatter.getvalue(), nl=False)
