"""Checks of codes on import; requests of the Node are not checked here.

A function `problem_with_…` returns why a value is refused, or None if it is accepted.
A function `warning_for_…` returns what was expected where a person should look, or None.
No text repeats the value, which may be personal data.  Source: the simple types of the XSD.
"""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# SPEC: Italian BBAN: CIN (a letter), ABI (5 digits), CAB (5 digits), account (12).
_ITALIAN_IBAN = re.compile(r"IT[0-9]{2}[A-Z][0-9]{10}[A-Z0-9]{12}")
_ITALIAN_LENGTH = 27
_POSTE_ITALIANE = "07601"
_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")
# SPEC: omocodia (D.M. 23/12/1976): L M N P Q R S T U V may stand for the digits 0 to 9.
_PERSON = re.compile(r"[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]")
# SPEC: D.M. 23/12/1976: values at odd positions of 0 to 9 (the same for A to J), then of K to Z.
_ODD = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
    *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)
# SPEC: stEMail; its XSD pattern is anchored at both ends.
_EMAIL = re.compile(r"[a-zA-Z0-9_.+\-]+@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*")
_EMAIL_LIMIT = 256
_TAXONOMY_LIMIT = 140

# SPEC: SANP: the fiscal code in a message whose debtor is not known.
ANONYMOUS = "ANONIMO"

# SPEC: ISO 3166-1 alpha-2, the 249 officially assigned codes.
_ISO_3166 = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
    VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ISO_3166.split())


def problem_with_iban(iban: str) -> str | None:
    """Return why an IBAN is refused (shape, Italian length, checksum), or None.

    Source: ISO 13616 and ISO 7064 mod 97-10.  LIMIT: only the length of Italian IBANs is checked.
    """
    if not _IBAN.fullmatch(iban):
        return "expected an IBAN: 2 capital letters, 2 digits, 11 to 30 capital letters or digits"
    if iban.startswith("IT") and len(iban) != _ITALIAN_LENGTH:
        return f"expected {_ITALIAN_LENGTH} characters for an Italian IBAN, found {len(iban)}"
    if iban.startswith("IT") and not _ITALIAN_IBAN.fullmatch(iban):
        return "expected an Italian IBAN: IT, 2 digits, a letter, 10 digits, 12 letters or digits"
    # WHY: naming the right digits would invite somebody to correct them in a mistyped account.
    if iban[2:4] != _iban_check(iban):
        return "the checksum of the IBAN (mod 97) does not match"
    return None


def is_postal_iban(iban: str) -> bool:
    """Return whether an IBAN is a postal account: Italian, with the bank code (ABI) 07601."""
    return _ITALIAN_IBAN.fullmatch(iban) is not None and iban[5:10] == _POSTE_ITALIANE


def problem_with_fiscal_code_pa(code: str) -> str | None:
    """Return why a code cannot be an organization's (XSD: `stFiscalCodePA`), or None."""
    return None if _ELEVEN_DIGITS.fullmatch(code) else "expected 11 digits"


def warning_for_fiscal_code(code: str) -> str | None:
    """Return what a fiscal code or VAT number should be where it looks wrong, or None.

    WHY: official test codes fail their own check digits, and a foreign code may have any shape.
    So the text is a warning and no reason to refuse.
    """
    if code == ANONYMOUS:
        return None
    if _ELEVEN_DIGITS.fullmatch(code):
        return None if _company_check(code) == code[10] else "a code whose check digit is right"
    if _PERSON.fullmatch(code):
        return None if _person_check(code) == code[15] else "a code whose check letter is right"
    return "the 16 characters of a codice fiscale, or the 11 digits of a partita IVA"


def problem_with_taxonomy(text: str) -> str | None:
    """Return why a text cannot be a taxonomy code (codice tassonomico), or None.

    WHY: both 0101002IM and 9/0101002IM/ are in use, and the XSD limits only the length of
    transferCategory, so no shape is required.
    """
    if not 1 <= len(text) <= _TAXONOMY_LIMIT:
        return f"expected 1 to {_TAXONOMY_LIMIT} characters"
    if not text.isprintable() or text != text.strip():
        return "expected printable characters, without spaces at the ends"
    return None


def problem_with_country(code: str) -> str | None:
    """Return why a code is not a country of ISO 3166-1 alpha-2 in capitals, or None."""
    return None if code in COUNTRIES else "expected an ISO 3166-1 country: 2 capital letters"


def problem_with_email(address: str) -> str | None:
    """Return why a message cannot carry an e-mail address (XSD: `stEMail`), or None."""
    if len(address) > _EMAIL_LIMIT:
        return f"expected at most {_EMAIL_LIMIT} characters"
    return None if _EMAIL.fullmatch(address) else "expected an e-mail address: name@domain"


def _iban_check(iban: str) -> str:
    rotated = iban[4:] + iban[:2] + "00"
    return f"{98 - int(''.join(str(int(c, 36)) for c in rotated)) % 97:02d}"


def _company_check(code: str) -> str:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in code[1:10:2])
    return str(-(sum(map(int, code[0:10:2])) + sum(doubled)) % 10)


def _person_check(code: str) -> str:
    # WHY: in base 36 a letter has the value of its index in the alphabet plus 10.
    values = [int(c, 36) - 10 if c.isalpha() else int(c) for c in code[:15]]
    total = sum(_ODD[value] for value in values[::2]) + sum(values[1::2])
    return chr(ord("A") + total % 26)
