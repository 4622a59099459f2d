"""Positions of an invented organization, and readers of a finished page in millimetres."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pypdfium2
import zxingcpp

from gpd_soap.core.debt import Debtor, Transfer
from gpd_soap.core.notice import issue
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.features.documents.languages import ITALIAN, Languages
from gpd_soap.features.documents.notice import (
    Issuer,
    Paper,
    Refused,
    choose,
    choose_fine,
    paper_of,
    ways_of,
)

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
ORGANIZATION = "77777777777"
BANK, POSTAL = "IT60X0542811101000000123456", "IT46X0760103200000000123456"
ISSUER = Issuer(
    info="tel. 06 000000 · tributi@comune.example",
    cbill="A0EDT",
    account_holder="Tesoreria di Esempio",
    authorisation="AUT. DB/0000/000 00000 DEL 01/01/2020",
)
DEBTOR = Debtor("F", "RSSMRA00A01A000A", "Maria Esempio", "Via Roma", "12", "00100", "Roma", "RM")
MILLIMETRES = 25.4 / 72
HEIGHT = 297


def nav(serial: int) -> str:
    """Return the number of the notice with this serial."""
    return issue("47", serial).nav


def option(serial: int, amount: int = 150000, *, slip: bool = False, **more: object) -> NewOption:
    """Return one notice that is due on 31 December."""
    postal = POSTAL if slip else None
    transfer = Transfer(1, amount, ORGANIZATION, None, BANK, postal, None, "causale", "9/", ())
    fields: dict[str, object] = {
        "nav": nav(serial),
        "iuv": nav(serial)[1:],
        "amount": amount,
        "description": "Tassa sui rifiuti 2026",
        "plan": None,
        "valid_from": None,
        "due_at": DUE,
        "switch_to_expired": True,
        "retention_at": None,
        "last_payment": None,
        "metadata": (),
        "transfers": (transfer,),
    }
    return NewOption(**{**fields, **more})  # type: ignore[arg-type]  # the fields above


def plan(count: int, *, slip: bool = False) -> tuple[NewOption, ...]:
    """Return the installments of one plan, a day after each other."""
    return tuple(
        option(100 + n, 10000 + n, slip=slip, plan="A", due_at=DUE + timedelta(days=n))
        for n in range(count)
    )


def position(*options: NewOption, **more: object) -> NewPosition:
    """Return one published position."""
    fields: dict[str, object] = {
        "organization": ORGANIZATION,
        "iupd": "SAMPLE",
        "debtor": DEBTOR,
        "region": None,
        "phone": None,
        "company_name": "Comune di Esempio",
        "office_name": "Ufficio Tributi",
        "pay_stand_in": False,
        "published_at": NOW - timedelta(days=1),
        "withdrawn_at": None,
        "options": options,
    }
    return NewPosition(**{**fields, **more})  # type: ignore[arg-type]  # the fields above


def paper(
    *options: NewOption,
    issuer: Issuer = ISSUER,
    now: datetime = NOW,
    languages: Languages = ITALIAN,
    **more: object,
) -> Paper:
    """Return what is printed for every option of a position."""
    debt = position(*options, **more)
    chosen = choose(debt, ways_of(debt.options, [False] * len(options)), None, now)
    assert not isinstance(chosen, Refused), chosen
    return paper_of(debt, chosen, issuer, now, languages)


def fine(*, slip: bool, languages: Languages = ITALIAN, issuer: Issuer = ISSUER) -> Paper:
    """Return what is printed for a traffic fine of two amounts."""
    subject = "Violazione del codice della strada"
    debt = position(
        option(1, 7000, slip=slip, description=subject),
        option(2, 10000, slip=slip, description=subject, due_at=DUE + timedelta(days=55)),
    )
    chosen = choose_fine(debt, ways_of(debt.options, [False, False]), NOW)
    assert not isinstance(chosen, Refused), chosen
    return paper_of(debt, chosen, issuer, NOW, languages)


class Mark(NamedTuple):
    """A code on a page in millimetres: its corner and size."""

    x: float
    y: float
    width: float
    height: float


def on_page(pdf: bytes, index: int = 0) -> Callable[[str], tuple[float, float]]:
    """Return a function: where a text begins on a page, as left and top of its letters in mm."""
    document = pypdfium2.PdfDocument(pdf)
    text_page = document[index].get_textpage()

    def corner(text: str) -> tuple[float, float]:
        hit = text_page.search(text, match_case=True).get_next()
        assert hit is not None, text
        boxes = [text_page.get_charbox(n) for n in range(hit[0], hit[0] + hit[1])]
        return boxes[0][0] * MILLIMETRES, HEIGHT - boxes[0][3] * MILLIMETRES

    return corner


def letters(pdf: bytes, index: int = 0) -> list[tuple[float, float, float, float]]:
    """Return the box of each visible letter of a page: left, top, right, bottom in millimetres."""
    page = pypdfium2.PdfDocument(pdf)[index].get_textpage()
    boxes = [page.get_charbox(number) for number in range(page.count_chars())]
    return [
        (left * MILLIMETRES, HEIGHT - top * MILLIMETRES, right * MILLIMETRES,
         HEIGHT - bottom * MILLIMETRES)
        for left, bottom, right, top in boxes
        if right > left and top > bottom
    ]  # fmt: skip


def marks(pdf: bytes, index: int = 0) -> Iterator[tuple[str, Mark]]:
    """Yield the codes of a page with their texts, in millimetres, read at 300 dots an inch."""
    bitmap = pypdfium2.PdfDocument(pdf)[index].render(scale=300 / 72, grayscale=True)
    rows = memoryview(bitmap.buffer).cast("B").cast("B", (bitmap.height, bitmap.stride))
    kinds = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix]
    formats = zxingcpp.BarcodeFormats(kinds)
    for code in zxingcpp.read_barcodes(rows, formats=formats, try_rotate=False, try_invert=False):
        corners = code.position
        scale = 25.4 / 300
        width = corners.top_right.x - corners.top_left.x
        height = corners.bottom_left.y - corners.top_left.y
        yield (
            code.text,
            Mark(
                *(scale * each for each in (corners.top_left.x, corners.top_left.y, width, height))
            ),
        )


def beside(box: tuple[float, ...], mark: Mark, distance: float) -> bool:
    """Return whether a letter is nearer to a code than this distance."""
    left, top, right, bottom = box
    return (
        right > mark.x - distance
        and left < mark.x + mark.width + distance
        and bottom > mark.y - distance
        and top < mark.y + mark.height + distance
    )


def overlaps(boxes: list[tuple[float, float, float, float]]) -> int:
    """Return how many pairs of letters cover each other by a third of a millimetre both ways."""
    ordered = sorted(boxes)
    count = 0
    for number, (_, top, right, bottom) in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other[0] > right - 0.33:
                break
            count += min(bottom, other[3]) - max(top, other[1]) > 0.33
    return count
