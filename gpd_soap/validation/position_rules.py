"""What one field of a position means for another, and what a person should look at.

Source: spec/gpd-reference.md 2.4, spec/pagopa-ec.md 1.2 and 4; DESIGN 6, "stricter than GPD".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gpd_soap.core import codes, notice
from gpd_soap.validation.finding import FieldError, path
from gpd_soap.validation.position_v1 import Entry, Option, Position, Transfer

#: SPEC: gpd-reference.md 2.4: the key under which GPD itself answers a notification fee.
RESERVED = "NOTIFICATION_FEE"


class Findings(NamedTuple):
    """What refuses a position, and what only warns."""

    errors: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]


def check_rules(position: Position, organization: str, *, lenient: bool) -> Findings:
    """Hold a position whose every field is in order against the rules between fields.

    `lenient` lets pass, with a warning, a notice number that we would not have issued: wrong check
    digits, a strange aux digit, another IUV inside.  What no message can carry it never lets pass.
    """
    numbers = [f for at, o in enumerate(position.payment_option) for f in _number(o, at)]
    fatal = [*_impossible(position), *_repeated(position), *_plans(position)]
    for at, option in enumerate(position.payment_option):
        fatal += [*_dates(option, at, position), *_shares(option, at), *_metadata(option, at)]
    doubts = list(_doubts(position, organization))
    (doubts if lenient else fatal).extend(numbers)
    return Findings(tuple(fatal), tuple(doubts))


def _impossible(position: Position) -> Iterator[FieldError]:
    """Numbers that no message could carry, or that would belong to nobody."""
    for at, option in enumerate(position.payment_option):
        nav, iuv = option.nav, option.iuv
        if nav is None and iuv is not None and not _are_digits(iuv, 17):
            yield _of(at, "iuv", "iuv", "17 digits, or the notice number beside it")
        if nav is None:
            continue
        if iuv is None:
            yield _of(at, "iuv", "required", "the IUV of the notice number, or neither")
        if not _are_digits(nav, 18):
            yield _of(at, "nav", "notice-number", "18 digits")
        elif nav == notice.PROBE:
            yield _of(at, "nav", "notice-number", "another number: the Node's probe has this one")


def _number(option: Option, at: int) -> Iterator[FieldError]:
    """What we would not have issued; shapes that `_impossible` refuses are left to it."""
    field, nav = ("nav", option.nav) if option.nav is not None else ("iuv", option.iuv)
    if nav is None or not _are_digits(nav, 18 if field == "nav" else 17):
        return
    number = nav if field == "nav" else notice.nav_of_iuv(nav)
    for rule, expected in notice.number_warnings(number, option.iuv):
        yield _of(at, field, rule, expected)


def _dates(option: Option, at: int, position: Position) -> Iterator[FieldError]:
    if position.validity_date is not None and option.due_date < position.validity_date:
        yield _of(at, "dueDate", "due-before-validity", "not before validityDate")
    if option.retention_date is not None and option.retention_date < option.due_date:
        yield _of(at, "retentionDate", "retention-before-due", "not before dueDate")


def _shares(option: Option, at: int) -> Iterator[FieldError]:
    transfers = option.transfer
    ids = [transfer.id_transfer for transfer in transfers]
    for share in _again(ids):
        yield _of_share(at, share, "idTransfer", "duplicate", "an id that no other transfer has")
    if "1" not in ids:
        # SPEC: pagopa-ec.md 1.2: the transfer of id 1 is the one that must be postal for POSTAL.
        yield _of(at, "transfer", "first-transfer", 'a transfer whose idTransfer is "1"')
    if sum(transfer.amount for transfer in transfers) != option.amount:
        yield _of(at, "amount", "sum", "the sum of the transfers' amounts")
    for share, transfer in enumerate(transfers):
        credited = transfer.iban is not None or transfer.postal_iban is not None
        if credited == (transfer.stamp is not None):
            yield _of_share(at, share, "", "account-or-stamp", "an IBAN, or a stamp alone")


def _metadata(option: Option, at: int) -> Iterator[FieldError]:
    yield from _entries(option.payment_option_metadata, "paymentOption", at)
    for share, transfer in enumerate(option.transfer):
        yield from _entries(transfer.transfer_metadata, "paymentOption", at, "transfer", share)


def _entries(entries: Sequence[Entry] | None, *where: str | int) -> Iterator[FieldError]:
    name = "transferMetadata" if "transfer" in where else "paymentOptionMetadata"
    keys = [entry.key for entry in entries or ()]
    for place in _again(keys):
        yield FieldError(
            path(*where, name, place, "key"), "duplicate", "a key that no other entry has"
        )
    for place, key in enumerate(keys):
        if key == RESERVED:
            yield FieldError(
                path(*where, name, place, "key"), "reserved", f"a key other than {RESERVED}"
            )


def _repeated(position: Position) -> Iterator[FieldError]:
    """Two notices of one position under one number."""
    options = position.payment_option
    for at in _again([option.iuv for option in options]):
        yield _of(at, "iuv", "duplicate", "an IUV that no other option has")
    for at in _again([option.nav for option in options]):
        yield _of(at, "nav", "duplicate", "a notice number that no other option has")


def _plans(position: Position) -> Iterator[FieldError]:
    """Installments form one plan, or say all of them which they belong to."""
    installments = [option for option in position.payment_option if option.is_partial_payment]
    named = any(option.payment_plan_id for option in installments)
    for at, option in enumerate(position.payment_option):
        if not option.is_partial_payment and option.payment_plan_id is not None:
            yield _of(at, "paymentPlanId", "plan", "a plan only where isPartialPayment is true")
        if option.is_partial_payment and named and option.payment_plan_id is None:
            yield _of(at, "paymentPlanId", "plan", "a plan for every installment, or for none")


def _doubts(position: Position, organization: str) -> Iterator[FieldError]:
    """What only a person can tell to be right."""
    doubt = codes.warning_for_fiscal_code(position.fiscal_code)
    if doubt is not None:
        yield FieldError("fiscalCode", "fiscal-code", doubt)
    for at, option in enumerate(position.payment_option):
        for share, transfer in enumerate(option.transfer):
            yield from _doubts_of(transfer, at, share, organization)


def _doubts_of(transfer: Transfer, at: int, share: int, organization: str) -> Iterator[FieldError]:
    beneficiary = transfer.organization_fiscal_code
    if beneficiary not in (None, organization) and codes.warning_for_fiscal_code(str(beneficiary)):
        yield _of_share(
            at, share, "organizationFiscalCode", "fiscal-code", "a code whose check digit is right"
        )
    if transfer.postal_iban is not None and not codes.is_postal_iban(transfer.postal_iban):
        yield _of_share(at, share, "postalIban", "postal-iban", "an account of Poste Italiane")


def _again(values: Iterable[str | None]) -> list[int]:
    """Where a value stands that stood before."""
    seen: set[str] = set()
    places = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if value in seen:
            places.append(place)
        seen.add(value)
    return places


def _of(at: int, field: str, rule: str, expected: str) -> FieldError:
    return FieldError(path("paymentOption", at, field), rule, expected)


def _of_share(at: int, share: int, field: str, rule: str, expected: str) -> FieldError:
    return FieldError(path("paymentOption", at, "transfer", share, field), rule, expected)


def _are_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
