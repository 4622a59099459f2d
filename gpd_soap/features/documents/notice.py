"""What stands on a notice: decided from a stored position, as values for a page, or a refusal.

Source: L'avviso di pagamento 3.5.1 (pagoPA), data and variants; Payable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.money import MAX_CENTS, MIN
from gpd_soap.core.notice import PROBE
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.rome import day_of
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.cleaning import Change, paper_change, to_paper
from gpd_soap.features.documents.languages import ITALIAN, Languages
from gpd_soap.features.documents.reasons import Reason, Refused
from gpd_soap.features.documents.slips import address_of, debtor_of, known_code, slip_of

__all__ = [
    "Issuer", "Logo", "Paper", "Portion", "Reason", "Refused", "Term", "Way", "choose",
    "choose_fine", "is_number", "paper_of", "refusal", "ways_of",
]  # fmt: skip

# SPEC: L'avviso di pagamento 3.5.1, technical specifications: the most characters of each field.
SUBJECT, COMPANY, OFFICE, INFO, CODE, PERSON, ADDRESS, HOLDER = 90, 100, 50, 100, 16, 70, 140, 50
CBILL, AUTHORISATION = 16, 40


class Term(StrEnum):
    """Until when an amount of a traffic fine may be paid: 5 days, or 60, from its notification."""

    DISCOUNTED = "discounted"
    REDUCED = "reduced"


class Logo(NamedTuple):
    """An organization's logo as an SVG document, with its size in any unit, for its proportions."""

    svg: str
    width: float
    height: float


class Issuer(NamedTuple):
    """What an organization has printed about itself beside its name; None leaves a field out."""

    info: str | None = None
    cbill: str | None = None
    account_holder: str | None = None
    authorisation: str | None = None
    has_site: bool = False
    has_app: bool = False
    logo: Logo | None = None


class Portion(NamedTuple):
    """One payable amount on paper; `rate` is None for the single payment, `due` None if past."""

    qr: codes.QrContent
    rate: int | None
    due: str | None
    subject: str
    slip: codes.Slip | None
    term: Term | None = None


class Paper(NamedTuple):
    """Everything that is printed; `notes` are warnings for the operator."""

    organization: str
    company: str
    office: str
    issuer: Issuer
    person: str
    person_code: str
    address: str
    single: Portion | None
    rates: tuple[Portion, ...]
    changes: tuple[Change, ...]
    notes: tuple[Refused, ...]
    fine: tuple[Portion, ...] = ()
    languages: Languages = ITALIAN

    @property
    def portions(self) -> tuple[Portion, ...]:
        """Every payable amount in the order of the pages."""
        return (*filter(None, (self.single,)), *self.rates, *self.fine)

    @property
    def has_slips(self) -> bool:
        """Whether slips are printed: for every amount, or for none."""
        return all(portion.slip for portion in self.portions)


class Way(NamedTuple):
    """An option of a position with its number in its plan, from 1, or None for a single one."""

    option: NewOption
    settled: bool
    rate: int | None
    term: Term | None = None


def refusal(position: NewPosition, way: Way, now: datetime, ways: Iterable[Way]) -> Reason | None:
    """Return why a notice is not printed, or None; one that is not valid yet is printed."""
    option = way.option
    excluded = any(
        other.settled
        for other in ways
        if other.option.nav != option.nav
        and (None in (other.option.plan, option.plan) or other.option.plan != option.plan)
    )
    tests = (
        (position.withdrawn_at is not None, Reason.WITHDRAWN),
        (position.published_at is None, Reason.DRAFT),
        (way.settled, Reason.PAID),
        (excluded, Reason.EXCLUDED),
        (option.switch_to_expired and now > option.due_at, Reason.EXPIRED),
        (any(transfer.stamp for transfer in option.transfers), Reason.STAMP),
        (not MIN <= option.amount <= MAX_CENTS, Reason.AMOUNT),
        (not is_number(option.nav), Reason.NUMBER),
    )
    return next((reason for refused, reason in tests if refused), None)


def is_number(nav: str) -> bool:
    """Return whether a text is a notice number: 18 digits, and not the Node's probe."""
    return len(nav) == len(PROBE) and nav.isascii() and nav.isdigit() and nav != PROBE


def ways_of(
    options: Sequence[NewOption], settled: Sequence[bool], fees: Sequence[int] = ()
) -> tuple[Way, ...]:
    """Return the options of a position with the number of each in its plan, by due date.

    `fees` are the notification fees in cents, which are due with the amounts.
    """
    plans: dict[str, list[NewOption]] = {}
    for option in options:
        if option.plan is not None:
            plans.setdefault(option.plan, []).append(option)
    numbers = {
        option.nav: number
        for rates in plans.values()
        for number, option in enumerate(sorted(rates, key=lambda o: (o.due_at, o.nav)), 1)
    }
    return tuple(
        Way(option._replace(amount=option.amount + fee), paid, numbers.get(option.nav))
        for option, paid, fee in zip(options, settled, fees or [0] * len(options), strict=True)
    )


def choose(
    position: NewPosition, ways: Sequence[Way], nav: str | None, now: datetime
) -> tuple[Way, ...] | Refused:
    """Return the options to print: that of `nav`, or without it every one that can be paid.

    Without `nav` at most one single option and one plan are printed together; paid installments
    are left out.
    """
    chosen = tuple(way for way in ways if nav in {None, way.option.nav})
    refused = [
        Refused(reason, way.option.nav)
        for way in chosen
        if (reason := refusal(position, way, now, ways)) is not None
    ]
    # WHY: what is paid is not printed with the rest; any other refusal stops the whole document.
    stopping = [each for each in refused if each.reason not in {Reason.PAID, Reason.EXCLUDED}]
    left_out = {each.nav for each in refused}
    printed = [way for way in chosen if way.option.nav not in left_out]
    if stopping or not printed:
        return next(iter((*stopping, *refused)), Refused(Reason.UNKNOWN, nav))
    singles = sum(way.rate is None for way in printed)
    if singles > 1 or len({way.option.plan for way in printed if way.rate}) > 1:
        return Refused(Reason.SEVERAL_WAYS, None)
    if len({debtor_of(position, way.option) for way in printed}) > 1:
        return Refused(Reason.SEVERAL_DEBTORS, None)
    return tuple(sorted(printed, key=lambda way: way.rate or 0))


def choose_fine(
    position: NewPosition, ways: Sequence[Way], now: datetime
) -> tuple[Way, ...] | Refused:
    """Return the two amounts of a traffic fine: that which is due first, and the other.

    Both must be payable; of two that are due together the smaller is due first.
    """
    if len(ways) != len(Term) or any(way.rate is not None for way in ways):
        return Refused(Reason.FINE, None)
    if len({debtor_of(position, way.option) for way in ways}) > 1:
        return Refused(Reason.SEVERAL_DEBTORS, None)
    for way in ways:
        reason = refusal(position, way, now, ways)
        if reason is not None:
            return Refused(reason, way.option.nav)
    ordered = sorted(ways, key=lambda way: (way.option.due_at, way.option.amount, way.option.nav))
    return tuple(way._replace(term=term) for way, term in zip(ordered, Term, strict=True))


def paper_of(
    position: NewPosition,
    ways: Sequence[Way],
    issuer: Issuer,
    now: datetime,
    languages: Languages = ITALIAN,
) -> Paper:
    """Return what is printed for chosen options: fields within their lengths, and their slips."""
    changes: dict[tuple[str, str], Change] = {}
    notes: list[Refused] = []

    def shown(field: str, text: str | None, limit: int) -> str:
        printed = to_paper(text or "", limit)
        change = paper_change(field, text or "", printed)
        if change:
            changes[field, change.before] = change
        return printed

    debtor = debtor_of(position, ways[0].option)
    slips = [slip_of(position, way.option, notes, changes) for way in ways]
    if any(slips) and not all(slips):
        notes.append(Refused(Reason.SLIP_PLAN, None))
    portions = []
    for way, slip in zip(ways, slips, strict=True):
        option = way.option
        portions.append(
            Portion(
                codes.QrContent(option.nav, position.organization, option.amount),
                way.rate,
                None if way.term else _due(option.due_at, now),
                shown("subject", option.description, SUBJECT),
                # WHY: a plan whose pages had slips for some installments only would be misread.
                slip if all(slips) else None,
                way.term,
            )
        )
        if now > option.due_at and way.term is None:
            notes.append(Refused(Reason.PAST_DUE, option.nav))
        # WHY: a number that was imported leniently is payable here, so it is printed.
        if not codes.has_right_check_digits(option.nav):
            notes.append(Refused(Reason.CHECK_DIGITS, option.nav))
        if option.amount > codes.MAX_WELL_READ_CENTS:
            notes.append(Refused(Reason.LONG_AMOUNT, option.nav))
    company = shown("company", position.company_name, COMPANY)
    return Paper(
        organization=position.organization,
        company=company,
        office=shown("office", position.office_name, OFFICE),
        issuer=issuer._replace(
            info=shown("info", issuer.info, INFO),
            cbill=shown("cbill", issuer.cbill, CBILL).upper(),
            account_holder=shown("accountHolder", issuer.account_holder or company, HOLDER),
            authorisation=shown("authorisation", issuer.authorisation, AUTHORISATION),
        ),
        person=shown("debtor.name", debtor.full_name, PERSON),
        person_code=shown("debtor.code", known_code(debtor.code).upper(), CODE),
        address=shown("debtor.address", address_of(debtor), ADDRESS),
        single=next((each for each in portions if each.rate is None and not each.term), None),
        rates=tuple(each for each in portions if each.rate is not None),
        changes=tuple(changes.values()),
        notes=tuple(notes),
        fine=tuple(each for each in portions if each.term),
        languages=languages,
    )


def _due(due_at: datetime, now: datetime) -> str | None:
    # WHY: a date that is past would tell the payer that it is too late, and the notice is payable.
    return None if now > due_at else f"{day_of(due_at):%d/%m/%Y}"
