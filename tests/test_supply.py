"""The parts of the program: pinned, hashed, licensed, and without Spyne's unsafe functions."""

import re
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from spyne.interface.wsdl import Wsdl11
from spyne.interface.xml_schema import XmlSchema
from spyne.protocol.soap import Soap11, soap11
from spyne.protocol.xml import XmlDocument

from gpd_soap.store.store import Store
from tests import world
from tests.calling import call
from tests.conftest import FreshDatabase
from tests.fuzz.mutating import CORPUS
from tests.licences import UNKNOWN, installed, licence, pins

ROOT = Path(__file__).parents[1]
#: The files of pins, and the least number of pins in each.
FILES = {
    "deploy/requirements.txt": 30,
    "deploy/requirements-documents.txt": 35,
    "deploy/requirements-console.txt": 35,
    "deploy/requirements-spreadsheets.txt": 30,
    "tests/requirements.txt": 30,
    "deploy/requirements-build.txt": 5,
}


@pytest.mark.parametrize(("file", "least"), FILES.items())
def test_pin_is_exact_hashed_and_names_no_host(file: str, least: int):
    """The installed packages are the ones that were examined, wherever they come from."""
    text = (ROOT / file).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(entries) > least
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w,]+\])?==[\w.!+]+( ; .*)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert re.findall(r"://|^-|@ |[( ]/", text, re.MULTILINE) == []


def test_licence_of_each_package_is_known():
    """A person reads a new licence before it is added to the list."""
    packages = list(installed())

    assert [each for each in packages if each.licence == UNKNOWN] == []
    assert len(packages) > len(list(pins())) - 4
    assert {"typst", "sqlalchemy", "webauthn", "joserfc"} <= {each.package for each in packages}
    assert licence("GPL-3.0-only") == licence() == licence("MITX") == UNKNOWN


#: Spyne's functions that parse, validate, describe or log; we have our own of each.
UNSAFE = [
    (soap11, "_parse_xml_string"),
    (Soap11, "create_in_document"),
    (Soap11, "decompose_incoming_envelope"),
    (Soap11, "deserialize"),
    (XmlDocument, "create_in_document"),
    (XmlDocument, "validate_document"),
    (XmlDocument, "from_element"),
    (XmlSchema, "build_interface_document"),
    (Wsdl11, "build_interface_document"),
]


@pytest.mark.parametrize(
    ("holder", "name"), UNSAFE, ids=lambda part: getattr(part, "__name__", part)
)
def test_message_reaches_no_unsafe_function_of_spyne(
    holder: Any, name: str, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
):
    """Its parser, validator, reader, schema and WSDL are never called."""
    called: list[str] = []

    def refuse(*_: object, **__: object) -> Iterable[bytes]:
        called.append(name)
        raise AssertionError(name)

    assert hasattr(holder, name)
    monkeypatch.setattr(holder, name, refuse)
    face = world.face(Store(fresh_database("sqlite", world.prepare)))
    for message in CORPUS:
        call(face, "POST", "/partner", message, CONTENT_TYPE="text/xml")
    assert call(face, "GET", "/partner?wsdl").status == 200

    assert called == []


def test_program_is_put_together_without_a_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Nothing is fetched to read the contract or to build the application."""

    def refuse(*_: object) -> None:
        raise AssertionError("somebody was called")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    face = world.face(Store(f"sqlite:///{tmp_path}/none.db"))

    assert call(face, "GET", "/health/live").status == 200
