"""Public notices, made whole and read back: each code of each page is that of the official one."""

import hashlib
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.position import NewOption
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.notice import Reason
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import differences, read_pages
from gpd_soap.features.documents.release import release
from gpd_soap.features.documents.typesetting import Typesetter
from tests.drawn import draws
from tests.features.documents.samples import BANK, DEBTOR, DUE, NOW, option, paper

TEST_EC = "99999000013"
TEST_DEBTOR = DEBTOR._replace(code="FFFCST83A15L113V", full_name="Mario Rossi")
SUBJECT = "Avviso Pagamento di TEST"


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


def public(
    number: str,
    amount: int,
    subject: str = SUBJECT,
    account: str = "123456",
    plan: str | None = None,
    due_at: datetime = DUE,
) -> NewOption:
    """Return a public notice with a slip."""
    transfer = (
        option(1)
        .transfers[0]
        ._replace(
            amount=amount, iban=BANK, postal_iban=f"IT46X07601032{account.zfill(12).rjust(14, '0')}"
        )
    )
    return option(1, amount, nav=number, iuv=number[1:], description=subject,
                  transfers=(transfer,), plan=plan, due_at=due_at)  # fmt: skip


def digest(text: str) -> str:
    """Return the first 16 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def shown(pdf: bytes) -> list[tuple[list[str], list[str]]]:
    """Return the QR codes of each page, and the digests of its Data Matrix codes."""
    return [
        (
            sorted(text for kind, text in page.codes if kind == "QR code"),
            sorted(digest(text) for kind, text in page.codes if kind == "Data Matrix"),
        )
        for page in read_pages(pdf)
    ]


@pytest.mark.parametrize(
    ("number", "organization", "amount", "account", "matrix"),
    [
        ("470000008800999051", TEST_EC, 150000, "123456", "c0159527adad1a8a"),
        ("470000008800999051", TEST_EC, 100, "232323", "01fd7daf49e9d5dd"),
        ("470000008800999071", "12345678911", 99_999_999_999, "123456", None),
    ],
)
def test_single_notice_is_that_of_the_official_document(
    typesetter: Typesetter, number: str, organization: str, amount: int, account: str,
    matrix: str | None,
):  # fmt: skip
    """Its QR code and its slip are read from the page; the largest amount has no slip."""
    printed = paper(
        public(number, amount, account=account), organization=organization, debtor=TEST_DEBTOR
    )
    pdf = release(typesetter, printed, NOW).pdf

    assert shown(pdf) == [
        ([f"PAGOPA|002|{number}|{organization}|{amount}"], [matrix] if matrix else [])
    ]
    reasons = {note.reason for note in printed.notes}
    assert (Reason.SLIP_AMOUNT in reasons) is (matrix is None)


def test_plan_beside_a_single_payment_is_that_of_the_official_document(typesetter: Typesetter):
    """Page 1 has the total with its own number, and page 2 both installments."""
    numbers = ("470000008800999051", "470000008800999062", "470000008800999073")
    printed = paper(
        public(numbers[0], 300000),
        public(numbers[1], 160000, plan="A"),
        public(numbers[2], 140000, plan="A", due_at=DUE + timedelta(days=30)),
        organization=TEST_EC,
        debtor=TEST_DEBTOR,
    )
    pdf = release(typesetter, printed, NOW).pdf

    assert shown(pdf) == [
        ([f"PAGOPA|002|{numbers[0]}|{TEST_EC}|300000"], ["d43d41e35964e392"]),
        (
            [
                f"PAGOPA|002|{numbers[1]}|{TEST_EC}|160000",
                f"PAGOPA|002|{numbers[2]}|{TEST_EC}|140000",
            ],
            ["3be22c7c16765a18", "e53887739fde56a9"],
        ),
    ]


def test_health_ticket_is_that_of_the_public_sample(typesetter: Typesetter):
    """An accented letter of the name is its base letter in the slip, and itself on paper."""
    debtor = DEBTOR._replace(code="CNICLD64M29A326A", full_name="CINà CLAUDIO")
    printed = paper(
        public("301188340000064356", 3270, "Ticket Sanitario 2", "10148112"),
        organization="91001750073",
        debtor=debtor,
    )
    pdf = release(typesetter, printed, NOW).pdf
    qr = "PAGOPA|002|301188340000064356|91001750073|3270"

    assert shown(pdf) == [([qr], ["a0672c89b72c408b"])]
    assert "CINà CLAUDIO" in read_pages(pdf)[0].text
    assert "32,70" in read_pages(pdf)[0].text


def test_number_with_application_code_keeps_its_zeros(typesetter: Typesetter):
    """On paper it stands in fours."""
    pdf = release(typesetter, paper(public("001340000002217576", 1)), NOW).pdf

    assert "0013 4000 0002 2175 76" in read_pages(pdf)[0].text
    assert shown(pdf)[0][0] == ["PAGOPA|002|001340000002217576|77777777777|01"]


@draws(20)
@given(
    name=st.text(max_size=120),
    subject=st.text(max_size=160),
    company=st.text(max_size=120),
    amount=st.integers(1, codes.MAX_SLIP_CENTS),
)
def test_any_texts_are_printed_with_one_amount_in_three_places(
    typesetter: Typesetter, name: str, subject: str, company: str, amount: int
):
    """Text, QR code and Data Matrix say the same, whatever the texts are."""
    printed = paper(
        option(1, amount, slip=True, description=subject),
        debtor=DEBTOR._replace(full_name=name), company_name=company,
    )  # fmt: skip
    pdf = typesetter.notice(printed, NOW)

    assert differences(pdf, [page.portions for page in pages_of(printed)]) == []
    [page] = read_pages(pdf)
    by_kind = dict(page.codes)
    assert by_kind["QR code"].endswith(f"|{amount:02d}")
    assert by_kind["Data Matrix"][49:59] == f"{amount:010d}"
    assert codes.euro(amount) in page.text.split()
