from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lxml import etree

from gpd_soap.contract.documents import SOAP, WSDL, XSD, Documents, contract_folder

URL = "https://ec.example/partner"
NAMES = ["paForNode.xsd", "sac-common-types-1.0.xsd"]


@pytest.fixture(scope="module")
def documents() -> Documents:
    """What an institution with a public address serves."""
    return Documents(URL)


def locations(document: bytes | None) -> list[str | None]:
    """Every schemaLocation of a document, in order."""
    return [
        node.get("schemaLocation")
        for node in etree.fromstring(document or b"").iter(f"{XSD}import")
    ]


def test_the_wsdl_names_the_public_address(documents: Documents):
    """A client calls the address in the WSDL; the placeholder must never reach one."""
    (address,) = etree.fromstring(documents.wsdl).iter(f"{SOAP}address")

    assert address.get("location") == URL
    assert b"localhost" not in documents.wsdl


def test_every_schema_is_asked_of_the_public_address(documents: Documents):
    """No relative path is left that only makes sense on our disk."""
    assert locations(documents.wsdl) == [f"{URL}?xsd=paForNode.xsd"]
    assert locations(documents.schema("paForNode.xsd")) == [f"{URL}?xsd=sac-common-types-1.0.xsd"]
    assert locations(documents.schema("sac-common-types-1.0.xsd")) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_served_schema_keeps_the_prefixes_its_values_use(documents: Documents, name: str):
    """A prefix that stands only inside type="…" still means what it meant."""
    root = etree.fromstring(documents.schema(name) or b"")

    used = {str(value).partition(":")[0] for value in root.xpath("//@type | //@base")}
    assert used <= set(root.nsmap)


def test_an_address_is_escaped_where_xml_needs_it():
    """An ampersand in the address does not break the document."""
    wsdl = Documents("https://ec.example/partner/a&b").wsdl

    assert locations(wsdl) == ["https://ec.example/partner/a&b?xsd=paForNode.xsd"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "paForNode.wsdl",
        "paforNode.xsd",
        "../xsd/paForNode.xsd",
        "./paForNode.xsd",
        "paForNode.xsd\0",
        "/etc/passwd",
        "../../etc/passwd",
    ],
)
def test_any_other_name_is_nothing(documents: Documents, name: str):
    """A name from outside is looked up among ours, and never becomes a path."""
    assert documents.schema(name) is None


def test_nothing_is_read_after_the_start(tmp_path: Path):
    """The documents do not change under a running server, nor need the disk."""
    folder = tmp_path / "contract"
    for part in ("wsdl", "xsd"):
        shutil.copytree(contract_folder() / part, folder / part)
    documents = Documents(URL, folder)
    shutil.rmtree(folder)

    assert documents.wsdl == Documents(URL).wsdl
    assert all(documents.schema(name) for name in NAMES)


def test_a_wheel_finds_the_contract_inside_the_package(tmp_path: Path):
    """An installed program does not look beside itself, where others' folders are."""
    package = tmp_path / "site-packages" / "gpd_soap"
    for folder in (package / "_contract", package.parent):
        (folder / WSDL).parent.mkdir(parents=True)
        (folder / WSDL).touch()

    assert contract_folder(package) == package / "_contract"


def test_a_working_copy_finds_the_contract_beside_the_package(tmp_path: Path):
    """An editable install serves the files that are being edited."""
    (tmp_path / WSDL).parent.mkdir()
    (tmp_path / WSDL).touch()

    assert contract_folder(tmp_path / "gpd_soap") == tmp_path


def test_a_missing_contract_is_said_at_the_start(tmp_path: Path):
    """A broken installation must not start and answer without a contract."""
    with pytest.raises(FileNotFoundError, match="missing from this installation"):
        contract_folder(tmp_path / "gpd_soap")
