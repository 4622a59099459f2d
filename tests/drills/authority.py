"""A certificate authority of a drill, for its servers and for its clients."""

import ssl
from pathlib import Path

import requests
import trustme

SENDER = "forwarder.example"


class Authority:
    """Mutual TLS for the node face, with its files in a folder of its own."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        authority = trustme.CA()
        self._trust = str(home / "authority.pem")
        authority.cert_pem.write_to_path(self._trust)
        self._server = str(home / "server.pem")
        server = authority.issue_cert("127.0.0.1")
        server.private_key_and_cert_chain_pem.write_to_path(self._server)
        self._sender = str(home / "sender.pem")
        sender = authority.issue_cert(common_name=SENDER)
        sender.private_key_and_cert_chain_pem.write_to_path(self._sender)

    @property
    def variables(self) -> dict[str, str]:
        """The settings of a server with certificates of this authority."""
        return {
            "GPD_NODE_TLS_CERTIFICATE": self._server,
            "GPD_NODE_TLS_AUTHORITIES": self._trust,
            "GPD_NODE_CALLERS": SENDER,
        }

    def connect(self) -> requests.Session:
        """Return a session with a client's certificate."""
        session = requests.Session()
        # WHY: a bundle of certificates in the environment would replace ours.
        session.trust_env = False
        session.verify, session.cert = self._trust, self._sender
        return session

    def context(self) -> ssl.SSLContext:
        """Return a client's context for a plain socket."""
        context = ssl.create_default_context(cafile=self._trust)
        context.load_cert_chain(self._sender)
        return context
