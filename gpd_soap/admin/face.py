"""The admin listener: whether we are alive and ready; positions come in by `gpd-soap load`."""

from __future__ import annotations

from collections.abc import Iterable

from gpd_soap.web import LIVE, READY, Environ, Ready, StartResponse, answer, health


class AdminFace:
    """Routes a request of the admin listener."""

    def __init__(self, ready: Ready) -> None:
        """Take who knows whether we are ready."""
        self._ready = ready

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO", "") in (LIVE, READY):
            return health(self._ready, environ, start_response)
        return answer(start_response, "404 Not Found")
