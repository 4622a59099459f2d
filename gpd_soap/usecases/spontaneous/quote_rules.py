"""The rules for a quote, so that no notice is issued that an answer cannot carry.

SPEC: XSD, simple types; Messages, rule 6; Money, rules 2 and 3.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime

from gpd_soap.core import codes, money
from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.usecases.spontaneous.quote import Account, Quote

#: Characters that XML 1.0 cannot carry, and control characters that no notice can show.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SEGREGATION = r"[0-9]{2}"

#: LIMIT: characters of a text (stText140), a name (stText70) and a code; transfers; entries.
LONGEST_TEXT, LONGEST_NAME = 140, 70
SHORTEST_CODE, LONGEST_CODE = 2, 16
MOST_TRANSFERS, MOST_ENTRIES = 5, 10
#: LIMIT: characters of a debtor's other fields, in the store and in the XSD.
DEBTOR = {"street_name": 70, "civic_number": 16, "postal_code": 16, "city": 35, "province": 35}
#: LIMIT: characters of the hash of a stamp.
LONGEST_HASH = 72


def problem_with_quote(quote: Quote, now: datetime) -> str | None:
    """Return the first rule that a quote breaks, without its values, or None."""
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
    yield from _problems_of_metadata(quote.metadata)
    yield from _problems_of_debtor(quote.debtor)
    if isinstance(quote.credit, Account):
        yield from _problems_of_account(quote.credit)
    else:
        yield from _problems_of_transfers(quote.credit, quote.amount)


def _problems_of_debtor(debtor: Debtor) -> Iterator[str]:
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


def _problems_of_account(account: Account) -> Iterator[str]:
    if account.remittance_information is not None and not is_text(account.remittance_information):
        yield "remittance_information: expected 1 to 140 characters"
    if account.iban is None and account.postal_iban is None:
        yield "iban, postal_iban: expected one of them, or both"
    yield from _problems_of_ibans(account.iban, account.postal_iban)
    yield from _problems_of_category(account.category)


def _problems_of_transfers(transfers: tuple[Transfer, ...], amount: int) -> Iterator[str]:
    numbers = {transfer.number for transfer in transfers}
    if len(numbers) != len(transfers) or 1 not in numbers:
        yield "transfers: expected distinct numbers, 1 among them"
    if not numbers <= set(range(1, MOST_TRANSFERS + 1)):
        yield f"transfers: expected numbers 1 to {MOST_TRANSFERS}"
    if sum(transfer.amount for transfer in transfers) != amount:
        yield "transfers: expected a sum that is the amount"
    for transfer in transfers:
        yield from _problems_of_transfer(transfer)


def _problems_of_transfer(transfer: Transfer) -> Iterator[str]:
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
        yield from _problems_of_stamp(transfer.stamp)
    yield from _problems_of_ibans(transfer.iban, transfer.postal_iban)
    yield from _problems_of_category(transfer.category)
    yield from _problems_of_metadata(transfer.metadata)


def _problems_of_stamp(stamp: Stamp) -> Iterator[str]:
    if stamp.kind != "01" or not re.fullmatch("[A-Z]{2}", stamp.province):
        yield "transfer.stamp: expected kind 01 and a province of 2 capital letters"
    if not _is_base64(stamp.document_hash) or len(stamp.document_hash) > LONGEST_HASH:
        yield "transfer.stamp: expected a hash in base64, of at most 72 characters"


def _problems_of_ibans(*ibans: str | None) -> Iterator[str]:
    for iban in ibans:
        problem = None if iban is None else codes.problem_with_iban(iban)
        if problem is not None:
            yield f"iban: {problem}"


def _problems_of_category(category: str) -> Iterator[str]:
    problem = codes.problem_with_taxonomy(category)
    if problem is not None:
        yield f"category: {problem}"


def _problems_of_metadata(metadata: Metadata) -> Iterator[str]:
    if len(metadata) > MOST_ENTRIES or len(dict(metadata)) != len(metadata):
        yield f"metadata: expected at most {MOST_ENTRIES} entries, each key once"
    if not all(is_text(part) for entry in metadata for part in entry):
        yield "metadata: expected 1 to 140 characters"


def _is_amount(cents: object) -> bool:
    # WHY: the author of a kind may not check types, and a float must not become an amount.
    return type(cents) is int and money.MIN <= cents <= money.MAX_CENTS


def _is_base64(text: str) -> bool:
    # WHY: the schema wants the last bits to be zero, and the decoder does not check that.
    try:
        return text != "" and base64.b64encode(base64.b64decode(text)) == text.encode()
    except ValueError:
        return False


def is_text(text: str, longest: int = LONGEST_TEXT, shortest: int = 1) -> bool:
    """Return whether an answer can carry a text: its length, its characters, no outer blanks."""
    in_bounds = shortest <= len(text) <= longest
    return in_bounds and text == text.strip() and not CONTROLS.search(text)
