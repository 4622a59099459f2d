"""`gpd-soap help`: explanations that concern more than one command."""

from __future__ import annotations

import click


@click.group("help")
def help_() -> None:
    """Explain subjects that concern more than one command."""


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
