"""The modules of both codes: the size that the model asks for, and readable for any text."""

import re
from collections.abc import Sequence

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from ppf.datamatrix import DataMatrix

from gpd_soap.features.documents import codes
from gpd_soap.features.documents.symbols import data_matrix_svg, qr_svg
from tests.features.documents.samples import ORGANIZATION, POSTAL, nav

#: Dots a module, and white modules around the code.
DOTS, WHITE = 5, 4


def modules(svg: str) -> list[list[int]]:
    """Return the modules that the paths of a picture fill."""
    [size] = re.findall(r'viewBox="0 0 (\d+) \1"', svg)
    rows = [[0] * int(size) for _ in range(int(size))]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        rows[int(y)][int(x) : int(x) + int(length)] = [1] * int(length)
    return rows


def read(rows: Sequence[Sequence[int]]) -> list[str]:
    """Return the texts that a reader takes from these modules."""
    width = (len(rows) + 2 * WHITE) * DOTS
    side, blank = bytes([255] * WHITE * DOTS), bytes([255] * width * WHITE * DOTS)
    lines = (
        side + b"".join(bytes([0 if dark else 255] * DOTS) for dark in row) + side for row in rows
    )
    image = memoryview(blank + b"".join(line * DOTS for line in lines) + blank)
    kinds = zxingcpp.BarcodeFormats(
        [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix]
    )
    codes_read = zxingcpp.read_barcodes(
        image.cast("B", (width, width)), formats=kinds, text_mode=zxingcpp.TextMode.Plain
    )
    return [each.text for each in codes_read]


@pytest.mark.parametrize("amount", [1, 150000, 99_999_999_999])
def test_qr_code_is_version_4(amount: int):
    """It has 33 modules a side for every length of the amount."""
    text = codes.qr_text(codes.QrContent(nav(1), ORGANIZATION, amount))
    rows = modules(qr_svg(text))

    assert len(rows) == 33
    assert read(rows) == [text]


any_text = st.text(max_size=130) | st.text(alphabet="AZ09 '&,-.:_/àß", max_size=130)


@given(
    name=any_text, subject=any_text, debtor=st.text(max_size=16), amount=st.integers(1, 10**10 - 1)
)
def test_data_matrix_of_any_text_is_read(name: str, subject: str, debtor: str, amount: int):
    """A reader of another maker takes the 256 characters from it."""
    content = codes.QrContent(nav(1), ORGANIZATION, amount)
    slip, _ = codes.slip_of(content, POSTAL, debtor, name, subject)
    text = codes.data_matrix_text(slip)
    rows = modules(data_matrix_svg(text))

    assert rows == [list(map(int, row)) for row in DataMatrix(text).matrix]
    assert 44 <= len(rows) <= 64
    assert read(rows) == [text]
