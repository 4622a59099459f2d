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
from gpd_soap.features.documents.receipt import ReceiptPaper

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
    RECEIPT_ID = "printed id of the transaction"
    MESSAGE = "embedded message"


#: The data of a receipt that are read back, by the names that stand before them.
RECEIPT_ITEMS = {
    Item.NUMBER: "Codice Avviso",
    Item.ORGANIZATION: "Codice fiscale Ente Creditore",
    Item.RECEIPT_ID: "ID transazione (paymentToken)",
}
#: Hyphens, and what PDFium gives for one at the end of a line.
_HYPHENS = "-\x02\ufffe\xad"


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


def differences(
    pdf: bytes, meant: list[tuple[Portion, ...]], language: str = "it"
) -> list[Difference]:
    """Return every part of a finished document that differs from the amounts of its pages."""
    pages = read_pages(pdf)
    if len(pages) != len(meant):
        return [Difference(0, Item.PAGES)]
    pairs = zip(pages, meant, strict=True)
    return [
        Difference(number, item)
        for number, (page, portions) in enumerate(pairs, 1)
        for item in _compare(page, portions, language)
    ]


def receipt_differences(pdf: bytes, paper: ReceiptPaper, message: bytes | None) -> list[Difference]:
    """Return every part of a finished receipt that differs from what it should say."""
    text = _squeezed("".join(page.text for page in read_pages(pdf)))
    values = {row.name: row.value for row in paper.paid}
    # WHY: the name stands before the value, because equal figures stand elsewhere on the page.
    meant = (
        (Item.AMOUNT, f"Importo{paper.amount}"),
        (Item.AMOUNT, f"Totale{'' if paper.fee else '(commissioni escluse)'}{paper.total}"),
        *((item, name + values[name]) for item, name in RECEIPT_ITEMS.items()),
    )
    differing = [Difference(1, item) for item, each in meant if _squeezed(each) not in text]
    if attachments(pdf) != ([] if message is None else [message]):
        differing.append(Difference(1, Item.MESSAGE))
    return differing


def _squeezed(text: str) -> str:
    """Return a text without blanks and hyphens, because a long one ends in several lines."""
    return "".join(each for each in text if not (each.isspace() or each in _HYPHENS))


def attachments(pdf: bytes) -> list[bytes]:
    """Return the files inside a document."""
    with _LOCK:
        document = pypdfium2.PdfDocument(pdf)
        try:
            count = document.count_attachments()
            return [bytes(document.get_attachment(n).get_data()) for n in range(count)]
        finally:
            document.close()


def _compare(page: PageRead, portions: tuple[Portion, ...], language: str) -> Iterator[Item]:
    """Yield what differs on one page: each code must be there as often as it is meant."""
    qr = Counter(codes.qr_text(portion.qr) for portion in portions)
    slips = [portion.slip for portion in portions if portion.slip]
    if Counter(text for kind, text in page.codes if kind == Item.QR_CODE) != qr:
        yield Item.QR_CODE
    matrices = Counter(text for kind, text in page.codes if kind == Item.DATA_MATRIX)
    if matrices != Counter(map(codes.data_matrix_text, slips)):
        yield Item.DATA_MATRIX
    for portion in portions:
        if codes.euro(portion.qr.amount, language) not in page.text.split():
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
        rows,
        formats=zxingcpp.BarcodeFormats(list(_FORMATS)),
        text_mode=zxingcpp.TextMode.Plain,
        # WHY: we print them upright, dark on white; to look for others takes twice the time again.
        try_rotate=False,
        try_invert=False,
        try_downscale=False,
    )
    read = tuple((_FORMATS[each.format], each.text) for each in barcodes)
    text_page = page.get_textpage()
    # WHY: the template lets very long words end in several lines by an invisible character.
    text = text_page.get_text_range().replace("\u200b", "")
    return PageRead(read, " ".join(text.split()))
