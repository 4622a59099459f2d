"""What a quote must keep to, so that no notice is made that an answer cannot carry.

Source: the simple types of spec/pagopa-ec.md 1.0 and the Node's own rules, 1.7.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime

from gpd_soap.core import codes, money
from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.usecases.spontaneous.quote import Account, Quote

#: What XML 1.0 cannot carry, and the controls that it can and nobody wants on a notice.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SEGREGATION = r"[0-9]{2}"

#: LIMIT: stText140 and stText70; 2 to 16 characters of a code; 1 to 5 transfers; 10 entries.
LONGEST_TEXT, LONGEST_NAME = 140, 70
SHORTEST_CODE, LONGEST_CODE = 2, 16
MOST_TRANSFERS, MOST_ENTRIES = 5, 10
#: LIMIT: how a debtor's other fields are kept and said.
DEBTOR = {"street_name": 70, "civic_number": 16, "postal_code": 16, "city": 35, "province": 35}
LONGEST_HASH = 72


def problem_with_quote(quote: Quote, now: datetime) -> str | None:
    """Name the first rule that a quote breaks, without what it says; None when it keeps to all."""
    return next(_problems(quote, now), None)


def _problems(quote: Quote, now: datetime) -> Iterator[str]:
    if not _is_amount(quote.amount):
        yield f"amount: expected an int of {money.MIN} to {money.MAX_CENTS} cents"
    if not is_text(quote.description):
        yield "description: expected 1 to 140 characters"
    if quote.due_at.tzinfo is None or quote.due_at < now:
        yield "due_at: expected an instant with its zone, not in the past"
    if not re.fullmatch(SEGREGATION, quote.segregation_code):
        yield "segregation_code: expected 2 digits"
    if not all(text is None or is_text(text) for text in (quote.company_name, quote.office_name)):
        yield "company_name, office_name: expected 1 to 140 characters"
    yield from _of_metadata(quote.metadata)
    yield from _of_debtor(quote.debtor)
    if isinstance(quote.credit, Account):
        yield from _of_account(quote.credit)
    else:
        yield from _of_transfers(quote.credit, quote.amount)


def _of_debtor(debtor: Debtor) -> Iterator[str]:
    if debtor.kind not in ("F", "G"):
        yield "debtor.kind: expected F or G"
    if not is_text(debtor.code, LONGEST_CODE, SHORTEST_CODE):
        yield "debtor.code: expected 2 to 16 characters"
    if not is_text(debtor.full_name, LONGEST_NAME):
        yield "debtor.full_name: expected 1 to 70 characters"
    for name, longest in DEBTOR.items():
        text = getattr(debtor, name)
        if text is not None and not is_text(text, longest):
            yield f"debtor.{name}: expected 1 to {longest} characters"
    if debtor.country is not None and codes.problem_with_country(debtor.country):
        yield "debtor.country: expected an ISO 3166-1 country"
    if debtor.email is not None and codes.problem_with_email(debtor.email):
        yield "debtor.email: expected an e-mail address"


def _of_account(account: Account) -> Iterator[str]:
    if account.remittance_information is not None and not is_text(account.remittance_information):
        yield "remittance_information: expected 1 to 140 characters"
    if account.iban is None and account.postal_iban is None:
        yield "iban, postal_iban: expected one of them, or both"
    yield from _of_ibans(account.iban, account.postal_iban)
    yield from _of_category(account.category)


def _of_transfers(transfers: tuple[Transfer, ...], amount: int) -> Iterator[str]:
    numbers = {transfer.number for transfer in transfers}
    if len(numbers) != len(transfers) or 1 not in numbers:
        yield "transfers: expected distinct numbers, 1 among them"
    if not numbers <= set(range(1, MOST_TRANSFERS + 1)):
        yield f"transfers: expected numbers 1 to {MOST_TRANSFERS}"
    if sum(transfer.amount for transfer in transfers) != amount:
        yield "transfers: expected a sum that is the amount"
    for transfer in transfers:
        yield from _of_transfer(transfer)


def _of_transfer(transfer: Transfer) -> Iterator[str]:
    if not _is_amount(transfer.amount):
        yield "transfer.amount: expected at least 1 cent"
    if codes.problem_with_fiscal_code_pa(transfer.organization):
        yield "transfer.organization: expected 11 digits"
    if transfer.company_name is not None and not is_text(transfer.company_name):
        yield "transfer.company_name: expected 1 to 140 characters"
    if not is_text(transfer.remittance_information):
        yield "transfer.remittance_information: expected 1 to 140 characters"
    if (transfer.iban is None and transfer.postal_iban is None) == (transfer.stamp is None):
        yield "transfer: expected an account, or a stamp alone"
    if transfer.stamp is not None:
        yield from _of_stamp(transfer.stamp)
    yield from _of_ibans(transfer.iban, transfer.postal_iban)
    yield from _of_category(transfer.category)
    yield from _of_metadata(transfer.metadata)


def _of_stamp(stamp: Stamp) -> Iterator[str]:
    if stamp.kind != "01" or not re.fullmatch("[A-Z]{2}", stamp.province):
        yield "transfer.stamp: expected kind 01 and a province of 2 capital letters"
    if not _is_base64(stamp.document_hash) or len(stamp.document_hash) > LONGEST_HASH:
        yield "transfer.stamp: expected a hash in base64, of at most 72 characters"


def _of_ibans(*ibans: str | None) -> Iterator[str]:
    for iban in ibans:
        problem = None if iban is None else codes.problem_with_iban(iban)
        if problem is not None:
            yield f"iban: {problem}"


def _of_category(category: str) -> Iterator[str]:
    problem = codes.problem_with_taxonomy(category)
    if problem is not None:
        yield f"category: {problem}"


def _of_metadata(metadata: Metadata) -> Iterator[str]:
    if len(metadata) > MOST_ENTRIES or len(dict(metadata)) != len(metadata):
        yield f"metadata: expected at most {MOST_ENTRIES} entries, each key once"
    if not all(is_text(part) for entry in metadata for part in entry):
        yield "metadata: expected 1 to 140 characters"


def _is_amount(cents: object) -> bool:
    # WHY: whoever wrote the quote may not check types, and a float may not become money.
    return type(cents) is int and money.MIN <= cents <= money.MAX_CENTS


def _is_base64(text: str) -> bool:
    # WHY: the schema wants the last bits to be zero, which the decoder lets pass.
    try:
        return text != "" and base64.b64encode(base64.b64decode(text)) == text.encode()
    except ValueError:
        return False


def is_text(text: str, longest: int = LONGEST_TEXT, shortest: int = 1) -> bool:
    """Whether a text can be said: its length, no controls, no blanks at its ends."""
    in_bounds = shortest <= len(text) <= longest
    return in_bounds and text == text.strip() and not CONTROLS.search(text)
