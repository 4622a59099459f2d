"""A document for `gpd-soap load`: its parts, and hostile content."""

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from gpd_soap.usecases.loading import document
from gpd_soap.usecases.loading.document import Document
from gpd_soap.validation.strict_json import UnusableFile, decode
from tests.validation.bodies import BANK, ORGANIZATION, body

SERVICE = {
    "organization": ORGANIZATION,
    "serviceId": "00001",
    "subjectId": "00002",
    "kind": "declared",
    "settings": {
        "amount": 100,
        "description": "Diritti",
        "category": "0101101IM",
        "iban": BANK,
        "segregationCode": "47",
    },
}


def read(raw: bytes) -> Document:
    """Return the parts of a document without its positions."""
    return document.read(io.BytesIO(raw))


def positions(raw: bytes) -> list[Any]:
    """Return the positions of a document."""
    return list(document.positions(io.BytesIO(raw)))


def refusal(content: object) -> str:
    """Return why a file is unusable."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(UnusableFile) as refused:
        read(raw)
    return str(refused.value)


def test_document_without_parts_is_empty():
    """Every part is optional."""
    parts = read(b"{}")

    assert (parts.organizations, parts.stations, positions(b"{}")) == ([], [], [])


def test_document_with_every_part_is_read():
    """A broker is a code or an object."""
    served = {"fiscalCode": ORGANIZATION, "segregationCode": "47", "broadcast": True}
    content = {
        "organizations": [{"fiscalCode": ORGANIZATION, "name": "Comune di Esempio"}],
        "brokers": ["15376371009", {"fiscalCode": "00000000191"}],
        "stations": [
            {"id": "15376371009_01", "broker": "15376371009", "organizations": [served]},
            {"id": "15376371009_02", "broker": "15376371009"},
        ],
        "services": [SERVICE],
        "positions": [body(), "looked at one by one"],
    }
    raw = json.dumps(content).encode()
    parts = read(raw)

    assert parts.organizations[0].name == "Comune di Esempio"
    assert [b.fiscal_code for b in parts.brokers] == ["15376371009", "00000000191"]
    assert parts.stations[0].organizations[0].segregation_code == "47"
    assert parts.stations[0].organizations[0].broadcast is True
    assert parts.stations[1].organizations == []
    assert parts.services[0].settings == SERVICE["settings"]
    assert positions(raw) == [body(), "looked at one by one"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "the whole: type: expected an object"),
        ({"posizioni": []}, "posizioni: unknown-field: expected no field of this name"),
        ({"positions": {}}, "positions: type: expected a list"),
        ({"positions": None}, "positions: type: expected a list"),
        (
            {"organizations": [{"fiscalCode": "1", "name": "x"}]},
            "organizations[0].fiscalCode: organization-code: expected 11 digits",
        ),
        (
            {"organizations": [{"fiscalCode": ORGANIZATION, "name": "x" * 141}]},
            "organizations[0].name: length: expected a length of at most 140",
        ),
        ({"brokers": [1]}, "brokers[0]: type: expected an object"),
        ({"stations": [{"id": "x"}]}, "stations[0].broker: required: expected a value"),
        (
            {
                "stations": [
                    {"id": "x", "broker": "y", "organizations": [
                        {"fiscalCode": ORGANIZATION, "segregationCode": "4"}
                    ]}
                ]
            },
            "stations[0].organizations[0].segregationCode: segregation-code: expected 2 digits",
        ),
        (
            {"services": [{**SERVICE, "serviceId": "1"}]},
            "services[0].serviceId: length: expected a length of at least 5",
        ),
        (
            {"services": [{**SERVICE, "settings": {}}]},
            "services[0].settings: settings: expected",
        ),
    ],
)  # fmt: skip
def test_document_of_another_shape_is_unusable(content: Any, message: str):
    """The error names the field and what was expected."""
    assert message in refusal(content)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "expected JSON at line 1, column 1"),
        (b'{"positions": [}', "expected JSON at line 1, column 16"),
        (b'{"positions": []} x', "expected JSON at line 1, column 19"),
        (b"<xml/>", "expected JSON at line 1, column 1"),
        (b'{"positions": [NaN]}', "not NaN or Infinity"),
        (b'{"positions": [-Infinity]}', "not NaN or Infinity"),
        (b'{"positions": [], "positions": []}', "each key once"),
        (b'{"positions": [{"iupd": "A", "iupd": "B"}]}', "each key once"),
        (b'{"positions": [' + b"9" * 5000 + b"]}", "numbers of fewer digits"),
        (b'{"positions": ["\xff"]}', "expected UTF-8 at byte 16"),
        ('{"positions": []}'.encode("utf-16"), "expected UTF-8"),
        (b'{"positions": ["\x01"]}', "expected JSON"),
        (b"[" * 100_000, "nested less deeply"),
        (b'{"positions": ' * 100_000, "nested less deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested less deeply"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_document_that_is_not_strict_json_is_unusable(raw: bytes, message: str):
    """The error repeats nothing of the file."""
    assert message in refusal(raw)


def test_byte_order_mark_is_skipped():
    """Some editors write one."""
    assert read(b"\xef\xbb\xbf{}") == read(b"{}")


def test_document_of_ten_megabytes_is_read():
    """It may be one long text or many short ones."""
    long = b'{"positions": ["' + b"x" * 10_000_000 + b'"]}'
    many = b'{"positions": [' + b"1," * 500_000 + b"1]}"

    assert len(positions(long)[0]) == 10_000_000
    assert len(positions(many)) == 500_001


def test_positions_of_a_document_are_not_held_in_memory(tmp_path: Path):
    """The configuration may follow them."""
    path = tmp_path / "positions.json"
    many = b",".join([json.dumps(body()).encode()] * 10_000)
    path.write_bytes(b'{"positions": [' + many + b'], "brokers": ["15376371009"]}')
    size = len(many)
    del many
    with path.open("rb") as file:
        tracemalloc.start()
        parts = document.read(file)
        file.seek(0)
        count = sum(1 for _ in document.positions(file))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (count, len(parts.brokers)) == (10_000, 1)
    assert peak < size / 5


def test_long_integer_of_a_document_stays_exact():
    """Integers are not read as floats."""
    assert decode(b"[1, 1.0, 123456789012345678901234567890]") == [
        *(1, 1.0, 123456789012345678901234567890)
    ]


def test_service_of_an_unknown_kind_makes_a_document_unusable():
    """The kind checks the settings when the service is configured, not at the first demand."""
    service = {
        "organization": "77777777777",
        "serviceId": "00001",
        "subjectId": "00001",
        "kind": "nobody's",
        "settings": {},
    }
    with pytest.raises(
        UnusableFile, match=r"services\[0\].settings: .*is provided by no installed"
    ):
        read(json.dumps({"services": [service]}).encode())
