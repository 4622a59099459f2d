"""Findings on the settings that decide who can reach the faces."""

from __future__ import annotations

from collections.abc import Iterator

from gpd_soap.features.check.finding import Finding, error, warning
from gpd_soap.settings import Settings
from gpd_soap.wsgi.exposure import exposures


def of_settings(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each open face, and for settings that proxies and TLS need."""
    for each in exposures(settings):
        rule = f"{each.face}-open"
        if each.allowed:
            yield warning("settings", rule, f"protect the {each.face} face: {each.risk}")
        else:
            yield error("settings", rule, f"`serve` will not start: {each.remedy}")
    if (settings.node_tls_certificate or settings.node_proxies) and not settings.node_callers:
        what = "name the callers in GPD_NODE_CALLERS: any certificate of the authority is accepted"
        yield warning("settings", "node-callers", what)
    if settings.node_proxies and not settings.public_url:
        what = "set GPD_PUBLIC_URL: ?wsdl gives callers an address behind the proxies"
        yield warning("settings", "public-url", what)
    if settings.console_url.startswith("https://") and not settings.admin_proxies:
        what = (
            "name the proxy of the admin face in GPD_ADMIN_PROXIES: without it, a stranger's wrong"
            " passwords make everybody behind it wait"
        )
        yield warning("settings", "admin-proxies", what)
