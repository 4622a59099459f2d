"""What stands on a notice: decided from a stored position, as values for a page, or a refusal.

Source: L'avviso di pagamento 3.5.1 (pagoPA), data and variants; Payable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.codes import ANONYMOUS, is_postal_iban
from gpd_soap.core.debt import Debtor
from gpd_soap.core.money import MAX_CENTS, MIN
from gpd_soap.core.notice import PROBE
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.rome import day_of
from gpd_soap.features.documents import codes
from gpd_soap.features.documents.cleaning import Change, paper_change, to_paper

# SPEC: L'avviso di pagamento 3.5.1, technical specifications: the most characters of each field.
SUBJECT, COMPANY, OFFICE, INFO, CODE, PERSON, ADDRESS, HOLDER = 90, 100, 50, 100, 16, 70, 140, 50
CBILL, AUTHORISATION = 16, 40


class Reason(StrEnum):
    """Why a notice or a slip is not printed, in Italian for the person who asks for it."""

    WITHDRAWN = "L'avviso è stato annullato: il pagamento non è più dovuto."
    DRAFT = "L'avviso è in bozza: va pubblicato prima di stamparlo."
    PAID = "L'avviso risulta già pagato."
    EXCLUDED = "Il debito risulta pagato in altra forma."
    EXPIRED = "Il termine per pagare l'avviso è scaduto: occorre una nuova scadenza."
    STAMP = "L'avviso comprende una marca da bollo digitale, che si paga solo online."
    AMOUNT = "L'importo non può stare su un avviso: da 0,01 a 999.999.999,99 euro."
    NUMBER = "Il codice avviso non è composto da 18 cifre."
    UNKNOWN = "Nessun avviso con questo numero: potrebbe essere stato eliminato."
    SEVERAL_WAYS = "La posizione ha più modi di pagare: va indicato un solo avviso."
    SLIP_AMOUNT = "Il bollettino postale non può contenere importi oltre 99.999.999,99 euro."
    SLIP_ACCOUNT = "Il conto corrente postale non è composto da 12 cifre."
    SLIP_PLAN = "Non tutti gli importi possono avere il bollettino: il documento non ne ha."
    PAST_DUE = "La scadenza è passata e l'avviso è ancora pagabile: la data non è stampata."
    CHECK_DIGITS = "Il codice avviso ha cifre di controllo errate: alcuni canali lo rifiutano."
    LONG_AMOUNT = "Alcune app di pagamento non leggono importi oltre 99.999.999,99 euro."


class Refused(NamedTuple):
    """The answer instead of a document; `nav` is None if it concerns the whole position."""

    reason: Reason
    nav: str | None


class Issuer(NamedTuple):
    """What an organization has printed about itself beside its name; None leaves a field out."""

    info: str | None = None
    cbill: str | None = None
    account_holder: str | None = None
    authorisation: str | None = None
    has_site: bool = False
    has_app: bool = False


class Portion(NamedTuple):
    """One payable amount on paper; `rate` is None for the single payment, `due` None if past."""

    qr: codes.QrContent
    rate: int | None
    due: str | None
    subject: str
    slip: codes.Slip | None


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

    @property
    def portions(self) -> tuple[Portion, ...]:
        """Every payable amount in the order of the pages."""
        return (*filter(None, (self.single,)), *self.rates)

    @property
    def has_slips(self) -> bool:
        """Whether slips are printed: for every amount, or for none."""
        return all(portion.slip for portion in self.portions)


class Way(NamedTuple):
    """An option of a position with its number in its plan, from 1, or None for a single one."""

    option: NewOption
    settled: bool
    rate: int | None


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


def ways_of(options: Sequence[NewOption], settled: Sequence[bool]) -> tuple[Way, ...]:
    """Return the options of a position with the number of each in its plan, by due date."""
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
        Way(option, paid, numbers.get(option.nav))
        for option, paid in zip(options, settled, strict=True)
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
    return tuple(sorted(printed, key=lambda way: way.rate or 0))


def paper_of(position: NewPosition, ways: Sequence[Way], issuer: Issuer, now: datetime) -> Paper:
    """Return what is printed for chosen options: fields within their lengths, and their slips."""
    changes: dict[tuple[str, str], Change] = {}
    notes: list[Refused] = []

    def shown(field: str, text: str | None, limit: int) -> str:
        printed = to_paper(text or "", limit)
        change = paper_change(field, text or "", printed)
        if change:
            changes[field, change.before] = change
        return printed

    debtor = position.debtor
    slips = [_slip(position, way.option, notes, changes) for way in ways]
    if any(slips) and not all(slips):
        notes.append(Refused(Reason.SLIP_PLAN, None))
    portions = []
    for way, slip in zip(ways, slips, strict=True):
        option = way.option
        portions.append(
            Portion(
                codes.QrContent(option.nav, position.organization, option.amount),
                way.rate,
                _due(option.due_at, now),
                shown("subject", option.description, SUBJECT),
                # WHY: a plan whose pages had slips for some installments only would be misread.
                slip if all(slips) else None,
            )
        )
        if now > option.due_at:
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
        person_code=shown("debtor.code", _known_code(debtor.code).upper(), CODE),
        address=shown("debtor.address", address_of(debtor), ADDRESS),
        single=next((each for each in portions if each.rate is None), None),
        rates=tuple(each for each in portions if each.rate is not None),
        changes=tuple(changes.values()),
        notes=tuple(notes),
    )


def address_of(debtor: Debtor) -> str:
    """Return the address on one line; whatever is not known is left out."""
    street = " ".join(filter(None, (debtor.street_name, debtor.civic_number)))
    city = " ".join(filter(None, (debtor.postal_code, debtor.city)))
    if debtor.province:
        city = f"{city} ({debtor.province})".strip()
    country = "" if debtor.country in {None, "IT"} else debtor.country
    return ", ".join(filter(None, (street, city, country)))


def _known_code(code: str) -> str:
    return "" if code == ANONYMOUS else code


def _due(due_at: datetime, now: datetime) -> str | None:
    # WHY: a date that is past would tell the payer that it is too late, and the notice is payable.
    return None if now > due_at else f"{day_of(due_at):%d/%m/%Y}"


def _slip(
    position: NewPosition,
    option: NewOption,
    notes: list[Refused],
    changes: dict[tuple[str, str], Change],
) -> codes.Slip | None:
    """Return the slip of a notice, or None; a postal account that gets none is noted."""
    iban = next(_postal_ibans(option), None)
    if iban is None:
        return None
    if codes.account_of(iban) is None:
        notes.append(Refused(Reason.SLIP_ACCOUNT, option.nav))
        return None
    if option.amount > codes.MAX_SLIP_CENTS:
        notes.append(Refused(Reason.SLIP_AMOUNT, option.nav))
        return None
    content = codes.QrContent(option.nav, position.organization, option.amount)
    debtor = position.debtor
    slip, cut = codes.slip_of(
        content, iban, _known_code(debtor.code), debtor.full_name, option.description
    )
    changes.update({(each.field, each.before): each for each in cut})
    return slip


def _postal_ibans(option: NewOption) -> Iterator[str]:
    """Yield the postal account of transfer 1, which is the one that is answered to the Node."""
    # SPEC: Payable, rule 10: POSTAL is answered with the postal account, else the bank account.
    for transfer in option.transfers:
        if transfer.number == 1:
            yield from filter(None, (transfer.postal_iban,))
            if transfer.iban and is_postal_iban(transfer.iban):
                yield transfer.iban
