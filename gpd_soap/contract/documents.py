"""The files of the contract: where they are, and the form in which they are served."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lxml import etree

PACKAGE = Path(__file__).parents[1]
WSDL = "wsdl/paForNode.wsdl"
XSD = "{http://www.w3.org/2001/XMLSchema}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"


def contract_folder(package: Path = PACKAGE) -> Path:
    """Return the folder that holds `wsdl` and `xsd`.  Raises FileNotFoundError without them.

    A wheel carries them inside the package; an editable install has them beside it.
    """
    for folder in (package / "_contract", package.parent):
        if (folder / WSDL).is_file():
            return folder
    raise FileNotFoundError(f"{WSDL} is missing from this installation of gpd_soap")


def schema_files(folder: Path) -> list[Path]:
    """Return every schema of the contract, sorted by name."""
    return sorted((folder / "xsd").glob("*.xsd"))


def parse_own(path: Path) -> etree._Element:
    """Return the root of one of our own files, without fetching or expanding anything."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.parse(path, parser).getroot()


class Documents:
    """The answers to `?wsdl` and `?xsd=…`: our contract with the public address in it.

    They are built once, at construction.  A name from outside is looked up and never opened.
    """

    def __init__(self, public_url: str, folder: Path | None = None) -> None:
        """Read the contract; `public_url` is the URL that clients call, path included."""
        folder = folder or contract_folder()
        self.wsdl = _published(folder / WSDL, public_url)
        self._schemas = {path.name: _published(path, public_url) for path in schema_files(folder)}

    def schema(self, name: str) -> bytes | None:
        """Return the schema of this name, or None if the contract has none."""
        return self._schemas.get(name)


def _published(path: Path, public_url: str) -> bytes:
    # WHY: lxml drops prefixes that only QName values use when it moves a node, so attributes are
    # changed in place.
    root = parse_own(path)
    for address in root.iter(f"{SOAP}address"):
        address.set("location", public_url)
    for reference in root.iter(f"{XSD}import", f"{XSD}include"):
        location = reference.get("schemaLocation")
        if location is not None:
            name = PurePosixPath(location).name
            reference.set("schemaLocation", f"{public_url}?xsd={name}")
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
