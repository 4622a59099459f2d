"""Keeps the bytes of documents in a bucket of a service with the S3 API.

Nothing about the service is looked up: its address and the key come from the settings alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from gpd_soap.settings import Settings
from gpd_soap.usecases.document_refusals import StorageUnavailable

# LIMIT: seconds of one request, of connecting, and of all attempts: a caller waits meanwhile.  A
# removal makes two requests.
REQUEST, CONNECT, IN_ALL = timedelta(seconds=10), timedelta(seconds=3), timedelta(seconds=15)
#: LIMIT: 2 repetitions of a request that failed by the network or by the service.
RETRIES = 2
#: LIMIT: 0.1 to 0.2 s between two attempts.
PAUSE, LONGEST_PAUSE = timedelta(seconds=0.1), timedelta(seconds=0.2)

logger = logging.getLogger(__name__)


class Bucket:
    """Keeps each document in an object, `PREFIX/ORGANIZATION/2 digits/DIGEST.pdf`.

    What an object holds never changes: its name is the digest of its bytes.  Threads may share it.
    """

    storage = "bucket"

    def __init__(self, address: str, settings: Settings) -> None:
        """Keep the bucket of an address; a request is made at its first use."""
        named, endpoint = urlsplit(address), settings.documents_endpoint
        self._store = S3Store(
            named.netloc,
            prefix=named.path.strip("/") or None,
            endpoint=endpoint.rstrip("/"),
            region=settings.documents_region,
            access_key_id=settings.documents_key_id,
            secret_access_key=settings.documents_secret,
            virtual_hosted_style_request=False,
            client_options={
                "timeout": REQUEST,
                "connect_timeout": CONNECT,
                "allow_http": endpoint.startswith("http:"),
            },
            retry_config={
                "max_retries": RETRIES,
                # WHY: the library ends no attempt at this instant, but begins none after it.
                "retry_timeout": IN_ALL - REQUEST - LONGEST_PAUSE,
                "backoff": {"init_backoff": PAUSE, "max_backoff": LONGEST_PAUSE},
            },
        )

    def put(self, organization: str, digest: str, pdf: bytes) -> None:
        """Keep the bytes; the service has them durably when this returns."""
        with _as_refusals("kept"):
            self._store.put(_name(organization, digest), pdf)

    def get(self, organization: str, digest: str) -> bytes | None:
        """Return the bytes of the object, or None if there is none."""
        with _as_refusals("read"):
            try:
                return bytes(self._store.get(_name(organization, digest)).bytes())
            except (FileNotFoundError, NotFoundError):
                return None

    def remove(self, organization: str, digest: str) -> bool:
        """Remove the object of this digest; return whether it was there."""
        name = _name(organization, digest)
        with _as_refusals("removed"):
            try:
                self._store.head(name)
            except (FileNotFoundError, NotFoundError):
                return False
            self._store.delete(name)
        return True


@contextmanager
def _as_refusals(done: str) -> Iterator[None]:
    """Turn every failure of the service into StorageUnavailable."""
    try:
        yield
    except (BaseError, OSError) as error:
        # WHY: the library's text names the object, and may quote what the service answered.
        logger.warning("a document could not be %s: %s", done, type(error).__name__)
        raise StorageUnavailable from None


def _name(organization: str, digest: str) -> str:
    return f"{organization}/{digest[:2]}/{digest}.pdf"
