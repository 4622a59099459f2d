"""Requests that two programs could read in two ways; none of them reaches a face.

A proxy may allow a path and compare it in another form than the face does. So a path has one form:
no empty segment, no `.` or `..`, no encoded slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi, answer

#: SPEC: RFC 9112, section 3.2, and RFC 3986, section 3.2: a host and perhaps a port.
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_AMBIGUOUS = re.compile(r"//|/(?:\.|%2e){1,2}(?:/|\Z)|%2f|%5c|\\", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)


class Unambiguous:
    """Passes on the requests that everybody reads alike; answers 400 or 404 to the others."""

    def __init__(self, face: Wsgi) -> None:
        """`face` answers the requests that pass."""
        self._face = face

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not has_valid_host(environ):
            return answer(start_response, "400 Bad Request")
        if _AMBIGUOUS.search(path_as_sent(environ["RAW_URI"])):
            return answer(start_response, "404 Not Found")
        return self._face(environ, start_response)


def has_valid_host(environ: Environ) -> bool:
    """Return whether the request names its host as HTTP requires; HTTP/1.0 may leave it out."""
    host = environ.get("HTTP_HOST")
    if host is None:
        return bool(environ["SERVER_PROTOCOL"] == "HTTP/1.0")
    return _HOST.fullmatch(host) is not None


def path_as_sent(target: str) -> str:
    """Return the path of a request's target, with its percent signs.

    >>> path_as_sent("/a%2Fb?c=//"), path_as_sent("http://ec.example//a")
    ('/a%2Fb', '//a')
    """
    path = target.partition("?")[0]
    return _ABSOLUTE.sub("", path, count=1) if not path.startswith("/") else path
