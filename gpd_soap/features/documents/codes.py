"""The texts of a notice's QR code and of a slip's Data Matrix, from integers and digits.

Source: L'avviso di pagamento 3.5.1 (pagoPA), "codice QR"; Poste Italiane's own rule for the Data
Matrix is not public, so its positions are those that official notices carry.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gpd_soap.core.codes import is_postal_iban
from gpd_soap.core.money import MAX_CENTS, MIN
from gpd_soap.core.notice import check_digits
from gpd_soap.features.documents.cleaning import Change, slip_change, to_slip

# SPEC: the amount field of the Data Matrix has 10 digits.
MAX_SLIP_CENTS = 9_999_999_999
#: LIMIT: cents; a QR code with 11 digits is valid, and some payment apps read 10 at most.
MAX_WELL_READ_CENTS = 9_999_999_999
DATA_MATRIX_LENGTH = 256
DOCUMENT_TYPE, SLIP_TYPE = "896", "P1"
ACCOUNT, CODE, NAME, SUBJECT = 12, 16, 40, 110

_QR = re.compile(r"PAGOPA\|002\|([0-9]{18})\|([0-9]{11})\|([0-9]{2,11})", re.ASCII)


class QrContent(NamedTuple):
    """The content of a notice's QR code; `amount` is in cents."""

    nav: str
    organization: str
    amount: int


class Slip(NamedTuple):
    """The fields of a slip as its Data Matrix carries them: each has its exact width."""

    nav: str
    account: str
    amount: int
    organization: str
    debtor_code: str
    debtor_name: str
    subject: str


def qr_text(content: QrContent) -> str:
    """Return the text of a QR code.

    Raises ValueError unless the number has 18 digits, the organization 11, and the amount 1 to 11.
    """
    text = f"PAGOPA|002|{content.nav}|{content.organization}|{content.amount:02d}"
    if not MIN <= content.amount <= MAX_CENTS or _QR.fullmatch(text) is None:
        raise ValueError("QR code: a field does not fit")
    return text


def read_qr(text: str) -> QrContent | None:
    """Return the content of a QR code's text, or None if it is no notice of version 002."""
    match = _QR.fullmatch(text)
    return QrContent(match[1], match[2], int(match[3])) if match else None


def slip_of(
    content: QrContent, iban: str, debtor_code: str, debtor_name: str, subject: str
) -> tuple[Slip, tuple[Change, ...]]:
    """Return the fields of a slip, and those whose texts were changed or cut.

    Raises ValueError unless `account_of(iban)` is an account.
    """
    account = account_of(iban)
    if account is None:
        raise ValueError("slip: the IBAN is not a postal account")
    texts = (
        ("slip.debtorCode", debtor_code, to_slip(debtor_code, CODE)),
        ("slip.debtorName", debtor_name, to_slip(debtor_name, NAME)),
        ("slip.subject", subject, to_slip(subject, SUBJECT)),
    )
    changes = tuple(filter(None, (slip_change(*each) for each in texts)))
    code, name, cause = (printed for _, _, printed in texts)
    slip = Slip(content.nav, account, content.amount, content.organization, code, name, cause)
    return slip, changes


def data_matrix_text(slip: Slip) -> str:
    """Return the 256 characters of a Data Matrix.

    Raises ValueError if a field does not have its width, or the text is not ASCII.
    """
    text = (
        f"codfase=NBPA;18{slip.nav}12{slip.account}10{slip.amount:010d}3{DOCUMENT_TYPE}"
        f"1{SLIP_TYPE}{slip.organization}{slip.debtor_code:16}{slip.debtor_name:40}"
        f"{slip.subject:110}{'':12}A"
    )
    digits = slip.nav + slip.account + slip.organization
    widths = tuple(map(len, (slip.nav, slip.account, slip.organization)))
    if (
        widths != (18, ACCOUNT, 11)
        or not (text.isascii() and digits.isdigit() and 0 <= slip.amount <= MAX_SLIP_CENTS)
        or not (len(slip.debtor_code) <= CODE and len(slip.debtor_name) <= NAME)
        or len(text) != DATA_MATRIX_LENGTH
    ):
        raise ValueError("Data Matrix: a field does not fit")
    return text


def account_of(iban: str | None) -> str | None:
    """Return the 12 digits of a postal account by its IBAN, or None if it is none."""
    if (
        iban is None
        or not is_postal_iban(iban)
        or not (iban.isascii() and iban[-ACCOUNT:].isdigit())
    ):
        return None
    return iban[-ACCOUNT:]


def in_fours(nav: str) -> str:
    """Return a notice number as paper shows it.

    >>> in_fours("001340000002217576")
    '0013 4000 0002 2175 76'
    """
    return " ".join(nav[start : start + 4] for start in range(0, len(nav), 4))


def has_right_check_digits(nav: str) -> bool:
    """Return whether the last two digits are the first 16 modulo 93; aux digit 1 has none.

    Raises ValueError unless the first 16 characters are digits.
    """
    return nav[:1] == "1" or nav[16:] == check_digits(nav[:16])


def euro(cents: int, language: str = "it") -> str:
    """Return an amount as an Italian reads it, or as readers of English do.

    >>> euro(102099), euro(1), euro(99_999_999_999), euro(102099, "en")
    ('1.020,99', '0,01', '999.999.999,99', '1,020.99')
    """
    if language == "en":
        # SPEC: L'avviso di pagamento 3.5.1, technical specifications: the amount in English.
        return f"{cents // 100:,}.{cents % 100:02d}"
    return f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"
