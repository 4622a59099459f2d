"""A server with the S3 API in a process of its own, and settings for its buckets."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator

from gpd_soap.settings import Settings
from tests.ports import free_port

SECRET = "invented-secret"  # noqa: S105  # opens nothing
#: LIMIT: seconds for the server to start on a busy machine.
START = 60


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def settings(endpoint: str, name: str) -> Settings:
    """Return settings that keep documents in a bucket of this server."""
    return Settings(
        documents=f"s3://{name}/archivio",
        documents_endpoint=endpoint,
        documents_key_id="k-1",
        documents_secret=SECRET,
    )


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Yield the address of the server, which ends afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as server:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def new_bucket(endpoint: str) -> Settings:
    """Make a bucket; return settings that keep documents there."""
    name = f"documenti-{uuid.uuid4().hex}"
    request = urllib.request.Request(f"{endpoint}/{name}", method="PUT")  # noqa: S310  # ours
    with urllib.request.urlopen(request, timeout=180) as answer:  # noqa: S310  # ours
        assert answer.status == 200
    return settings(endpoint, name)
