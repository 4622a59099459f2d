"""Which amounts stand on which page.

Source: L'avviso di pagamento 3.5.1 (pagoPA), variants: two or three installments in a row, and
never rows of both kinds on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from gpd_soap.features.documents.notice import Paper, Portion

T = TypeVar("T")

TWO, THREE = 2, 3
#: Rows of installments that fit on a page without the first page's parts, by columns.
ROWS = {TWO: 2, THREE: 3}
#: Without slips, by the number of installments: those on page 1, and the columns of later pages.
ON_FIRST = {1: 1, 2: 2, 3: 3, 4: 2, 5: 2, 6: 2, 7: 3, 8: 2, 9: 3}
LATER_COLUMNS = {4: 2, 5: 3, 6: 2, 7: 2, 8: 3, 9: 3}
#: With slips, by the number of installments: those of each page.
WITH_SLIPS = {4: (2, 2), 5: (2, 3), 6: (3, 3), 7: (3, 2, 2), 8: (2, 3, 3), 9: (3, 3, 3)}


class Page(NamedTuple):
    """One page: the first has the summary and perhaps the single amount; rows of installments.

    Each page of a traffic fine has the summary, and `fine` has its amounts.
    """

    is_first: bool
    single: Portion | None
    columns: int
    rows: tuple[tuple[Portion, ...], ...]
    has_slips: bool
    fine: tuple[Portion, ...] = ()

    @property
    def portions(self) -> tuple[Portion, ...]:
        """The amounts of the page in reading order."""
        return (
            *filter(None, (self.single,)),
            *(each for row in self.rows for each in row),
            *self.fine,
        )


def pages_of(paper: Paper) -> tuple[Page, ...]:
    """Return the pages of a paper."""
    single, rates = paper.single, paper.rates
    if paper.fine:
        groups = [(each,) for each in paper.fine] if paper.has_slips else [paper.fine]
        return tuple(Page(True, None, TWO, (), paper.has_slips, group) for group in groups)
    if single is None and len(rates) == 1:
        single, rates = rates[0], ()
    return _with_slips(single, rates) if paper.has_slips else _without_slips(single, rates)


def _without_slips(single: Portion | None, rates: tuple[Portion, ...]) -> tuple[Page, ...]:
    first = ON_FIRST.get(len(rates), THREE) if rates else 0
    page = Page(True, single, max(first, TWO), _rows(rates[:first], THREE), False)
    columns = LATER_COLUMNS.get(len(rates), THREE)
    rows = _rows(rates[first:], columns)
    later = _groups(rows, [ROWS[columns]] * len(rows))
    return (page, *(Page(False, None, columns, tuple(group), False) for group in later))


def _with_slips(single: Portion | None, rates: tuple[Portion, ...]) -> tuple[Page, ...]:
    page = Page(True, single, TWO, (), True)
    sizes = WITH_SLIPS.get(len(rates), (THREE,) * len(rates))
    later = _groups(rates, sizes)
    return (page, *(Page(False, None, max(len(g), TWO), (tuple(g),), True) for g in later))


def _rows(rates: Sequence[Portion], columns: int) -> tuple[tuple[Portion, ...], ...]:
    return tuple(map(tuple, _groups(rates, [columns] * len(rates))))


def _groups(items: Sequence[T], sizes: Sequence[int]) -> list[Sequence[T]]:
    groups, start = [], 0
    for size in sizes:
        if start < len(items):
            groups.append(items[start : start + size])
        start += size
    return groups
