"""Who may ask the node face: whom the certificate names that the Node's forwarder presents.

The certificate is seen by gunicorn itself, or by a proxy in front, which forwards what it saw; what
is forwarded is believed from the proxies' own addresses alone.  Trust is by authority and name, so
that a certificate may be renewed, and two be good at once, without a word to us.
Source: DESIGN 1; spec/pagopa-ec.md 7.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from gpd_soap.wsgi.http import LIVE, READY, Environ, StartResponse, Wsgi, answer

Network = IPv4Network | IPv6Network

#: What the proxy forwards, as WSGI names it: nginx's $ssl_client_verify and $ssl_client_s_dn.
VERIFIED, SUBJECT = "HTTP_X_SSL_CLIENT_VERIFY", "HTTP_X_SSL_CLIENT_S_DN"
#: Where the name is left for whoever tells of the exchange.
CALLER = "REMOTE_USER"

_ATTRIBUTE = re.compile(r"\s*([A-Za-z0-9.]+)=((?:[^,+\\]|\\.)*)(?:[,+]|$)", re.DOTALL)


class Trusted:
    """The node face behind the question who is asking."""

    def __init__(self, face: Wsgi, names: Sequence[str], proxies: Sequence[Network]) -> None:
        """`names` are the certificates' that may ask, all of them where there are none.

        Without `proxies` the certificate is the connection's own.
        """
        self._face, self._names, self._proxies = face, frozenset(names), tuple(proxies)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on what a trusted caller asks; whether we live is anyone's to ask."""
        if environ.get("PATH_INFO") not in (LIVE, READY):
            name = self._forwarded(environ) if self._proxies else _own(environ)
            if name is None or (self._names and name not in self._names):
                return answer(start_response, "403 Forbidden")
            environ[CALLER] = name
        return self._face(environ, start_response)

    def _forwarded(self, environ: Environ) -> str | None:
        """The name that a proxy saw, if it is one of our proxies and what it saw was good."""
        if not _is_in(environ.get("REMOTE_ADDR", ""), self._proxies):
            return None
        if environ.get(VERIFIED) != "SUCCESS":
            return None
        return common_name(environ.get(SUBJECT, ""))


def tls(certificate: str, key: str, authorities: str) -> ssl.SSLContext:
    """How connections are secured: TLS 1.2 at least, and a certificate of whoever connects.

    OSError or ssl.SSLError for files that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key or None)
    context.load_verify_locations(authorities)
    return context


def common_name(subject: str) -> str | None:
    r"""The one CN of a subject in RFC 2253's form; None where there is none, or more than one.

    >>> common_name(r"CN=forwarder.example,O=A\, CN=other,C=IT")
    'forwarder.example'
    """
    names, place = [], 0
    while place < len(subject):
        found = _ATTRIBUTE.match(subject, place)
        if found is None:
            return None
        if found[1].upper() == "CN":
            names.append(found[2])
        place = found.end()
    return names[0] if len(names) == 1 else None


def _own(environ: Environ) -> str | None:
    """The name on the certificate of the connection itself."""
    connection: Any = environ["gunicorn.socket"]
    subject = connection.getpeercert()["subject"]
    names = [value for part in subject for kind, value in part if kind == "commonName"]
    return names[0] if len(names) == 1 else None


def _is_in(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
