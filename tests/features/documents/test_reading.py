"""What a finished document says is compared with what it should say, part by part."""

import logging
from typing import Any

import pytest

from gpd_soap.features.documents import typesetting
from gpd_soap.features.documents.codes import QrContent
from gpd_soap.features.documents.notice import Paper, Portion
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import Difference, Item, differences, read_pages
from gpd_soap.features.documents.release import DocumentDiffers, release
from gpd_soap.features.documents.symbols import data_matrix_svg, qr_svg
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents.samples import DEBTOR, NOW, nav, option, paper, plan


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


def meant(printed: Paper) -> list[tuple[Portion, ...]]:
    """Return the amounts of each page of a paper."""
    return [page.portions for page in pages_of(printed)]


def with_qr(portion: Portion, **fields: object) -> Portion:
    """Return an amount whose QR code should say something else."""
    return portion._replace(qr=QrContent(**{**portion.qr._asdict(), **fields}))


@pytest.mark.parametrize(
    ("fields", "items"),
    [
        ({"amount": 150001}, {Item.QR_CODE, Item.AMOUNT}),
        ({"amount": 50000}, {Item.QR_CODE, Item.AMOUNT}),
        ({"nav": nav(2)}, {Item.QR_CODE, Item.NUMBER}),
        ({"organization": "88888888888"}, {Item.QR_CODE, Item.ORGANIZATION}),
    ],
)
def test_each_value_is_compared_in_code_and_text(
    typesetter: Typesetter, fields: dict[str, object], items: set[Item]
):
    """Another amount, number or organization differs in the QR code and in the printed text."""
    printed = paper(option(1, slip=True))
    [[portion]] = meant(printed)
    pdf = typesetter.notice(printed, NOW)

    assert differences(pdf, [(portion,)]) == []
    assert {each.item for each in differences(pdf, [(with_qr(portion, **fields),)])} == items


def test_data_matrix_is_compared(typesetter: Typesetter):
    """One letter of the slip differs, or the slip is missing, or one is too many."""
    printed = paper(option(1, slip=True))
    [[portion]] = meant(printed)
    pdf = typesetter.notice(printed, NOW)
    assert portion.slip is not None
    other = portion._replace(slip=portion.slip._replace(debtor_name="MARIA ESEMPIA".ljust(40)))
    bare = portion._replace(slip=None)
    expected = [Difference(1, Item.DATA_MATRIX)]

    assert differences(pdf, [(other,)]) == expected
    assert differences(pdf, [(bare,)]) == expected
    assert differences(typesetter.notice(paper(option(1)), NOW), [(portion,)]) == expected


def test_pages_are_counted_and_named(typesetter: Typesetter):
    """A page too few is named, and so is the page on which an amount differs."""
    printed = paper(option(1, slip=True), *plan(4, slip=True))
    pdf, pages = typesetter.notice(printed, NOW), meant(printed)
    last = (with_qr(pages[2][0], amount=1), *pages[2][1:])

    assert differences(pdf, pages[:2]) == [Difference(0, Item.PAGES)]
    assert {each.page for each in differences(pdf, [*pages[:2], last])} == {3}


@pytest.mark.parametrize(
    ("name", "draw", "item"),
    [("qr_svg", qr_svg, Item.QR_CODE), ("data_matrix_svg", data_matrix_svg, Item.DATA_MATRIX)],
)
def test_document_with_a_wrong_code_is_not_released(
    typesetter: Typesetter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    draw: Any,
    item: Item,
):
    """A code that differs by one letter is named and logged, without personal data."""
    monkeypatch.setattr(typesetting, name, lambda text: draw(text.replace("00", "01", 1)))
    with caplog.at_level(logging.ERROR), pytest.raises(DocumentDiffers) as failure:
        release(typesetter, paper(option(1, slip=True)), NOW)

    assert failure.value.differences == (Difference(1, item),)
    assert f"page 1: {item}" in caplog.text
    assert not any(text in caplog.text for text in (DEBTOR.code, DEBTOR.full_name, "Tassa", nav(1)))


def test_codes_are_read_at_150_dots_from_every_amount(typesetter: Typesetter):
    """One cent, the most of a slip and the most of a notice are read from the page."""
    for amount in (1, 10, 99, 100, 9_999_999_999, 99_999_999_999):
        printed = paper(option(1, amount, slip=True))
        pdf = typesetter.notice(printed, NOW)
        [page] = read_pages(pdf)

        assert differences(pdf, meant(printed)) == []
        assert len(page.codes) == (2 if amount < 10**10 else 1)
