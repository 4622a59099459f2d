"""Schemas are compiled before the fork, and by one thread at a time afterwards."""

import io
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from lxml import etree

from gpd_soap.contract.compiling import CompiledSchema
from gpd_soap.contract.schema import Schema
from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous.data_schema import compiled
from gpd_soap.wiring import contract
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.conftest import FreshDatabase
from tests.messages.build import claim, qr, soap_request
from tests.usecases.spontaneous.samples import XSD

THREADS = 4
VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
BROKEN = VERIFY.replace(b"<noticeNumber>3", b"<noticeNumber>x")
# LIMIT: seconds within which two threads that may compile at once are seen doing it.
MEETING_SECONDS = 0.25


def in_threads(work: Callable[[], object]) -> None:
    """Start `work` in THREADS threads at once, and wait until all are done."""
    start = threading.Barrier(THREADS)

    def begin() -> None:
        start.wait()
        work()

    threads = [threading.Thread(target=begin) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def answered(face: Wsgi, message: bytes) -> bytes:
    """Return the answer of a face, unchecked, because a check would compile its own schema."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/partner",
        "CONTENT_LENGTH": str(len(message)),
        "wsgi.input": io.BytesIO(message),
    }
    setup_testing_defaults(environ)
    return b"".join(face(environ, lambda _status, _fields: None))


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process ids of all compilations since; each is still done by libxml2."""
    processes: list[int] = []
    compile_schema = etree.XMLSchema

    def counted(*source: Any, **named: Any) -> etree.XMLSchema:
        processes.append(os.getpid())
        return compile_schema(*source, **named)

    monkeypatch.setattr(etree, "XMLSchema", counted)
    return processes


def test_process_forked_after_assembly_compiles_nothing(
    fresh_database: FreshDatabase, compiling: list[int]
):
    """A forked process checks its messages with the schemas that its parent compiled."""
    contract.cache_clear()
    store = Store(fresh_database("sqlite", world.prepare))
    face = world.face(store)
    before = len(compiling)
    process = os.fork()
    if process == 0:
        status = 255
        try:
            in_threads(lambda: [answered(face, each) for each in (VERIFY, BROKEN)])
            status = len(compiling) - before
        finally:
            os._exit(status)
    _, ended = os.waitpid(process, 0)
    store.close()

    assert os.waitstatus_to_exitcode(ended) == 0
    assert before > 0


@pytest.fixture
def most_at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A function that returns the greatest number of threads that compiled at once."""
    compile_schema, lock, inside, counts = etree.XMLSchema, threading.Lock(), [0], [0]
    together = threading.Event()

    def compile_in_company(*source: Any, **named: Any) -> etree.XMLSchema:
        with lock:
            inside[0] += 1
            counts.append(inside[0])
        if inside[0] > 1:
            together.set()
        together.wait(MEETING_SECONDS)
        try:
            return compile_schema(*source, **named)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(etree, "XMLSchema", compile_in_company)
    return lambda: max(counts)


def test_contract_and_service_schemas_are_compiled_one_at_a_time(
    most_at_once: Callable[[], int],
):
    """At the first compilation libxml2 fills its table of built-in types without a lock."""
    one, other = (XSD.format(f'<xs:element name="{name}"/>') for name in ("one", "other"))
    work: Iterator[Callable[[], object]] = iter(
        [Schema, Schema, lambda: compiled(one), lambda: compiled(other)]
    )

    in_threads(lambda: next(work)())  # noqa: PLW0108  # each thread takes another

    assert most_at_once() == 1


def test_copy_in_use_is_not_given_to_another_thread():
    """Two validations at once have a copy each, and a free copy is used again."""
    root = etree.fromstring(XSD.format('<xs:element name="a"/>'))
    schema = CompiledSchema(lambda: etree.XMLSchema(root))
    with schema.exclusive_copy() as one, schema.exclusive_copy() as other:
        assert one is not other
    with schema.exclusive_copy() as again, schema.exclusive_copy() as once_more:
        assert {id(again), id(once_more)} == {id(one), id(other)}


def test_copy_is_free_again_after_an_exception():
    """An exception in a validation loses no copy."""
    root = etree.fromstring(XSD.format('<xs:element name="a"/>'))
    schema = CompiledSchema(lambda: etree.XMLSchema(root))
    with pytest.raises(LookupError), schema.exclusive_copy() as failed:
        raise LookupError

    with schema.exclusive_copy() as again:
        assert again is failed
