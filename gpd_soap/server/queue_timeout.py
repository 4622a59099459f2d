"""An end to how long a request may wait for a thread.

A request that waits for a thread until its sender has given up costs all those behind it the same
wait.  Here it is refused when its turn comes too late, which takes microseconds, so that what is
answered is answered in time; the Node sends a refused receipt again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from gunicorn.http import errors

from gpd_soap.wsgi.http import LIVE, Environ, StartResponse, Wsgi, answer

#: LIMIT: the service level is 2 s (spec/pagopa-ec.md 6); half of it may pass before work begins.
PATIENCE_SECONDS = 1.0

log = logging.getLogger("gpd_soap.server.worker")


class _Turn(threading.local):
    """How long the request that this thread has in hand had waited for it."""

    waited = 0.0


_turn = _Turn()


def note_wait(seconds: float) -> None:
    """Note how long the request had waited that this thread takes in hand now."""
    _turn.waited = seconds


class _Body:
    """A body that cannot be read is an OSError to the faces, whatever gunicorn calls it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            content: bytes = self._stream.read(size)
        except errors.ParseException as error:
            raise OSError(type(error).__name__) from None
        return content


class InTime:
    """A face that refuses what waited too long for a thread."""

    def __init__(self, face: Wsgi) -> None:
        """Take the face that answers the others."""
        self._face = face

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, if its turn came in time."""
        # WHY: whoever asks whether the process lives would else restart it for being busy.
        if _turn.waited > PATIENCE_SECONDS and environ.get("PATH_INFO") != LIVE:
            log.warning("refused: waited %.1f s for a thread", _turn.waited)
            return answer(start_response, "503 Service Unavailable", retry_after=1)
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self._face(environ, start_response)
