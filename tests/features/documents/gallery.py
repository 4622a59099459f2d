"""`python -m tests.features.documents.gallery`: pictures of each kind of document, for the README.

They are small, in 16 greys, and of an invented organization.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2

from gpd_soap.features.documents.issuer import logo_of
from gpd_soap.features.documents.languages import Languages
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents.samples import ISSUER, NOW, fine, option, paper, plan
from tests.features.documents.test_receipt import printed
from tests.validation.pictures import SVG, chunk

FOLDER = Path(__file__).with_name("pictures")
#: Dots per inch: a page has 496 x 702.
RESOLUTION = 60
WITH_LOGO = ISSUER._replace(logo=logo_of(SVG))
BITS = 4
#: Dots on a side of a cell: 3.4 mm.
CELL = 8


def documents() -> Iterator[tuple[str, bytes, int]]:
    """Yield name, document and index of the page of each picture."""
    typesetter = Typesetter()
    german = Languages("de", equal=True)
    english = Languages("en")
    for name, each, page in (
        ("single", paper(option(1, slip=True), issuer=WITH_LOGO), 0),
        ("plan", paper(option(1), *plan(3)), 0),
        ("installments", paper(option(1, slip=True), *plan(3, slip=True)), 1),
        ("second-language", paper(option(1), *plan(2), languages=english), 0),
        ("bilingual", paper(option(1, slip=True), languages=german), 0),
        ("another-language", paper(option(1, slip=True), languages=Languages(alone="en")), 0),
        ("many-installments", paper(option(1), *plan(13)), 1),
        ("fine", fine(slip=False), 0),
        ("fine-with-slips", fine(slip=True), 0),
    ):
        yield name, typesetter.notice(each, NOW), page
    yield "receipt", typesetter.receipt(printed("Tassa sui rifiuti 2026"), NOW), 0


def picture(pdf: bytes, index: int) -> bytes:
    """Return a page as a PNG."""
    bitmap = pypdfium2.PdfDocument(pdf)[index].render(scale=RESOLUTION / 72, grayscale=True)
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    dots = bytes(bitmap.buffer)
    rows = bytearray()
    for y in range(height):
        row = dots[y * stride : y * stride + width] + b"\xff"
        rows.append(0)
        rows += bytes(
            (a & 0xF0) | (b >> BITS) for a, b in zip(row[:width:2], row[1::2], strict=False)
        )
    header = struct.pack(">IIBBBBB", width, height, BITS, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def structure(png: bytes) -> list[list[int]]:
    """Return how dark each cell of one of these pictures is, from 0 to 15, row by row.

    A cell has CELL x CELL dots: texts and parts of a page change cells, and single dots do not.
    """
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    [length] = struct.unpack(">I", png[start - 4 : start])
    rows = zlib.decompress(png[start + 4 : start + 4 + length])
    line = 1 + -(-width // 2)
    cells = [[0] * (width // CELL) for _ in range(height // CELL)]
    for y in range(height // CELL * CELL):
        packed = rows[y * line + 1 : (y + 1) * line]
        for x in range(width // CELL * CELL):
            dot = packed[x // 2] >> BITS if x % 2 == 0 else packed[x // 2] & 0xF
            cells[y // CELL][x // CELL] += 15 - dot
    return [[each // CELL**2 for each in row] for row in cells]


def main() -> None:
    """Write every picture."""
    for name, pdf, page in documents():
        (FOLDER / f"{name}.png").write_bytes(picture(pdf, page))


if __name__ == "__main__":
    main()
