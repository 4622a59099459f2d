"""Reads a finished document back: its codes by a library that did not write them, and its texts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import pypdfium2
import zxingcpp

from gpd_soap.features.documents import codes
from gpd_soap.features.documents.notice import Portion

#: LIMIT: dots per inch; a module of the smallest code is then at least 2.5 dots wide.
RESOLUTION = 150
POINTS_PER_INCH = 72
_FORMATS = {
    zxingcpp.BarcodeFormat.QRCode: "QR code",
    zxingcpp.BarcodeFormat.DataMatrix: "Data Matrix",
}
#: WHY: PDFium is not safe for several threads at once.
_LOCK = threading.Lock()


class Item(StrEnum):
    """What is compared."""

    PAGES = "number of pages"
    QR_CODE = "QR code"
    DATA_MATRIX = "Data Matrix"
    AMOUNT = "printed amount"
    NUMBER = "printed notice number"
    ORGANIZATION = "printed fiscal code of the organization"


class Difference(NamedTuple):
    """A part of a page that is not as it was meant; without its content, which may be personal."""

    page: int
    item: Item


class PageRead(NamedTuple):
    """The codes of a page as (kind, text), and its text with single blanks."""

    codes: tuple[tuple[str, str], ...]
    text: str


def read_pages(pdf: bytes, resolution: int = RESOLUTION) -> list[PageRead]:
    """Return what a scanner and a screen reader take from each page.

    Raises pypdfium2.PdfiumError if the bytes are no PDF.
    """
    with _LOCK:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [_read(page, resolution) for page in document]
        finally:
            document.close()


def differences(pdf: bytes, meant: list[tuple[Portion, ...]]) -> list[Difference]:
    """Return every part of a finished document that differs from the amounts of its pages."""
    pages = read_pages(pdf)
    if len(pages) != len(meant):
        return [Difference(0, Item.PAGES)]
    pairs = zip(pages, meant, strict=True)
    return [
        Difference(number, item)
        for number, (page, portions) in enumerate(pairs, 1)
        for item in _compare(page, portions)
    ]


def _compare(page: PageRead, portions: tuple[Portion, ...]) -> Iterator[Item]:
    """Yield what differs on one page: each code must be there as often as it is meant."""
    qr = Counter(codes.qr_text(portion.qr) for portion in portions)
    slips = [portion.slip for portion in portions if portion.slip]
    if Counter(text for kind, text in page.codes if kind == Item.QR_CODE) != qr:
        yield Item.QR_CODE
    matrices = Counter(text for kind, text in page.codes if kind == Item.DATA_MATRIX)
    if matrices != Counter(map(codes.data_matrix_text, slips)):
        yield Item.DATA_MATRIX
    for portion in portions:
        if codes.euro(portion.qr.amount) not in page.text.split():
            yield Item.AMOUNT
        if codes.in_fours(portion.qr.nav) not in page.text:
            yield Item.NUMBER
        if portion.qr.organization not in page.text:
            yield Item.ORGANIZATION


def _read(page: pypdfium2.PdfPage, resolution: int) -> PageRead:
    bitmap = page.render(scale=resolution / POINTS_PER_INCH, grayscale=True)
    rows = memoryview(bitmap.buffer).cast("B").cast("B", (bitmap.height, bitmap.stride))
    # WHY: a reader of every kind takes stripes inside a Data Matrix for another code.
    barcodes = zxingcpp.read_barcodes(
        rows, formats=zxingcpp.BarcodeFormats(list(_FORMATS)), text_mode=zxingcpp.TextMode.Plain
    )
    read = tuple((_FORMATS[each.format], each.text) for each in barcodes)
    text_page = page.get_textpage()
    # WHY: the template lets very long words end in several lines by an invisible character.
    text = text_page.get_text_range().replace("\u200b", "")
    return PageRead(read, " ".join(text.split()))
