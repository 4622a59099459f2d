"""Answers to requests that no face can answer: invalid HTTP, and failures of ours."""

from __future__ import annotations

import logging
import ssl
from contextlib import suppress
from typing import Any

from gunicorn import util
from gunicorn.http import errors

logger = logging.getLogger("gpd_soap.server.worker")

#: The status of each kind of invalid HTTP; every other kind is answered 400.
STATUSES = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    errors.UnsupportedTransferCoding: (501, "Not Implemented"),
}


def refuse(client: Any, error: Exception) -> None:
    """Answer invalid HTTP with its status, and a failure with 500; log the kind alone."""
    # WHY: gunicorn logs the line that it could not parse, which may hold a key or a name.
    if isinstance(error, (errors.ParseException, ssl.SSLError)):
        logger.warning("a request was refused: %s", type(error).__name__)
        status, reason = STATUSES.get(type(error), (400, "Bad Request"))
    else:
        logger.error("a request failed", exc_info=error)
        status, reason = 500, "Internal Server Error"
    with suppress(OSError):
        util.write_error(client, status, reason, "")
