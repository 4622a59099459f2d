"""What the operator allows and provides for webhooks, from the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gpd_soap.features.webhooks.addresses import Rule
from gpd_soap.features.webhooks.client import Identities, Timeouts
from gpd_soap.features.webhooks.signing_key import SigningKey, read_key
from gpd_soap.settings import Settings


class Options(NamedTuple):
    """The master secret, empty if there are no webhooks; addresses, TLS files and time-outs.

    `key` signs beside the secrets, if there is one.
    """

    master: bytes = b""
    rule: Rule = Rule()
    identities: Identities = Identities()
    timeouts: Timeouts = Timeouts()
    key: SigningKey | None = None


def options_of(settings: Settings) -> Options:
    """Returns the options of these settings.  Raises SettingsError for an unusable key."""
    return Options(
        settings.webhook_secret.encode(),
        Rule(settings.webhook_networks, settings.webhook_ports),
        Identities(_by_name(settings.webhook_certificates), _by_name(settings.webhook_authorities)),
        Timeouts(total=settings.webhook_seconds),
        read_key(settings.webhook_key),
    )


def _by_name(files: Iterable[str]) -> dict[str, str]:
    return {name: file for name, _, file in (each.partition("=") for each in files)}
