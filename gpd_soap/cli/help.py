"""`gpd-soap help`: what concerns more than one command."""

from __future__ import annotations

import click


@click.group("help")
def help_() -> None:
    """Explain what concerns more than one command."""


@help_.command("settings")
def settings() -> None:
    """List every setting with its default: a variable, or a line of the file of GPD_CONFIG.

    A variable is stronger than a credential (systemd, Docker), a credential than the file, and
    the file than the default.  `deploy/README.md` has the same list.
    """
    from gpd_soap.settings import variables

    formatter = click.HelpFormatter(max_width=100)
    formatter.write_dl(
        [(name, f"{text} [{default}]" if default else text) for name, default, text in variables()],
        col_max=30,
    )
    click.echo(formatter.getvalue(), nl=False)
