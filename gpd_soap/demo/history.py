"""Some weeks of an invented office before the demo: loads, payments, refusals, and cases.

Files are loaded by the use case that operators have, and each message is answered by the real node
face and journalled.  Nothing is drawn by lot, so that each demo tells the same.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from gpd_soap import demo
from gpd_soap.clock import Clock
from gpd_soap.core import rome
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import Notice
from gpd_soap.core.position import NewOption
from gpd_soap.demo import messages
from gpd_soap.demo.files import (
    EXPIRED,
    FILES,
    FINES,
    HEADER,
    PEOPLE,
    SLIPPED,
    TAXES,
    TOO_LITTLE,
    TWICE,
    TWICE_TOO,
    UNKNOWN,
    WITHDRAWN,
    WRONG_ROWS,
    File,
    debtor,
)  # fmt: skip
from gpd_soap.demo.messages import Paid
from gpd_soap.store.events import invented
from gpd_soap.store.events.invented import Span
from gpd_soap.store.events.write import new_id
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads.manage import Loads
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.work import kinds
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.validation.queries.operators import NewOperator

#: Answers a message as the Node's listener does.
Answer = Callable[[bytes], bytes]
#: Returns what answers at the instants of a clock.
Listener = Callable[[Clock], Answer]
#: Does one thing at the instant of the clock.
Step = Callable[[], None]

DAYS = 30
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
#: How long before now the sample was created; its oldest payment is younger.
CREATED = timedelta(days=37, hours=3)
#: The colleague who has loaded the files.
COLLEAGUE = "Luca Ferri"
#: Invented providers, how one pays with each, and what it takes, in cents.
PROVIDERS = (
    ("Banca delle Alpi Vive", "creditCard", 120, "app"),
    ("Cassa del Levante", "bankTransfer", 100, "sito della banca"),
    ("Poste Inventate", "cash", 200, "sportello"),
    ("Banca della Pianura", "creditCard", 150, "app"),
)  # fmt: skip
#: Payments of each day of the week, from Monday.
BY_WEEKDAY = (5, 6, 4, 6, 4, 1, 1)
#: LIMIT: hours of a day in which people pay, in Rome.
FIRST_HOUR, HOURS = 8, 12


def install(store: Store, now: datetime, listener: Listener) -> None:
    """Store the sample with its past; a second call changes nothing."""
    now = now.replace(microsecond=0)
    demo.configure(store)
    past = _Past(store, now, listener)
    is_new = store.notice(demo.ROUTE, TAXES.nav(0)).notice is None
    past.sample()
    if is_new:
        past.play()
    past.date()
    store.journal.flush()


class _Past:
    """Plays what happened, one thing after another, each at its instant."""

    def __init__(self, store: Store, now: datetime, listener: Listener) -> None:
        self._store, self._now, self._at = store, now, now
        self._answer = listener(lambda: self._at)
        self._written = new_id()
        self._spans: list[Span] = []
        self._payments = 0

    def sample(self) -> None:
        """Store the sample as it was created some weeks ago, and pay what is paid."""
        since = self._now - CREATED
        demo.install(self._store, self._now, since, self._pay_sample)
        self._date(since)

    def play(self) -> None:
        """Do everything else, in the order of its instants."""
        steps = [*self._loads(), *self._payments_of_days(), *self._refusals(), *self._cases()]
        for instant, step in sorted(steps, key=lambda each: each[0]):
            self._do(instant, step)

    def _do(self, instant: datetime, step: Step) -> None:
        self._at = instant
        step()
        self._date(instant)

    def date(self) -> None:
        """Give the events the instants of their steps."""
        with self._store.begin() as connection:
            invented.date(connection, demo.ORGANIZATION, self._spans)

    def _date(self, instant: datetime) -> None:
        """Note the instant of the events that were written since the last step."""
        before = new_id()
        self._spans.append(Span(self._written, before, instant))
        self._written = before

    def _pay_sample(self, option: NewOption) -> None:
        """Pay a notice of the sample: given up once, paid two days ago, tried again since."""
        self._date(self._now - CREATED)
        paid_at = self._now - 2 * DAY
        for minutes in (0, 1):
            self._ask(option.nav, paid_at - 2 * DAY + minutes * MINUTE, pays=minutes == 1)
        for minutes in (21, 17, 9, 4):
            self._ask(option.nav, paid_at - minutes * MINUTE)
        self._ask(option.nav, paid_at - MINUTE, pays=True)
        self._do(paid_at, lambda: self._receipt(option, Paid(f"demo-{option.nav}", paid_at)))

    def _ask(self, nav: str, instant: datetime, *, pays: bool = False) -> None:
        """Ask about a notice as the Node does; `pays` asks for the payment data."""
        message = messages.get_payment if pays else messages.verify
        self._at = instant
        self._answer(message(demo.ROUTE, nav))

    def _receipt(self, option: NewOption | Notice, paid: Paid) -> None:
        self._answer(messages.receipt(demo.ROUTE, demo.NAME, option, paid))

    def _paid(self, nav: str, amount: int | None = None) -> Paid:
        """Return the next payment: who pays with whom, now."""
        self._payments += 1
        psp, method, fee, channel = PROVIDERS[self._payments * 3 % 7 % len(PROVIDERS)]
        number = f"{self._payments * 2654435761 % 16**8:08x}{nav[-8:]}"
        return Paid(number, self._at, psp, method, fee, amount, *debtor(nav), channel)

    def _pay(self, nav: str) -> None:
        """Pay a notice: it is verified, its payment data are asked for, and a receipt comes."""
        paid_at = self._at
        self._ask(nav, paid_at - 2 * MINUTE)
        self._ask(nav, paid_at - MINUTE, pays=True)
        self._at = paid_at
        self._receipt(self._stored(nav), self._paid(nav))

    def _stored(self, nav: str) -> Notice:
        stored = self._store.notice(demo.ROUTE, nav).notice
        assert stored is not None
        return stored

    def _payments_of_days(self) -> Iterator[tuple[datetime, Step]]:
        """Yield the payments of each day; of today those of the hours that have passed."""
        unpaid = {file: file.unpaid() for file in FILES}
        for ago in range(DAYS, -1, -1):
            day = rome.day_of(self._now - ago * DAY)
            begin = _midnight(day) + timedelta(hours=FIRST_HOUR)
            number = BY_WEEKDAY[day.weekday()] + (ago * 5) % 3
            for each in range(number):
                instant = begin + timedelta(hours=HOURS) * each / number + each * 7 * MINUTE
                recent = [f for f in FILES if f.days_ago > ago + 1]
                turn = recent[(ago + each) % len(recent)]
                nav = next(unpaid[turn], "") or next(unpaid[TAXES])
                if instant < self._now - 10 * MINUTE:
                    yield instant, partial(self._pay, nav)

    def _refusals(self) -> Iterator[tuple[datetime, Step]]:
        """Yield the questions about notices that cannot be paid, which no payment follows."""
        for ago in range(DAYS, 0, -1):
            nav = WITHDRAWN if ago % 4 == 0 else UNKNOWN
            yield self._now - ago * DAY + ago * MINUTE, partial(self._verify, nav)
        given_up = TAXES.nav(100)
        yield self._now - 15 * DAY, partial(self._verify, EXPIRED)
        yield self._now - 26 * MINUTE, partial(demo.refuse_some, self._answer)
        for minutes in (11, 4):
            yield self._now - minutes * MINUTE, partial(self._verify, EXPIRED)
        for minutes in (95, 61):
            yield self._now - minutes * MINUTE, partial(self._verify, given_up)
        yield self._now - 60 * MINUTE, lambda: self._ask(given_up, self._at, pays=True)

    def _verify(self, nav: str) -> None:
        self._ask(nav, self._at)

    def _cases(self) -> Iterator[tuple[datetime, Step]]:
        """Yield the receipts that make a case: two payments of one notice, and others."""
        for nav, first, second in ((TWICE, 9, 6), (TWICE_TOO, 4, 1)):
            yield self._now - first * DAY, partial(self._pay, nav)
            yield self._now - second * DAY, partial(self._pay_beside, nav)
        yield self._now - 25 * 60 * MINUTE, self._pay_with_a_slip
        yield self._now - 3 * 60 * MINUTE, self._pay_too_little

    def _pay_beside(self, nav: str) -> None:
        """Pay again what is paid: the other provider had asked before the first receipt."""
        another = PEOPLE[(PEOPLE.index(debtor(nav)) + 1) % len(PEOPLE)]
        self._receipt(self._stored(nav), self._paid(nav)._replace(by=another))

    def _pay_with_a_slip(self) -> None:
        """Pay a number that was mistyped at a counter."""
        option = self._stored(SLIPPED)
        number = option.nav[:9] + "7" + option.nav[10:]
        wrong = option._replace(nav=number, iuv=number[1:])
        self._receipt(wrong, self._paid(SLIPPED))

    def _pay_too_little(self) -> None:
        self._receipt(self._stored(TOO_LITTLE), self._paid(TOO_LITTLE, 4800))

    def _loads(self) -> Iterator[tuple[datetime, Step]]:
        """Yield the loads of files, and the trial of one whose rows are partly wrong."""
        for file in FILES:
            yield self._morning(file.days_ago), partial(self._load, file)
        yield self._now - 40 * MINUTE, self._try

    def _morning(self, days_ago: int) -> datetime:
        return _midnight(rome.day_of(self._now - days_ago * DAY)) + timedelta(hours=9, minutes=2)

    def _load(self, file: File) -> None:
        loads = Loads(self._store, lambda: self._at, self._colleague())
        lines = "\r\n".join([HEADER, *file.lines(rome.day_of(self._now))])
        sent = loads.receive(demo.ORGANIZATION, file.name, io.BytesIO(lines.encode()))
        self._work()
        loads.load(demo.ORGANIZATION, sent.id, reading_of(sent.reading).digest)
        self._at += 3 * MINUTE
        self._work()

    def _try(self) -> None:
        loads = Loads(self._store, lambda: self._at, self._colleague())
        today = rome.day_of(self._now)
        due = f"{today + 45 * DAY:%d/%m/%Y}"
        good = FINES._replace(first=4001, rows=21)
        wrong = [row % due if "%s" in row else row for row in WRONG_ROWS]
        lines = "\r\n".join([HEADER, *good.lines(today), *wrong])
        loads.receive(demo.ORGANIZATION, "multe-44.csv", io.BytesIO(lines.encode()))
        self._work()

    def _work(self) -> None:
        Worker(self._store, kinds(), lambda: self._at, lambda: 0.5).once()

    def _colleague(self) -> Actor:
        """Return who loads files, who is invited at the first."""
        operators = Operators(self._store, secrets.token_bytes)
        known = [each.id for each in operators.every() if each.name == COLLEAGUE]
        if known:
            return Actor(ActorKind.OPERATOR, known[0])
        new = NewOperator.model_validate(
            {
                "name": COLLEAGUE,
                "role": "writer",
                "organizations": [demo.ORGANIZATION],
                "scopes": ["persons", "correct", "load"],
            }
        )
        return Actor(ActorKind.OPERATOR, operators.invite(new, "demo", self._at)[0].id)


def _midnight(day: date) -> datetime:
    """Return the instant at which a day begins in Rome."""
    return rome.end_of_day(day - DAY) + timedelta(microseconds=1)
