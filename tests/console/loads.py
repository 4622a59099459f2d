"""Loads of files in a console, and a worker that does their jobs."""

import io
import re
from collections.abc import Iterable
from typing import BinaryIO

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gpd_soap.features.documents.archive.job import batch_kind
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads.work import kinds
from tests.console.harness import ORGANIZATION, Console
from tests.usecases.loads.files import line

LOADS = f"/console/{ORGANIZATION}/loads"
DUE = {"scadenza": "30/04/2027"}
BAD = [
    line(3, **{**DUE, "codice_fiscale": "0123456789"}),
    line(4, scadenza="31/01/2026"),
    line(5, **{**DUE, "importo": "1.284"}),
]
GOOD = [line(1, **DUE), line(2, **DUE)]


def work(console: Console) -> int:
    """Do the jobs of loads that are due."""
    return Worker(console.store, kinds(), lambda: console.now, lambda: 0.5).once()


def print_batches(console: Console) -> int:
    """Do the jobs that print notices."""
    printing = [batch_kind(console.parts.settings)]
    return Worker(console.store, printing, lambda: console.now, lambda: 0.5).once()


def send(client: FlaskClient, file: BinaryIO, name: str = "tari-2026.csv") -> TestResponse:
    """Send a file as the form does.

    WHY: Werkzeug's test client leaves the file open in which it puts a large body.
    """
    part = f'Content-Disposition: form-data; name="file"; filename="{name}"'.encode()
    body = b"--part\r\n" + part + b"\r\n\r\n" + file.read() + b"\r\n--part--\r\n"
    return client.post(LOADS, data=body, content_type="multipart/form-data; boundary=part")


def tried(console: Console, client: FlaskClient, file: BinaryIO, name: str = "tari.csv") -> str:
    """Send a file, let it be tried, and return the address of its load."""
    response = send(client, file, name)
    assert response.status_code == 303, response.text
    work(console)
    return response.location


def reading_in(page: str) -> str:
    """Return the digest that the form for loading carries."""
    return page.partition('name="reading" value="')[2].partition('"')[0]


def bytes_of(lines: Iterable[str]) -> BinaryIO:
    """Return lines as a file."""
    return io.BytesIO("\r\n".join(lines).encode())


def text_of(page: str) -> str:
    """Return the words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ").split())
