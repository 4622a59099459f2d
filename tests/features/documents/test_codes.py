"""The texts of the codes: public cases to the byte, and what never may happen."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.money import MAX_CENTS
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.cleaning import to_slip
from gpd_soap.features.documents.codes import QrContent, Slip
from tests.features.documents.samples import ORGANIZATION, POSTAL, nav

TEST_EC, TEST_DEBTOR = "99999000013", "FFFCST83A15L113V"
TEST = ("Mario Rossi", "Avviso Pagamento di TEST")
HEAD_12 = (
    "codfase=NBPA;183011883400000643561200001014811210000000327038961P191001750073CNICLD64M29A326A"
)


def digest(text: str) -> str:
    """Return the first 16 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def matrix(
    number: str, organization: str, account: str, amount: int, debtor: str, *texts: str,
    as_is: bool = False,
) -> str:  # fmt: skip
    """Return the text of a Data Matrix, with texts as they are or as we clean them."""
    name, subject = texts if as_is else (to_slip(texts[0], 40), to_slip(texts[1], 110))
    return codes.data_matrix_text(
        Slip(number, account.zfill(12), amount, organization, debtor, name, subject)
    )


@pytest.mark.parametrize(
    ("number", "organization", "amount", "text"),
    [
        ("470000008800999051", TEST_EC, 150000, "PAGOPA|002|470000008800999051|99999000013|150000"),
        ("470000008800999051", TEST_EC, 100, "PAGOPA|002|470000008800999051|99999000013|100"),
        ("470000008800999051", TEST_EC, 300000, "PAGOPA|002|470000008800999051|99999000013|300000"),
        ("470000008800999062", TEST_EC, 160000, "PAGOPA|002|470000008800999062|99999000013|160000"),
        ("470000008800999073", TEST_EC, 140000, "PAGOPA|002|470000008800999073|99999000013|140000"),
        ("470000008800999052", TEST_EC, 170000, "PAGOPA|002|470000008800999052|99999000013|170000"),
        (
            "470000008800999071",
            "12345678911",
            99_999_999_999,
            "PAGOPA|002|470000008800999071|12345678911|99999999999",
        ),
        ("322201151398574181", "81005750021", 1, "PAGOPA|002|322201151398574181|81005750021|01"),
        (
            "301188340000064356",
            "91001750073",
            3270,
            "PAGOPA|002|301188340000064356|91001750073|3270",
        ),
    ],
)
def test_qr_code_is_that_of_the_public_case(number: str, organization: str, amount: int, text: str):
    """It is written to the byte, and read back to the same values."""
    content = QrContent(number, organization, amount)

    assert codes.qr_text(content) == text
    assert codes.read_qr(text) == content


@pytest.mark.parametrize(
    ("amount", "number", "as_is", "ours"),
    [
        (150000, "470000008800999051", "72fd1efb496e24d0", "c0159527adad1a8a"),
        (300000, "470000008800999051", "d21376e7c155f22c", "d43d41e35964e392"),
        (160000, "470000008800999062", "443419d414cefa91", "e53887739fde56a9"),
        (140000, "470000008800999073", "ffc3d964133c17f2", "3be22c7c16765a18"),
        (170000, "470000008800999052", "7ecc48dc5497e61f", "8d64d682d0c821a2"),
    ],
)
def test_data_matrix_is_that_of_the_official_notice(
    amount: int, number: str, as_is: str, ours: str
):
    """Its 256 characters are those decoded from an official document, and those that we clean."""
    fields = (number, TEST_EC, "123456", amount, TEST_DEBTOR, *TEST)

    assert digest(matrix(*fields, as_is=True)) == as_is
    assert digest(matrix(*fields)) == ours


def test_data_matrix_of_another_account_is_that_of_the_official_notice():
    """The account has zeros on its left."""
    fields = ("470000008800999051", TEST_EC, "232323", 100, TEST_DEBTOR, *TEST)

    assert matrix(*fields)[13:66] == "184700000088009990511200000023232310000000010038961P1"
    assert digest(matrix(*fields, as_is=True)) == "27c9b5a17f2f6a28"
    assert digest(matrix(*fields)) == "01fd7daf49e9d5dd"


def test_data_matrix_of_the_first_case_is_written_out():
    """Each of its fields stands at its position."""
    text = matrix("470000008800999051", TEST_EC, "123456", 150000, TEST_DEBTOR, *TEST)

    assert text == (
        "codfase=NBPA;184700000088009990511200000012345610000015000038961P199999000013"
        "FFFCST83A15L113V" + "MARIO ROSSI" + 29 * " " + "AVVISO PAGAMENTO DI TEST" + 86 * " "
        + 12 * " " + "A"
    )  # fmt: skip


def test_data_matrix_keeps_a_slash_and_pads_a_short_fiscal_code():
    """A remittance text such as /10.00/TXT/ stays whole."""
    name, subject = "BENEFICIARIODESCRIZIONE", "/10.00/TXT/DIRITTI DI COPIA"
    text = matrix(
        "330161072745098448", "12345678987", "11026010", 200000095, "999999999999", name, subject
    )

    assert text == (
        "codfase=NBPA;183301610727450984481200001102601010020000009538961P112345678987"
        "999999999999" + 4 * " " + name + 17 * " " + subject + 83 * " " + 12 * " " + "A"
    )  # fmt: skip
    assert digest(text) == "612a7c4ffa9cddd6"


def test_accent_becomes_its_letter_in_the_data_matrix():
    """A lower-case accented letter becomes the letter in upper case, not a blank."""
    text = matrix(
        "301188340000064356", "91001750073", "10148112", 3270, "CNICLD64M29A326A",
        "CINà CLAUDIO", "Ticket Sanitario 2",
    )  # fmt: skip
    tail = "CINA CLAUDIO" + 28 * " " + "TICKET SANITARIO 2" + 92 * " " + 12 * " " + "A"

    assert text == HEAD_12 + tail
    assert digest(text) == "a0672c89b72c408b"


@pytest.mark.parametrize(
    "text",
    [
        "PAGOPA|003|322201151398574181|81005750021|01",
        "PAGOPA|002|322201151398574181|81005750021|01A",
        "PAPAGO|002|322201151398574181|81005750021|01",
        "PAGOPA|002|322201151398574181|810057500211|01",
        "PAGOPA|002|322201151398574181|81005750021|01\n",
        "PAGOPA|002|32220115139857418\u0661|81005750021|01",
    ],
)
def test_qr_code_of_another_form_is_refused(text: str):
    """Another version, word or length is no notice."""
    assert codes.read_qr(text) is None


def test_qr_code_with_zeros_before_the_amount_is_read():
    """We read an amount with zeros, and write it without."""
    text = "PAGOPA|002|000000000000000000|01199250158|0000015000"
    content = codes.read_qr(text)

    assert content == QrContent("000000000000000000", "01199250158", 15000)
    assert codes.qr_text(content).endswith("|15000")


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("300715700000000032", True),
        ("301730000000007517", True),
        ("300000000000003033", True),
        ("301188340000064356", True),
        ("330161072745098448", True),
        ("322201151398574181", True),
        ("001340000002217576", True),
        ("399000012345678900", False),
        ("302051234567890111", False),
    ],
)
def test_check_digits_of_public_numbers(number: str, *, right: bool):
    """They are the first 16 digits modulo 93."""
    assert codes.has_right_check_digits(number) is right


def test_notice_number_is_printed_in_fours():
    """The zero in front stays."""
    assert codes.in_fours("001340000002217576") == "0013 4000 0002 2175 76"


@pytest.mark.parametrize(
    ("cents", "text"),
    [(1, "0,01"), (100, "1,00"), (102099, "1.020,99"), (MAX_CENTS, "999.999.999,99")],
)
def test_amount_on_paper_is_italian(cents: int, text: str):
    """It has a point between thousands and a comma before the cents."""
    assert codes.euro(cents) == text


@pytest.mark.parametrize(
    ("iban", "account"),
    [
        (POSTAL, "000000123456"),
        ("IT60X0542811101000000123456", None),
        ("IT46X07601032000000001234A6", None),
        (None, None),
    ],
)
def test_postal_account_is_the_end_of_its_iban(iban: str | None, account: str | None):
    """An account of another bank, or with a letter, gets no slip."""
    assert codes.account_of(iban) == account


@pytest.mark.parametrize(("cents", "fits"), [(1, True), (9_999_999_999, True), (10**10, False)])
def test_slip_holds_ten_digits_of_cents(cents: int, *, fits: bool):
    """99.999.999,99 is the most; one cent more is refused."""
    slip = Slip(nav(1), "000000123456", cents, ORGANIZATION, "", "", "")

    if fits:
        assert codes.data_matrix_text(slip)[49:59] == f"{cents:010d}"
    else:
        with pytest.raises(ValueError, match="does not fit"):
            codes.data_matrix_text(slip)


@pytest.mark.parametrize(
    "fields",
    [
        {"nav": "3470"},
        {"account": "123456"},
        {"account": "00000012345A"},
        {"organization": "7777777777"},
        {"debtor_code": 17 * "A"},
        {"debtor_name": 41 * "A"},
        {"subject": 111 * "A"},
        {"subject": "à"},
        {"amount": -1},
    ],
    ids=str,
)
def test_field_that_does_not_fit_makes_no_data_matrix(fields: dict[str, object]):
    """A field of another width or alphabet would move every later one."""
    slip = Slip(nav(1), "000000123456", 1, ORGANIZATION, "", "", "")
    assert len(codes.data_matrix_text(slip)) == 256

    with pytest.raises(ValueError, match="does not fit"):
        codes.data_matrix_text(slip._replace(**fields))  # type: ignore[arg-type]  # as above


any_text = st.text(max_size=300)


@given(
    name=any_text,
    subject=any_text,
    debtor=st.text(max_size=30),
    amount=st.integers(1, codes.MAX_SLIP_CENTS),
)
def test_data_matrix_of_any_text_has_256_known_characters(
    name: str, subject: str, debtor: str, amount: int
):
    """Each field stands at its position whatever the texts are, with one amount in both codes."""
    content = QrContent(nav(7), ORGANIZATION, amount)
    slip, changes = codes.slip_of(content, POSTAL, debtor, name, subject)
    text = codes.data_matrix_text(slip)

    assert len(text) == 256
    assert text.isascii()
    assert text[13:15] + text[15:33] == "18" + nav(7)
    assert int(text[49:59]) == amount
    assert codes.read_qr(codes.qr_text(content)) == content
    assert text[77:93] == to_slip(debtor, 16)
    assert text[93:133] == to_slip(name, 40)
    assert text[133:243] == to_slip(subject, 110)
    assert text[243:] == 12 * " " + "A"
    for change in changes:
        assert change.after != change.before
