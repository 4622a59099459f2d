"""The traffic fine: two amounts of one debt, each with its code, and the notes on the choice."""

from datetime import timedelta

import pypdfium2
import pytest

from gpd_soap.core.debt import Stamp
from gpd_soap.core.position import NewOption
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.notice import (
    Reason,
    Refused,
    Term,
    choose_fine,
    paper_of,
    ways_of,
)
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import differences, read_pages
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents.samples import (
    DEBTOR,
    DUE,
    ISSUER,
    NOW,
    fine,
    marks,
    nav,
    on_page,
    option,
    plan,
    position,
)

STAMPED = option(1).transfers[0]._replace(stamp=Stamp("aGFzaA==", "01", "RM"))
LATER = DUE + timedelta(days=55)


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ((option(1, 7000), option(2, 10000, due_at=LATER)), (1, 2)),
        ((option(2, 10000, due_at=LATER), option(1, 7000)), (1, 2)),
        ((option(1, 10000), option(2, 7000)), (2, 1)),
        # WHY: pagoPA's own reference document has a discounted amount above the reduced one.
        ((option(1, 150000, due_at=LATER), option(2, 170000)), (2, 1)),
    ],
)
def test_the_amount_that_is_due_first_is_the_discounted_one(
    options: tuple[NewOption, ...], order: tuple[int, int]
):
    """Of two that are due together it is the smaller one."""
    debt = position(*options)
    chosen = choose_fine(debt, ways_of(debt.options, [False, False]), NOW)

    assert not isinstance(chosen, Refused)
    assert [(way.option.nav, way.term) for way in chosen] == [
        (nav(order[0]), Term.DISCOUNTED),
        (nav(order[1]), Term.REDUCED),
    ]


@pytest.mark.parametrize(
    ("options", "settled", "refused"),
    [
        ((option(1),), (False,), Refused(Reason.FINE, None)),
        ((option(1), option(2), option(3)), 3 * (False,), Refused(Reason.FINE, None)),
        (plan(2), (False, False), Refused(Reason.FINE, None)),
        ((option(1), option(2)), (True, False), Refused(Reason.PAID, nav(1))),
        ((option(1), option(2)), (False, True), Refused(Reason.EXCLUDED, nav(1))),
        (
            (option(1, due_at=NOW - timedelta(days=1)), option(2)),
            (False, False),
            Refused(Reason.EXPIRED, nav(1)),
        ),
        (
            (option(1), option(2, transfers=(STAMPED,))),
            (False, False),
            Refused(Reason.STAMP, nav(2)),
        ),
    ],
)
def test_fine_that_has_not_two_payable_amounts_is_refused(
    options: tuple[NewOption, ...], settled: tuple[bool, ...], refused: Refused
):
    """The reason names the notice that cannot be printed."""
    debt = position(*options)

    assert choose_fine(debt, ways_of(debt.options, settled), NOW) == refused


def test_fine_without_slips_has_both_amounts_on_one_page(typesetter: Typesetter):
    """The codes stand 187 and 244 mm from the top, as in the official document."""
    printed = fine(slip=False)
    pdf = typesetter.notice(printed, NOW)
    title: object = on_page(pdf)("Importo scontato")
    squares = sorted((mark.y, mark.x, mark.width) for _, mark in marks(pdf))

    assert differences(pdf, [page.portions for page in pages_of(printed)]) == []
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    for read, expected in zip(squares, [(187, 10, 25), (244, 10, 25)], strict=True):
        measured: object = read
        assert measured == tuple(pytest.approx(each, abs=0.4) for each in expected)
    assert title == (pytest.approx(10, abs=0.6), pytest.approx(104.3, abs=0.6))
    assert "entro il" not in read_pages(pdf)[0].text
    assert "Rata" not in read_pages(pdf)[0].text


def test_fine_with_slips_has_a_page_for_each_amount(typesetter: Typesetter):
    """The QR code stands 180 mm from the top and the Data Matrix 251 mm."""
    printed = fine(slip=True)
    pdf = typesetter.notice(printed, NOW)

    assert differences(pdf, [page.portions for page in pages_of(printed)]) == []
    for index, (amount, terms) in enumerate(
        [("70,00", "entro 5 giorni"), ("100,00", "dal 6º al 60º")]
    ):
        by_kind = {text[:6]: mark for text, mark in marks(pdf, index)}
        assert by_kind["PAGOPA"].y == pytest.approx(180, abs=0.4)
        assert by_kind["codfas"].y == pytest.approx(251, abs=0.6)
        text = read_pages(pdf)[index].text
        assert text.count(f"Euro {amount}") == 3
        assert text.count(f"{terms}") == 3
        assert "Cosa succede in caso di giacenza?" in text


def test_fine_is_that_of_the_official_document(typesetter: Typesetter):
    """Two pages: 1.700,00 discounted, then 1.500,00 reduced, with the texts of its codes."""
    organization, account = "99999000013", "IT46X0760103200000000123456"
    debtor = DEBTOR._replace(code="FFFCST83A15L113V", full_name="Mario Rossi")
    discounted, reduced = (
        option(1, amount, slip=True, nav=number, due_at=due, description="Avviso Pagamento di TEST")
        for amount, number, due in (
            (170000, "470000008800999052", DUE),
            (150000, "470000008800999051", LATER),
        )
    )
    debt = position(discounted, reduced, organization=organization, debtor=debtor)
    assert discounted.transfers[0].postal_iban == account
    chosen = choose_fine(debt, ways_of(debt.options, [False, False]), NOW)
    assert not isinstance(chosen, Refused)
    printed = paper_of(debt, chosen, ISSUER, NOW)
    pages = read_pages(typesetter.notice(printed, NOW))

    assert [sorted(text for _, text in page.codes) for page in pages] == [
        [
            f"PAGOPA|002|{number}|{organization}|{amount}",
            codes.data_matrix_text(portion.slip),
        ]
        for portion, number, amount in zip(
            printed.fine,
            ("470000008800999052", "470000008800999051"),
            (170000, 150000),
            strict=True,
        )
        if portion.slip
    ]
