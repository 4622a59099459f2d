"""Sample data for a first look: one organization, and a notice of every kind.

Everything is invented. Positions are validated as any creditor's are. A withdrawal and a payment,
which no creditor can create with a position, are added afterwards. Dates are relative to today, and
a payable notice stays payable for as long as the data is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from gpd_soap.core import money, notice, rome
from gpd_soap.core.actor import Actor, ActorKind, Origin
from gpd_soap.core.debt import NodeRoute, Notice
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.payable import payable
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.demo import messages
from gpd_soap.soap import codec, models, requests
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import NodeService, Policy
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.refusals import NotInvalidable
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from gpd_soap.validation.convert import check, position_of

ORGANIZATION, NAME = "77777777777", "Comune di Esempio"
BENEFICIARY, BENEFICIARY_NAME = "88888888888", "Provincia di Esempio"
BROKER, STATION, SECOND_STATION = "15376371009", "15376371009_01", "15376371009_02"
SEGREGATION, SECOND_SEGREGATION = "47", "01"
ROUTE = NodeRoute(ORGANIZATION, BROKER, STATION)

BANK, SECOND_BANK = "IT60X0542811101000000123456", "IT13L0306909606100000012345"
POSTAL, SECOND_POSTAL = "IT46X0760103200000000123456", "IT94X0760101600000000654321"
HASH = "YXNwZXR0YXR2aSBkaSBsZWdnZXJlIHVuIGhhc2g="
TAXES, STAMPS = "0101002IM", "9/0301116TS/"

#: A spontaneous service: any service data gets a notice of 16.00 euros.
SERVICE_ID, SUBJECT_ID, KIND = "00001", "00001", "declared"
SERVICE = {
    "amount": 1600,
    "description": "Diritti di segreteria",
    "category": "0101101IM",
    "iban": BANK,
    "segregationCode": SEGREGATION,
}

#: Why a notice was withdrawn.
WITHDRAWN = "Doppione: lo stesso tributo è su un altro avviso"
#: Who creates the sample.
ACTOR = Actor(ActorKind.COMMAND, "demo")

#: The day of the printed table: the answers of verify are the same on every day.
SOME_DAY = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

Body = dict[str, Any]
#: Pays a notice.
Pay = Callable[[NewOption], None]


class Sample(NamedTuple):
    """A position, and the label of each of its notices in the table."""

    position: NewPosition
    labels: tuple[str, ...]
    paid: bool = False


def describe() -> list[tuple[str, str, str]]:
    """Each notice of the sample: its number, its label, and the answer of verify."""
    return [
        (option.nav, label, _verify(one, option, SOME_DAY))
        for one in _samples(SOME_DAY)
        for option, label in zip(one.position.options, one.labels, strict=True)
    ]


def install(
    store: Store, now: datetime, since: datetime | None = None, pay: Pay | None = None
) -> None:
    """Configure the organization and store every position; a second call changes nothing.

    The positions were created at `since`, or now.  `pay` pays one of them; without it, a receipt is
    settled as one from the Node is.
    """
    # WHY: a receipt's instant has no microseconds, and comes after that of its notice.
    now = now.replace(microsecond=0)
    configure(store)
    for one in _samples(now):
        _add(store, one, since or now, pay or partial(_pay, store, now))


def configure(store: Store) -> None:
    """Configure the organization, its stations and its spontaneous service."""
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, NAME)
        configuration.put_broker(connection, BROKER)
        for station, code in ((STATION, SEGREGATION), (SECOND_STATION, SECOND_SEGREGATION)):
            configuration.put_station(connection, station, BROKER)
            configuration.put_serving(connection, ORGANIZATION, station, code)
        configuration.put_service(connection, ORGANIZATION, SERVICE_ID, SUBJECT_ID, KIND, SERVICE)


def refuse_some(answer: Callable[[bytes], bytes]) -> None:
    """Ask for the notices that cannot be paid, so that each has a refusal in its story.

    `answer` answers a message as the Node's listener does.
    """
    for nav, _label, answered in describe():
        if not answered.startswith("OK"):
            answer(messages.verify(ROUTE, nav))


def _add(store: Store, one: Sample, since: datetime, pay: Pay) -> None:
    position = one.position
    published = since if position.published_at is not None else None
    position = position._replace(published_at=published, withdrawn_at=None)
    try:
        with store.begin() as connection:
            positions.add(connection, [position], since, ACTOR, Origin.LOAD)
    except AlreadyStored:
        # WHY: an earlier run stored the position, and may have ended before it was paid.
        pass
    if one.position.withdrawn_at is not None:
        _withdraw(store, position.iupd, since)
    for option in one.position.options if one.paid else ():
        stored = store.notice(ROUTE, option.nav).notice
        if stored is not None and stored.paid_at is None:
            pay(option)


def _withdraw(store: Store, iupd: str, now: datetime) -> None:
    """Withdraw a position as a command does, if that was not done before."""
    ledger = Ledger(store, lambda: now, ACTOR)
    with suppress(NotInvalidable):
        ledger.invalidate(PositionRef(ORGANIZATION, iupd, lambda _etag: True), WITHDRAWN)


def _pay(store: Store, now: datetime, option: NewOption) -> None:
    """Settle a receipt of this notice, as one from the Node is settled."""
    raw = messages.receipt(
        ROUTE, NAME, option, messages.Paid(f"demo-{option.nav}", now - timedelta(days=2))
    )
    payload = open_envelope(raw)
    assert not isinstance(payload, NotSoap)
    content: list[str] = []
    request = codec.reader(models.PaSendRTV2Request)(payload, content.append)
    service = NodeService(store, lambda: now, SpontaneousNotices(store, timedelta()), Policy())
    service.accept_receipt(requests.receipt(request, content), "paSendRTV2", raw)


def _verify(one: Sample, option: NewOption, now: datetime) -> str:
    refusal = payable(_as_stored(one, option, now), now)
    return f"OK {money.to_wire(option.amount)}" if refusal is None else refusal.fault.code


def _as_stored(one: Sample, option: NewOption, now: datetime) -> Notice:
    """The notice as the store will read it."""
    position = one.position
    return Notice(
        iupd=position.iupd,
        version=1,
        published_at=position.published_at,
        withdrawn_at=position.withdrawn_at,
        company_name=position.company_name,
        office_name=position.office_name,
        **{**option._asdict(), "debtor": position.debtor},
        revision=1,
        paid_at=now if one.paid else None,
        reported_at=None,
        alternative_paid=False,
    )


def _samples(now: datetime) -> Iterator[Sample]:
    yield Sample(_position("SINGLE", now, _option(1, now)), ("a single option",))
    installments = [
        _option(serial, now, _transfer(4000), plan=True, days=30 * serial) for serial in (2, 3, 4)
    ]
    yield Sample(
        _position("PLAN-OR-SINGLE", now, *installments, _option(5, now, _transfer(12000))),
        (*(f"installment {n} of 3" for n in (1, 2, 3)), "the same debt, paid at once"),
    )
    province = {"organizationFiscalCode": BENEFICIARY, "companyName": BENEFICIARY_NAME}
    transfers = (_transfer(7000), _transfer(3050, 2, iban=SECOND_BANK, **province))
    yield Sample(
        _position("TWO-BENEFICIARIES", now, _option(6, now, *transfers, code=SECOND_SEGREGATION)),
        ("two beneficiaries",),
    )
    both = _option(7, now, _transfer(5000, postalIban=POSTAL))
    yield Sample(_position("BANK-AND-POSTAL", now, both), ("a bank and a postal account",))
    postal = _option(8, now, _transfer(5000, iban=None, postalIban=SECOND_POSTAL))
    yield Sample(_position("POSTAL", now, postal), ("a postal account alone",))
    stamp = {"hashDocument": HASH, "stampType": "01", "provincialResidence": "RM"}
    stamped = (_transfer(2500), _transfer(1600, 2, iban=None, stamp=stamp, category=STAMPS))
    yield Sample(
        _position("STAMP", now, _option(9, now, *stamped)), ("with a stamp, for getPaymentV2 only",)
    )
    yield from _samples_by_state(now)


def _samples_by_state(now: datetime) -> Iterator[Sample]:
    expired = _position("EXPIRED", now, _option(10, now, days=-1), switchToExpired=True)
    yield Sample(expired, ("expired: due yesterday",))
    overdue = _option(11, now, days=-1, code=SECOND_SEGREGATION)
    yield Sample(_position("PAST-DUE", now, overdue), ("past due, and still payable",))
    withdrawn = _position("WITHDRAWN", now, _option(12, now))._replace(withdrawn_at=now)
    yield Sample(withdrawn, ("withdrawn",))
    yield Sample(
        _position("PAID", now, _option(13, now)), ("paid: its receipt is kept",), paid=True
    )
    draft = _position("DRAFT", now, _option(14, now))._replace(published_at=None)
    yield Sample(draft, ("a draft, not published",))
    future = _position("FUTURE", now, _option(15, now, days=425), validityDate=_day(now, 365))
    yield Sample(future, ("not valid for another year",))


def _position(iupd: str, now: datetime, *options: Body, **more: object) -> NewPosition:
    """A published position, validated from GPD's JSON; raises ValueError if it breaks a rule."""
    body = {
        "iupd": f"DEMO-{iupd}",
        "type": "F",
        "fiscalCode": "RSSMRA00A01A000K",
        "fullName": "Maria Esempio",
        "streetName": "Via dell'Esempio",
        "civicNumber": "1",
        "postalCode": "00100",
        "city": "Roma",
        "province": "RM",
        "country": "IT",
        "email": "nessuno@esempio.invalid",
        "companyName": NAME,
        "officeName": "Ufficio Tributi",
        "switchToExpired": False,
        "paymentOption": list(options),
        **more,
    }
    checked = check(body, ORGANIZATION)
    if checked.body is None:
        raise ValueError("; ".join(map(str, checked.errors)))
    return position_of(checked.body, ORGANIZATION, now, _never)


def _option(
    serial: int,
    now: datetime,
    *transfers: Body,
    plan: bool = False,
    days: int = 60,
    code: str = SEGREGATION,
) -> Body:
    transfers = transfers or (_transfer(10000),)
    number = notice.issue(code, serial)
    return {
        "nav": number.nav,
        "iuv": number.iuv,
        "amount": sum(transfer["amount"] for transfer in transfers),
        "description": f"Tributo di esempio {serial}",
        "isPartialPayment": plan,
        "dueDate": _day(now, days),
        "transfer": list(transfers),
    }


def _transfer(amount: int, number: int = 1, **more: object) -> Body:
    return {
        "idTransfer": str(number),
        "amount": amount,
        "remittanceInformation": f"Versamento {number}",
        "category": TAXES,
        "iban": BANK,
        **more,
    }


def _day(now: datetime, days: int) -> str:
    return (rome.day_of(now) + timedelta(days=days)).isoformat()


def _never() -> NoticeNumber:
    message = "every sample has its number"
    raise AssertionError(message)
