"""`gpd-soap operator check-provider`: whether the OpenID provider of the settings can be used."""

from __future__ import annotations

import click

from gpd_soap.cli.texts.output import print_line


@click.command("check-provider")
def check_provider() -> None:
    """Read what the OpenID provider publishes, and print what to register there.

    Nobody signs in. It fails if the provider does not answer as the console needs.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.features.oidc.fetch import Fetch, Unavailable
    from gpd_soap.features.oidc.options import SIGNED_OUT, options_of
    from gpd_soap.features.oidc.provider import Provider
    from gpd_soap.settings import Settings

    options = options_of(Settings.load())
    provider = Provider(options, Fetch(options.authorities))
    try:
        published, keys = provider.published(utc_now()), provider.keys(utc_now())
    except Unavailable as error:
        raise click.ClickException(f"{options.issuer}: {error}") from None
    print_line(f"issuer: {options.issuer}")
    print_line(f"signs in at: {published.authorization}")
    print_line(f"signs out at: {published.end_session or 'no address'}")
    click.echo(f"keys: {len(keys['keys'])}")
    print_line(f"register to sign in: {options.redirect_uri}")
    print_line(f"register to sign out: {options.console_url}{SIGNED_OUT}")
