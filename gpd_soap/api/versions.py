"""Paths that begin with a version, as GPD's clients write them after one base URL."""

from __future__ import annotations

import re

from werkzeug.routing import Map

from gpd_soap.wsgi.http import Environ

#: SPEC: GPD: the first version, and the second, which differs in the operations on many positions.
_VERSIONED = re.compile(r"/v[12](?P<path>/(?:organizations|payments)/.*|/info)", re.DOTALL)


def use_first_version(environ: Environ, routes: Map) -> None:
    """Removes the version from the path of a request, unless a route has the path as it is."""
    match = _VERSIONED.fullmatch(environ["PATH_INFO"])
    if match is not None and not routes.bind_to_environ(environ).test():
        environ["PATH_INFO"] = match["path"]
