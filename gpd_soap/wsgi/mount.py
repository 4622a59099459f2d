"""The console beside the API on one listener: the path decides, and `/` leads people on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from gpd_soap.wsgi.http import READING, Environ, StartResponse, Wsgi, answer

CONSOLE = "/console"
#: LIMIT: seconds after which a page may be tried again.
RETRY_SECONDS = 1


class Mounted:
    """The console under its path, a bounded number of requests at once; the API for the rest."""

    def __init__(self, api: Wsgi, console: Wsgi, most: int) -> None:
        """Let `most` requests of the console run at once, so that the API has the other threads."""
        self._api, self._console = api, console
        self._free = threading.BoundedSemaphore(most)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the application to which the path belongs."""
        path = environ["PATH_INFO"]
        if path == "/" and environ["REQUEST_METHOD"] in READING:
            start_response("303 See Other", [("Location", CONSOLE + "/"), ("Content-Length", "0")])
            return [b""]
        if path != CONSOLE and not path.startswith(CONSOLE + "/"):
            return self._api(environ, start_response)
        # WHY: an asset is in memory, and a page needs several at the same instant.
        if path.startswith(CONSOLE + "/static/"):
            return self._console(environ, start_response)
        if not self._free.acquire(blocking=False):
            return answer(start_response, "503 Service Unavailable", retry_after=RETRY_SECONDS)
        try:
            return _Sent(self._console(environ, start_response), self._free.release)
        except BaseException:
            self._free.release()
            raise


class _Sent:
    """A body that calls a function once, when all of it is sent or its sending is given up."""

    def __init__(self, body: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._body, self._ended = body, ended
        self._has_ended = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        finally:
            self._end()

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._ended()


class Withheld:
    """What stands in the place of a console that may not be served: a text that says why."""

    def __init__(self, reason: str) -> None:
        """Say this reason."""
        self._text = f"The console is not served: {reason}\n".encode()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 503 with the reason."""
        return answer(start_response, "503 Service Unavailable", self._text)
