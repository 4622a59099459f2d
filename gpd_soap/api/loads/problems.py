"""The problems of requests about loads."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

NO_LOAD = Problem(404, "Not found the load", "There is no load of this id.")
NOT_LOADABLE = Problem(
    400, "The file cannot be loaded", "The file is of another kind, or has no table: see errors."
)
RUNNING = Problem(
    409, "Another load is running", "One load of an organization runs at a time: try again later."
)
OTHER_STATE = Problem(
    409, "The load is in another state", "The state of the load forbids the request: read it again."
)
READING_CHANGED = Problem(
    409, "The reading has changed", "The file was tried by another reading: read the load again."
)
FILE_REMOVED = Problem(410, "The file is gone", "The bytes of the file are kept no more.")
NO_WORKBOOKS = Problem(
    501,
    "Not Implemented",
    "The operator of this installation has not installed the libraries for workbooks: send CSV.",
)
BUSY = Problem(
    503, "Service Unavailable", "Another file is being read: send this one again in a minute."
)
NO_FILE = Problem(
    415,
    "Unsupported Media Type",
    "Expected the bytes of a file as text/csv, of a workbook, or application/octet-stream.",
)
