"""The problems of requests about documents and batches of notices."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

NO_DOCUMENT = Problem(404, "Not found the document", "The archive has no document of this id.")
NO_BATCH = Problem(404, "Not found the batch", "There is no batch of notices of this id.")
NOTHING_LOADED = Problem(
    404, "Not found the load", "No load has stored a position of the organization."
)
BATCH_NOT_ENDED = Problem(
    409, "The batch has not ended", "Notices of the batch still wait: ask again later."
)
BATCH_ENDED = Problem(409, "The batch has ended", "No notice of the batch waits.")
BATCH_RUNS = Problem(409, "The batch is running", "A job prints the batch, or waits to.")
#: The detail is the reason in Italian, for the person who asks for the notice.
NOT_PRINTABLE = Problem(409, "The notice cannot be printed", "{}")
NOT_INSTALLED = Problem(
    501,
    "Not Implemented",
    "The operator of this installation has not installed the libraries for documents.",
)
NO_STORAGE = Problem(503, "Service Unavailable", "The documents cannot be kept or read now.")
