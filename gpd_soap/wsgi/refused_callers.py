"""Callers that are refused before their message is read: each is counted, and some are logged.

A line names the machine by its certificate's common name or by its address, and no person. The Node
whose certificate was replaced looks like a stranger, so that an operator must see the refusals.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from enum import StrEnum

#: LIMIT: lines in a time in seconds for each process, because strangers may call at any rate.
LINES, LINES_SECONDS = 10, 60.0
#: SPEC: X.520: characters of a common name.
NAME_LENGTH = 64

logger = logging.getLogger("gpd_soap.callers")


class Reason(StrEnum):
    """Why a caller is refused; a label of the metric."""

    NAME = "name"  # a valid certificate of another name, or without exactly one name
    PROXY = "proxy"  # an address that is none of our proxies
    UNVERIFIED = "unverified"  # a proxy did not verify the caller's certificate
    CERTIFICATE = "certificate"  # it has ended, is revoked, or is of another authority
    NO_CERTIFICATE = "no certificate"
    HANDSHAKE = "handshake"  # no TLS, another version, or a client that does not trust us


TEXTS = {
    Reason.NAME: "its certificate has another name than GPD_NODE_CALLERS",
    Reason.PROXY: "its address is not in GPD_NODE_PROXIES",
    Reason.UNVERIFIED: "the proxy did not verify its certificate",
    Reason.CERTIFICATE: "its certificate is not valid",
    Reason.NO_CERTIFICATE: "it has no certificate",
    Reason.HANDSHAKE: "the TLS handshake failed",
}


class RefusedCallers:
    """Counts every refusal, and logs so many of them that a flood fills no disk."""

    def __init__(
        self,
        count: Callable[[str], object] = lambda _reason: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`count` gets the reason of each refusal; `now` returns seconds."""
        self._count, self._now = count, now
        self._lock = threading.Lock()
        self._begun, self._lines, self._unlogged = 0.0, 0, 0

    def refuse(self, reason: Reason, detail: str = "") -> None:
        """Count a refusal; `detail` is a name, an address or OpenSSL's word for the failure."""
        self._count(reason.value)
        unlogged = self._take_line()
        if unlogged is not None:
            fields = {"reason": reason.value, "detail": detail[:NAME_LENGTH]}
            if unlogged:
                fields["refused_without_a_line"] = str(unlogged)
            logger.warning("a caller is refused: %s", TEXTS[reason], extra={"fields": fields})

    def refuse_handshake(self, error: ssl.SSLError) -> None:
        """Count a handshake that failed with this error."""
        if isinstance(error, ssl.SSLCertVerificationError):
            self.refuse(Reason.CERTIFICATE, error.verify_message)
        elif error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
            self.refuse(Reason.NO_CERTIFICATE)
        else:
            self.refuse(Reason.HANDSHAKE, (error.reason or "").replace("_", " ").lower())

    def _take_line(self) -> int | None:
        """Return how many refusals have had no line since the last one; None if this has none."""
        with self._lock:
            now = self._now()
            if now - self._begun >= LINES_SECONDS:
                self._begun, self._lines = now, 0
            if self._lines >= LINES:
                self._unlogged += 1
                return None
            self._lines += 1
            unlogged, self._unlogged = self._unlogged, 0
            return unlogged
