"""What the operator allows and provides for webhooks, from the settings."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import NamedTuple

from gpd_soap.features.webhooks.addresses import Rule
from gpd_soap.features.webhooks.client import Identities, Timeouts
from gpd_soap.features.webhooks.signing_key import SigningKey, read_key
from gpd_soap.settings import Settings, SettingsError


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
    """Returns the options of these settings.  Raises SettingsError for an unusable file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    certificates, authorities = settings.webhook_certificates, settings.webhook_authorities
    certificate, authority = "a certificate with its key, without a password", "certificates"
    return Options(
        settings.webhook_secret.encode(),
        Rule(settings.webhook_networks, settings.webhook_ports),
        Identities(
            _by_name("CERTIFICATES", certificates, lambda f: _load(context, f), certificate),
            _by_name("AUTHORITIES", authorities, context.load_verify_locations, authority),
        ),
        Timeouts(total=settings.webhook_seconds),
        read_key(settings.webhook_key),
    )


def _by_name(
    setting: str, files: Iterable[str], load: Callable[[str], None], content: str
) -> dict[str, str]:
    """Returns the files of a setting by their names, once each can be used.

    WHY: a wrong path would otherwise show at the first event, as a receiver that is down.
    """
    named = {name: file for name, _, file in (each.partition("=") for each in files)}
    for name, file in named.items():
        try:
            load(file)
        except ssl.SSLError:
            raise SettingsError(
                f"GPD_WEBHOOK_{setting}: the file of {name} needs {content} in PEM"
            ) from None
        except OSError as error:
            raise SettingsError(
                f"GPD_WEBHOOK_{setting}: cannot read the file of {name}: {error.strerror}"
            ) from None
    return named


def _load(context: ssl.SSLContext, file: str) -> None:
    """Reads a certificate and its key.  Raises SSLError for a key that needs a password."""
    context.load_cert_chain(file, password=_no_password)


def _no_password() -> str:
    # WHY: without it the library would read a password from the terminal.
    return ""
