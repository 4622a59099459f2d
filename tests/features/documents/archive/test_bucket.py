"""Bytes of documents in a bucket, against a server with the S3 API in a process of its own."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gpd_soap.api.app import Features, admin_app
from gpd_soap.api.documents.printers import open_as_set
from gpd_soap.features.documents.archive import bucket as module
from gpd_soap.features.documents.archive import inputs
from gpd_soap.features.documents.archive.archive import DocumentDamaged
from gpd_soap.features.documents.archive.bucket import Bucket
from gpd_soap.features.documents.archive.contents import Contents, Folder
from gpd_soap.features.documents.archive.move import Moved, Mover
from gpd_soap.features.documents.archive.verify import Damage, documents
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.store import tables
from gpd_soap.usecases.document_refusals import StorageUnavailable
from tests.api.office import ORGANIZATION, SILENT, BackOffice, Face
from tests.features.documents.archive.buckets import SECRET, settings
from tests.features.documents.archive.harness import Harness
from tests.ports import free_port
from tests.validation.bodies import body, nav, option

#: LIMIT: what a busy machine adds to the time of a call.
MARGIN = timedelta(seconds=0.7)


def bucket_of(of: Settings) -> Bucket:
    """Return the bucket of some settings."""
    return Bucket(of.documents, of)


def test_bytes_in_a_bucket_are_read_verified_and_found_altered(harness: Harness, bucket: Settings):
    """The row has none; a document of before the setting is still read from its row."""
    first = harness.print()
    harness.office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    printer = harness.open(settings=bucket)
    second = harness.print(2, printer)
    digest, contents = inputs.digest_of(second.pdf), bucket_of(bucket)

    assert contents.get(ORGANIZATION, digest) == second.pdf
    assert {row["content"] for row in harness.rows(tables.document)} == {None, first.pdf}
    assert harness.print(2, harness.open(settings=bucket)).pdf == second.pdf
    assert harness.print(1, printer).pdf == first.pdf
    assert harness.damages(printer) == set()

    contents.put(ORGANIZATION, digest, second.pdf[:-1] + b"x")
    assert Damage.BYTES in harness.damages(printer)
    with pytest.raises(DocumentDamaged):
        printer.archive.read(ORGANIZATION, second.document or "")
    assert contents.remove(ORGANIZATION, digest)
    assert not contents.remove(ORGANIZATION, digest)
    assert harness.damages(printer) == {Damage.LOST}


class Failing(BaseHTTPRequestHandler):
    """A service that answers every request with a failure of its own."""

    def do_PUT(self) -> None:  # the name that the class calls
        """Answer 503."""
        self.send_error(503)

    do_GET = do_HEAD = do_DELETE = do_PUT  # noqa: N815  # the names that the class calls

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def failing() -> Iterator[str]:
    """Yield the address of a service that fails."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Slow(Failing):
    """A service that fails late."""

    def do_PUT(self) -> None:  # the name that the class calls
        """Wait as long as the test says, and answer 503."""
        assert isinstance(self.server, SlowServer)
        time.sleep(self.server.seconds)
        with contextlib.suppress(OSError):
            self.send_error(503)

    do_GET = do_HEAD = do_DELETE = do_PUT  # noqa: N815  # the names that the class calls


class SlowServer(ThreadingHTTPServer):
    """A server whose answers take so many seconds; nobody waits for them at its end."""

    daemon_threads, block_on_close = True, False
    seconds = 0.0


@pytest.mark.parametrize("seconds", [0.1, 0.45, 0.9, 5])
def test_bucket_that_is_slow_keeps_nobody_longer_than_all_attempts_may_take(
    seconds: float, monkeypatch: pytest.MonkeyPatch
):
    """Whether it fails before the end of an attempt, or each attempt ends without an answer."""
    in_all = timedelta(seconds=2.2)
    monkeypatch.setattr(module, "REQUEST", timedelta(seconds=1.5))
    monkeypatch.setattr(module, "IN_ALL", in_all)
    with SlowServer(("127.0.0.1", 0), Slow) as server:
        server.seconds = seconds
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slow = bucket_of(settings(f"http://127.0.0.1:{server.server_port}", "nessuno"))
        for call in (partial(slow.put, pdf=b"x"), slow.get):
            before = time.monotonic()
            with pytest.raises(StorageUnavailable):
                call(ORGANIZATION, "ab")
            assert time.monotonic() - before < (in_all + MARGIN).total_seconds()
        server.shutdown()


@pytest.mark.parametrize("kind", ["nothing listens", "it fails", "no such bucket"])
def test_bucket_that_fails_releases_nothing(
    quick: Harness, kind: str, failing: str, endpoint: str, caplog: pytest.LogCaptureFixture
):
    """There is no row and no event, and the log has no name and no secret."""
    addresses = {"nothing listens": f"http://127.0.0.1:{free_port()}", "it fails": failing}
    printer = quick.open(settings=settings(addresses.get(kind, endpoint), "nessuno"))
    with pytest.raises(StorageUnavailable):
        quick.print(printer=printer)

    assert quick.rows(tables.document) == []
    assert list(quick.events()) == []
    assert SECRET not in caplog.text
    assert "could not be kept" in caplog.text


def test_bucket_that_fails_is_503_over_the_api(quick: Harness, bucket: Settings):
    """The same request succeeds once the bucket serves again."""
    gone = settings(f"http://127.0.0.1:{free_port()}", "nessuno")
    path = f"/organizations/{ORGANIZATION}/notices/{nav(1)}.pdf"
    answers = []
    for each in (gone, bucket, gone):
        face = Face(quick.store)
        face.app = admin_app(
            quick.store, quick.office.clock, face.cases, SILENT,
            features=Features(open_printer=open_as_set(each)),
        )  # fmt: skip
        office = BackOffice(quick.store, quick.office.clock, quick.office.writer, face)
        answers.append(office.get(path))

    refused, printed, unread = answers
    for each_answer in (refused, unread):
        assert (each_answer.status, each_answer.title) == (503, "Service Unavailable")
        assert each_answer.headers["Retry-After"] == "5"
    assert printed.status == 200


def test_documents_move_between_database_folder_and_bucket(
    harness: Harness, bucket: Settings, tmp_path: Path
):
    """Each stays whole in the storage that its row names, and leaves the old one after that."""
    one = harness.print()
    folder, in_bucket = Folder(tmp_path), bucket_of(bucket)
    printers = {"folder": harness.open(tmp_path), "bucket": harness.open(settings=bucket)}
    way: list[tuple[Contents | None, Contents | None, str]] = [
        (None, folder, "folder"),
        (folder, in_bucket, "bucket"),
        (in_bucket, None, "database"),
    ]
    digest = inputs.digest_of(one.pdf)
    for source, target, name in way:
        [document] = documents(harness.store, ORGANIZATION)
        mover = Mover(harness.store, source, target)
        assert mover.move(document) is Moved.MOVED
        [moved] = documents(harness.store, ORGANIZATION)
        assert moved.storage == name
        assert mover.move(moved) is Moved.THERE
        assert harness.damages(printers.get(name)) == set()
        if source is not None:
            assert source.get(ORGANIZATION, digest) is None
    [row] = harness.rows(tables.document)
    assert row["content"] == one.pdf
    assert harness.print().pdf == one.pdf


def test_move_that_stops_anywhere_goes_on(harness: Harness, bucket: Settings, tmp_path: Path):
    """A document that is damaged, or in a storage that was not named, stays where it is."""
    harness.open(tmp_path)
    harness.print(printer=harness.open(tmp_path))
    in_bucket, folder = bucket_of(bucket), Folder(tmp_path)
    [document] = documents(harness.store, ORGANIZATION)
    assert Mover(harness.store, None, in_bucket).move(document) is Moved.ELSEWHERE

    class Stopping(Folder):
        """A folder whose process ends before it removes anything."""

        def remove(self, organization: str, digest: str) -> bool:
            raise SystemExit

    with pytest.raises(SystemExit):
        Mover(harness.store, Stopping(tmp_path), in_bucket).move(document)
    [stopped] = documents(harness.store, ORGANIZATION)
    assert stopped.storage == "bucket"
    assert harness.damages(harness.open(settings=bucket)) == set()
    assert Mover(harness.store, folder, in_bucket).move(stopped) is Moved.THERE

    in_bucket.remove(ORGANIZATION, stopped.digest)
    assert Mover(harness.store, in_bucket, None).move(stopped) is Moved.DAMAGED
    assert [each.storage for each in documents(harness.store, ORGANIZATION)] == ["bucket"]


def test_bytes_of_two_documents_are_removed_with_the_last(harness: Harness, tmp_path: Path):
    """A change that paper does not show gives another document with the same bytes."""
    folder = Folder(tmp_path)
    start = harness.office.clock.now
    for end in ("uno", "due"):
        # WHY: a document has the second of the last change inside.
        harness.office.clock.now = start
        harness.change(**body(option(1, description="Tributo " * 11 + end)))
        harness.print(printer=harness.open(tmp_path))
    rows = list(documents(harness.store, ORGANIZATION))
    digests = {each.digest for each in rows}
    assert (len(rows), len(digests)) == (2, 1)

    for each in rows:
        assert Mover(harness.store, folder, None).move(each) is Moved.MOVED
    assert folder.get(ORGANIZATION, digests.pop()) is None


def test_bucket_without_service_or_key_is_refused():
    """A library would look for them in the environment, or at an address of a cloud."""
    bucket_settings = {"documents": "s3://a", "documents_endpoint": "https://s3.example",
             "documents_key_id": "k", "documents_secret": SECRET}  # fmt: skip
    assert Settings.model_validate(bucket_settings).documents == "s3://a"
    assert SECRET not in repr(Settings.model_validate(bucket_settings))
    for name, value in (
        ("documents_endpoint", ""), ("documents_key_id", ""), ("documents_secret", ""),
        ("documents", "s3://"), ("documents_endpoint", "http://s3.example"),
    ):  # fmt: skip
        environment = {
            f"GPD_{key.upper()}": each for key, each in (bucket_settings | {name: value}).items()
        }
        with pytest.raises(SettingsError) as refused:
            Settings.load(environment)
        assert SECRET not in str(refused.value)
