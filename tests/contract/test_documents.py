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
    """The documents of an institution with a public address."""
    return Documents(URL)


def locations(document: bytes | None) -> list[str | None]:
    """Return every schemaLocation of a document, in order."""
    return [
        node.get("schemaLocation")
        for node in etree.fromstring(document or b"").iter(f"{XSD}import")
    ]


def test_wsdl_has_the_public_address(documents: Documents):
    """A client calls the address in the WSDL, so no placeholder may be left."""
    (address,) = etree.fromstring(documents.wsdl).iter(f"{SOAP}address")

    assert address.get("location") == URL
    assert b"localhost" not in documents.wsdl


def test_every_schema_location_is_at_the_public_address(documents: Documents):
    """No relative path is left, because it would be one of our disk."""
    assert locations(documents.wsdl) == [f"{URL}?xsd=paForNode.xsd"]
    assert locations(documents.schema("paForNode.xsd")) == [f"{URL}?xsd=sac-common-types-1.0.xsd"]
    assert locations(documents.schema("sac-common-types-1.0.xsd")) == []


@pytest.mark.parametrize("name", NAMES)
def test_served_schema_declares_every_prefix_of_its_values(documents: Documents, name: str):
    """A prefix that only a QName value uses stays declared."""
    root = etree.fromstring(documents.schema(name) or b"")

    used = {str(value).partition(":")[0] for value in root.xpath("//@type | //@base")}
    assert used <= set(root.nsmap)


def test_address_with_an_ampersand_is_escaped():
    """The served document stays well-formed."""
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
def test_name_that_is_not_of_a_schema_gives_none(documents: Documents, name: str):
    """A name from outside is looked up and never used as a path."""
    assert documents.schema(name) is None


def test_documents_are_read_once(tmp_path: Path):
    """The documents of a running server neither change nor need the disk."""
    folder = tmp_path / "contract"
    for part in ("wsdl", "xsd"):
        shutil.copytree(contract_folder() / part, folder / part)
    documents = Documents(URL, folder)
    shutil.rmtree(folder)

    assert documents.wsdl == Documents(URL).wsdl
    assert all(documents.schema(name) for name in NAMES)


def test_contract_folder_of_a_wheel_is_inside_the_package(tmp_path: Path):
    """An installed package does not use folders beside it, which belong to others."""
    package = tmp_path / "site-packages" / "gpd_soap"
    for folder in (package / "_contract", package.parent):
        (folder / WSDL).parent.mkdir(parents=True)
        (folder / WSDL).touch()

    assert contract_folder(package) == package / "_contract"


def test_contract_folder_of_a_working_copy_is_beside_the_package(tmp_path: Path):
    """An editable install serves the files in the working copy."""
    (tmp_path / WSDL).parent.mkdir()
    (tmp_path / WSDL).touch()

    assert contract_folder(tmp_path / "gpd_soap") == tmp_path


def test_installation_without_the_contract_does_not_start(tmp_path: Path):
    """The error says that the installation is incomplete."""
    with pytest.raises(FileNotFoundError, match="missing from this installation"):
        contract_folder(tmp_path / "gpd_soap")
