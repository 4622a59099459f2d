"""Client certificates on the node face: which callers may send requests.

gunicorn reads the certificate itself, or a proxy in front reads it and forwards its subject.  A
forwarded subject is accepted from the addresses of our proxies alone, and over a Unix socket from
whoever may open it.

WHY: authority and name are checked instead of the certificate itself.  So a certificate can be
renewed, and two can be valid at once, without a change of settings.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from gpd_soap.wsgi.http import LIVE, READY, Environ, StartResponse, Wsgi, answer
from gpd_soap.wsgi.refused_callers import Reason, RefusedCallers

Network = IPv4Network | IPv6Network

#: The headers of the proxy in WSGI: nginx's $ssl_client_verify and $ssl_client_s_dn.
VERIFIED, SUBJECT = "HTTP_X_SSL_CLIENT_VERIFY", "HTTP_X_SSL_CLIENT_S_DN"
#: The key of the caller's name in the environ, for the record of the exchange.
CALLER = "REMOTE_USER"

_ATTRIBUTE = re.compile(r"\s*([A-Za-z0-9.]+)=((?:[^,+\\]|\\.)*)(?:[,+]|$)", re.DOTALL | re.ASCII)


class TrustedCallers:
    """Wraps the node face and refuses callers without an accepted certificate."""

    def __init__(
        self,
        face: Wsgi,
        names: Sequence[str],
        proxies: Sequence[Network],
        refused: RefusedCallers,
        *,
        on_socket: bool = False,
    ) -> None:
        """`names` are the accepted common names; if empty, every name is accepted.

        Without `proxies` the certificate is the connection's own.  `refused` counts the others.
        With `on_socket` the face listens on a Unix socket, whose callers have no address.
        """
        self._face, self._names, self._proxies = face, frozenset(names), tuple(proxies)
        self._refused, self._on_socket = refused, on_socket

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on a trusted caller's request, and any health check; answer 403 to others."""
        if environ.get("PATH_INFO") not in (LIVE, READY):
            reason, name = self._judged(environ)
            if reason is not None:
                self._refused.refuse(reason, name)
                return answer(start_response, "403 Forbidden")
            environ[CALLER] = name
        return self._face(environ, start_response)

    def _judged(self, environ: Environ) -> tuple[Reason | None, str]:
        """Return the caller's name; for a refusal the reason, and the name or address, if any."""
        if not self._proxies:
            name = _own(environ)
        elif not self._is_proxy(address := environ.get("REMOTE_ADDR", "")):
            return Reason.PROXY, address
        elif environ.get(VERIFIED) != "SUCCESS":
            return Reason.UNVERIFIED, ""
        else:
            name = common_name(environ.get(SUBJECT, ""))
        if name is None or (self._names and name not in self._names):
            return Reason.NAME, name or ""
        return None, name

    def _is_proxy(self, address: str) -> bool:
        return not address if self._on_socket else _is_in(address, self._proxies)


def tls(certificate: str, key: str, authorities: str, revoked: str = "") -> ssl.SSLContext:
    """Return the TLS context of a listener: at least TLS 1.2, with a certificate of the client.

    With a file of revocation lists in `revoked`, the client's own certificate is looked up there.

    Raises OSError or ssl.SSLError if a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key or None)
    context.load_verify_locations(authorities)
    if revoked:
        context.load_verify_locations(revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def common_name(subject: str) -> str | None:
    r"""Return the CN of a subject in RFC 2253's form, or None unless it has exactly one.

    >>> common_name(r"CN=forwarder.example,O=A\, CN=other,C=IT")
    'forwarder.example'
    """
    names, position = [], 0
    while position < len(subject):
        attribute = _ATTRIBUTE.match(subject, position)
        if attribute is None:
            return None
        if attribute[1].upper() == "CN":
            names.append(attribute[2])
        position = attribute.end()
    return names[0] if len(names) == 1 else None


def _own(environ: Environ) -> str | None:
    """Return the CN of the connection's own certificate, or None unless it has exactly one."""
    connection: Any = environ["gunicorn.socket"]
    subject = connection.getpeercert()["subject"]
    names = [value for part in subject for kind, value in part if kind == "commonName"]
    return names[0] if len(names) == 1 else None


def _is_in(address: str, networks: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
