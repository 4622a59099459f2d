"""A limit on how long a request may wait for a thread.

A request that is answered after its sender has given up delays all requests behind it for nothing.
Here a request whose turn comes too late is refused, which takes microseconds. So the requests that
are answered are answered in time, and the Node sends a refused receipt again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from gunicorn.http import errors

from gpd_soap.wsgi.http import LIVE, Environ, StartResponse, Wsgi, answer

#: LIMIT: seconds in the queue, half of the service level of 2 s (SANP "Livelli di servizio").
MAX_QUEUE_SECONDS = 1.0

logger = logging.getLogger("gpd_soap.server.worker")


class _Turn(threading.local):
    """How long the request that this thread answers had waited for the thread."""

    waited = 0.0


_turn = _Turn()


def note_wait(seconds: float) -> None:
    """Note how long the next request of this thread had waited for the thread."""
    _turn.waited = seconds


class _Body:
    """A request's body, whose reading raises OSError where gunicorn's parser refuses it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            content: bytes = self._stream.read(size)
        except errors.ParseException as error:
            raise OSError(type(error).__name__) from None
        return content


class QueueTimeout:
    """A face that answers 503 to requests that waited too long for a thread."""

    def __init__(self, face: Wsgi) -> None:
        """`face` answers the requests that came in time."""
        self._face = face

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or refuse it with 503 if it waited too long."""
        # WHY: a supervisor that got 503 from the liveness path would restart a busy process.
        if _turn.waited > MAX_QUEUE_SECONDS and environ.get("PATH_INFO") != LIVE:
            logger.warning("a request was refused: it waited %.1f s for a thread", _turn.waited)
            return answer(start_response, "503 Service Unavailable", retry_after=1)
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self._face(environ, start_response)
