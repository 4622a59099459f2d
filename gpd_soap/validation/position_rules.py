"""The rules between the fields of a position, and warnings that a person should check.

SPEC: Notice numbers, rules 1 to 3; Money, rule 3; GPD `DebtPositionValidation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gpd_soap.core import codes, notice
from gpd_soap.validation.finding import FieldError, path
from gpd_soap.validation.position_v1 import Entry, Option, Position, Transfer

#: SPEC: GPD `DebtPositionValidation`: the metadata key of a notification fee is reserved.
RESERVED = "NOTIFICATION_FEE"


class Findings(NamedTuple):
    """The errors, which refuse a position, and the warnings, which do not."""

    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


def check_rules(position: Position, organization: str, *, lenient: bool) -> Findings:
    """Return the findings about a position whose single fields are valid.

    With `lenient`, a notice number that we would not issue is a warning: wrong check digits,
    another aux digit, another IUV inside.  A number that no message can carry is always an error.
    """
    numbers = [f for i, o in enumerate(position.payment_option) for f in _number_findings(o, i)]
    errors = [*_impossible_numbers(position), *_repeated_numbers(position), *_plans(position)]
    for index, option in enumerate(position.payment_option):
        errors += _date_findings(option, index, position)
        errors += _transfer_findings(option, index)
        errors += _metadata_findings(option, index)
    warnings = list(_warnings(position, organization))
    (warnings if lenient else errors).extend(numbers)
    return Findings(tuple(errors), tuple(warnings))


def _impossible_numbers(position: Position) -> Iterator[FieldError]:
    """Yield findings about numbers that no message can carry, or that the Node has reserved."""
    for index, option in enumerate(position.payment_option):
        nav, iuv = option.nav, option.iuv
        if nav is None and iuv is not None and not _are_digits(iuv, 17):
            yield _in_option(index, "iuv", "iuv", "17 digits where nav is missing")
        if nav is None:
            continue
        if iuv is None:
            yield _in_option(index, "iuv", "required", "the IUV of the notice number in nav")
        if not _are_digits(nav, 18):
            yield _in_option(index, "nav", "notice-number", "18 digits")
        elif nav == notice.PROBE:
            yield _in_option(
                index, "nav", "notice-number", "another number, because this is the Node's probe"
            )


def _number_findings(option: Option, index: int) -> Iterator[FieldError]:
    """Yield findings about a number that we would not issue.

    `_impossible_numbers` reports a number of another length.
    """
    field, nav = ("nav", option.nav) if option.nav is not None else ("iuv", option.iuv)
    if nav is None or not _are_digits(nav, 18 if field == "nav" else 17):
        return
    number = nav if field == "nav" else notice.nav_of_iuv(nav)
    for rule, expected in notice.number_warnings(number, option.iuv):
        yield _in_option(index, field, rule, expected)


def _date_findings(option: Option, index: int, position: Position) -> Iterator[FieldError]:
    if position.validity_date is not None and option.due_date < position.validity_date:
        yield early_due_date(index)
    if option.retention_date is not None and option.retention_date < option.due_date:
        yield _in_option(index, "retentionDate", "retention-before-due", "not before dueDate")


def early_due_date(index: int) -> FieldError:
    """Return the finding about a notice that is due before it is valid."""
    return _in_option(index, "dueDate", "due-before-validity", "not before validityDate")


def _transfer_findings(option: Option, index: int) -> Iterator[FieldError]:
    transfers = option.transfer
    ids = [transfer.id_transfer for transfer in transfers]
    for number in _repeated_indexes(ids):
        expected = "an id that no other transfer has"
        yield _in_transfer(index, number, "idTransfer", "duplicate", expected)
    if "1" not in ids:
        # SPEC: Payable, rule 10: transfer 1 must have the postal account for POSTAL.
        yield _in_option(index, "transfer", "first-transfer", 'a transfer whose idTransfer is "1"')
    if sum(transfer.amount for transfer in transfers) != option.amount:
        yield _in_option(index, "amount", "sum", "the sum of the transfers' amounts")
    for number, transfer in enumerate(transfers):
        credited = transfer.iban is not None or transfer.postal_iban is not None
        if credited == (transfer.stamp is not None):
            yield _in_transfer(index, number, "", "account-or-stamp", "an IBAN, or a stamp alone")


def _metadata_findings(option: Option, index: int) -> Iterator[FieldError]:
    yield from _entry_findings(option.payment_option_metadata, "paymentOption", index)
    for number, transfer in enumerate(option.transfer):
        parent = ("paymentOption", index, "transfer", number)
        yield from _entry_findings(transfer.transfer_metadata, *parent)


def _entry_findings(entries: Sequence[Entry] | None, *parent: str | int) -> Iterator[FieldError]:
    name = "transferMetadata" if "transfer" in parent else "paymentOptionMetadata"
    keys = [entry.key for entry in entries or ()]
    for number in _repeated_indexes(keys):
        yield FieldError(
            path(*parent, name, number, "key"), "duplicate", "a key that no other entry has"
        )
    for number, key in enumerate(keys):
        if key == RESERVED:
            yield FieldError(
                path(*parent, name, number, "key"), "reserved", f"a key other than {RESERVED}"
            )


def _repeated_numbers(position: Position) -> Iterator[FieldError]:
    """Yield a finding for each number that an earlier option of the position has."""
    options = position.payment_option
    for index in _repeated_indexes([option.iuv for option in options]):
        yield _in_option(index, "iuv", "duplicate", "an IUV that no other option has")
    for index in _repeated_indexes([option.nav for option in options]):
        yield _in_option(index, "nav", "duplicate", "a notice number that no other option has")


def _plans(position: Position) -> Iterator[FieldError]:
    """Yield findings about plans: every installment names its plan, or none does."""
    installments = [option for option in position.payment_option if option.is_partial_payment]
    named = any(option.payment_plan_id for option in installments)
    for index, option in enumerate(position.payment_option):
        if not option.is_partial_payment and option.payment_plan_id is not None:
            yield _in_option(
                index, "paymentPlanId", "plan", "a plan only where isPartialPayment is true"
            )
        if option.is_partial_payment and named and option.payment_plan_id is None:
            yield _in_option(
                index, "paymentPlanId", "plan", "a plan for every installment, or for none"
            )


def _warnings(position: Position, organization: str) -> Iterator[FieldError]:
    """Yield findings that may be right after all, which only a person can know."""
    warning = codes.warning_for_fiscal_code(position.fiscal_code)
    if warning is not None:
        yield FieldError("fiscalCode", "fiscal-code", warning)
    for index, option in enumerate(position.payment_option):
        for number, transfer in enumerate(option.transfer):
            yield from _transfer_warnings(transfer, index, number, organization)


def _transfer_warnings(
    transfer: Transfer, index: int, number: int, organization: str
) -> Iterator[FieldError]:
    beneficiary = transfer.organization_fiscal_code
    if beneficiary not in (None, organization) and codes.warning_for_fiscal_code(str(beneficiary)):
        expected = "a code whose check digit is right"
        yield _in_transfer(index, number, "organizationFiscalCode", "fiscal-code", expected)
    if transfer.postal_iban is not None and not codes.is_postal_iban(transfer.postal_iban):
        expected = "an account of Poste Italiane"
        yield _in_transfer(index, number, "postalIban", "postal-iban", expected)


def _repeated_indexes(values: Iterable[str | None]) -> list[int]:
    """Return the index of each value that occurs earlier in the list; None is never repeated."""
    seen: set[str] = set()
    indexes = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if value in seen:
            indexes.append(index)
        seen.add(value)
    return indexes


def _in_option(index: int, field: str, rule: str, expected: str) -> FieldError:
    return FieldError(path("paymentOption", index, field), rule, expected)


def _in_transfer(index: int, number: int, field: str, rule: str, expected: str) -> FieldError:
    return FieldError(path("paymentOption", index, "transfer", number, field), rule, expected)


def _are_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
