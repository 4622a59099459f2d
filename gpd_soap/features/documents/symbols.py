"""The two codes as vector pictures, drawn from the modules that the libraries compute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import segno
from ppf.datamatrix import DataMatrix

# SPEC: L'avviso di pagamento 3.5.1, "codice QR": ISO/IEC 18004 version 4, level M, byte mode.
QR_VERSION, QR_LEVEL, QR_MODE = 4, "m", "byte"


def qr_svg(text: str) -> str:
    """Return a QR code as SVG, one unit a module, without its quiet zone.

    Raises ValueError if version 4 cannot hold the text.
    """
    code = segno.make(
        text, error=QR_LEVEL, version=QR_VERSION, mode=QR_MODE, boost_error=False, micro=False
    )
    return _svg([list(row) for row in code.matrix])


def address_symbol(address: str) -> tuple[int, str]:
    """Return the modules of a side, and the path of the dark ones, of a QR code of any size."""
    modules = [list(row) for row in segno.make(address, micro=False).matrix]
    return len(modules), "".join(_runs(modules))


def data_matrix_svg(text: str) -> str:
    """Return a square Data Matrix (ECC 200) as SVG, one unit a module, without its quiet zone."""
    return _svg(DataMatrix(text).matrix)


def _svg(modules: Sequence[Sequence[int]]) -> str:
    size = len(modules)
    path = "".join(_runs(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'width="{size}" height="{size}"><path fill="#000" d="{path}"/></svg>'
    )


def _runs(modules: Sequence[Sequence[int]]) -> Iterator[str]:
    """Yield a rectangle for each run of dark modules in a row."""
    for row_number, row in enumerate(modules):
        start = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{start} {row_number}h{length}v1h-{length}z"
            start += length
