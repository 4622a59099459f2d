"""The TLS contexts of the listeners, made in the master from the files of certificates."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Container
from datetime import datetime
from pathlib import Path

from gpd_soap.server.processes import name_of_bind
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi import revocation
from gpd_soap.wsgi.client_certificates import tls

logger = logging.getLogger(__name__)


def secured(settings: Settings, binds: Container[str], now: datetime) -> dict[str, ssl.SSLContext]:
    """The TLS context of each listener in `binds` that has one.

    Raises SettingsError if a file cannot be used.
    """
    if not settings.node_tls_certificate or settings.node_bind not in binds:
        return {}
    lists = _revocation_lists(settings.node_tls_crl)
    try:
        context = tls(
            settings.node_tls_certificate,
            settings.node_tls_key,
            settings.node_tls_authorities,
            settings.node_tls_crl,
        )
    except OSError as error:
        for name in ("node_tls_certificate", "node_tls_key", "node_tls_authorities"):
            path = getattr(settings, name)
            if path and not os.access(path, os.R_OK):
                missing = "the file does not exist, or this user may not read it"
                raise SettingsError(f"GPD_{name.upper()}: {missing}") from None
        raise SettingsError(f"GPD_NODE_TLS_*: the files cannot be used: {error.strerror}") from None
    if lists:
        _check(lists, context, now)
    return {name_of_bind(settings.node_bind): context}


def _revocation_lists(file: str) -> list[revocation.RevocationList]:
    if not file:
        return []
    try:
        return revocation.read(Path(file).read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise SettingsError(f"GPD_NODE_TLS_CRL: cannot read the file: {error.strerror}") from None
    except revocation.UnusableList as error:
        raise SettingsError(f"GPD_NODE_TLS_CRL: {error}") from None


def _check(lists: list[revocation.RevocationList], context: ssl.SSLContext, now: datetime) -> None:
    try:
        authorities = map(revocation.subject, context.get_ca_certs(binary_form=True))
        without = revocation.check(lists, authorities, now)
    except revocation.UnusableList as error:
        raise SettingsError(f"GPD_NODE_TLS_CRL: {error}") from None
    for name in without:
        logger.warning(
            "GPD_NODE_TLS_CRL has no list of %s: every caller with a certificate that it has signed"
            " itself is refused",
            name,
        )
