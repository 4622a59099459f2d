"""Encounters: a position, and the receipts, questions and changes that are sent for it at once."""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gpd_soap.core.position import NewPosition
from tests import world
from tests.drills.operations import (
    Change,
    ChangeAccount,
    Create,
    Delete,
    Operation,
    Option,
    PayElsewhere,
    Position,
    Publish,
    Receive,
    Replace,
    Restore,
    SetFee,
    State,
    Verify,
    Withdraw,
)
from tests.drills.stories import DUE, Message
from tests.messages.build import claim, receipt, soap_request, transfer

#: The first serial of the encounters' notices, and the number of serials for each.
FIRST, SERIALS = 5_000_001, 10
CENTS, OTHER_CENTS, RATE = 12000, 15000, 6000
#: A notification fee; another one makes the first amount the other one.
FEE = 500
#: The amount of each: the first, an alternative, two instalments, and that of a re-creation.
AMOUNTS = (CENTS, CENTS, RATE, RATE, CENTS)
#: The plan of the instalments.
PLAN = "PLAN"
#: Probabilities: a second operator changes the position too, a change sends If-Match, two senders
#: send a receipt, a question is sent too, and a receipt has the amount that a change brings.
SECOND, CONDITIONAL, TWICE, ASKED_BESIDE, OTHER_AMOUNT = 0.25, 0.3, 0.15, 0.5, 0.2
#: Probability that a receipt is sent near the end of a change, and the fractions of its time there.
LATE, ABOUT_THE_END = 0.6, (0.6, 1.1)


class Script(NamedTuple):
    """Operations that one client sends, each after the answer to the one before.

    The first is sent after `delay`, a fraction of the time that a change takes.
    """

    operations: tuple[Operation, ...]
    delay: float


class Encounter(NamedTuple):
    """A position as it is at the beginning, and the scripts that run for it at once."""

    iupd: str
    kind: str
    start: Position
    scripts: tuple[Script, ...]

    @property
    def state(self) -> State:
        """The state in which every serial order begins."""
        return State(self.start)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, in no order."""
        return tuple(each for script in self.scripts for each in script.operations)

    @property
    def navs(self) -> frozenset[str]:
        """Every notice number that is of this position at some time."""
        named = {each.nav for each in self.operations if isinstance(each, Receive | Verify)}
        brought = (each.options for each in self.operations if isinstance(each, Replace | Create))
        options = (*self.start.options, *(option for options in brought for option in options))
        return frozenset(named | {option.nav for option in options})

    @property
    def messages(self) -> list[Message]:
        """The receipts as they are sent, each once."""
        received = {each for each in self.operations if isinstance(each, Receive)}
        return [message(self.iupd, each) for each in sorted(received)]

    @property
    def position(self) -> NewPosition:
        """The position that is in the store before anything is sent."""
        options = [
            world.option(
                _serial(option.nav), world.transfer(amount=option.amount, iban=option.iban),
                plan=option.plan, due_at=DUE,
            )
            for option in self.start.options
        ]  # fmt: skip
        published_at = world.YESTERDAY if self.start.published else None
        withdrawn_at = world.YESTERDAY if self.start.withdrawn else None
        return world.position(
            self.iupd, *options, published_at=published_at, withdrawn_at=withdrawn_at
        )


class _Notices:
    """The notices of one encounter, and the accounts before and after a change of the IBAN."""

    def __init__(self, number: int) -> None:
        self._first = FIRST + SERIALS * number
        self.conditional = False
        self.iban, self.next_iban = iban(2 * number), iban(2 * number + 1)

    def option(self, which: int, amount: int | None = None, plan: str | None = None) -> Option:
        amount = AMOUNTS[which] if amount is None else amount
        return Option(world.nav(self._first + which), amount, plan, self.iban)


Kind = Callable[[_Notices], tuple[Change, ...]]


def _amount(notices: _Notices) -> tuple[Change, ...]:
    return (Replace((notices.option(0, OTHER_CENTS),), notices.conditional),)


def _alternative(notices: _Notices) -> tuple[Change, ...]:
    return (Replace((notices.option(0), notices.option(1)), notices.conditional),)


def _plan(notices: _Notices) -> tuple[Change, ...]:
    rates = (notices.option(2, plan=PLAN), notices.option(3, plan=PLAN))
    return (Replace((notices.option(0), *rates), notices.conditional),)


def _restoration(notices: _Notices) -> tuple[Change, ...]:
    return Withdraw(), Restore(), Withdraw(), Restore(notices.conditional)


def _fee(notices: _Notices) -> tuple[Change, ...]:
    nav = notices.option(0).nav
    return SetFee(nav, OTHER_CENTS - CENTS), SetFee(nav, FEE)


def _recreation(notices: _Notices) -> tuple[Change, ...]:
    return Delete(notices.conditional), Create((notices.option(4),))


#: The changes by kind, with the notices besides the first that get receipts too.
CHANGES: dict[str, tuple[Kind, tuple[int, ...]]] = {
    "amount": (_amount, ()),
    "alternative": (_alternative, (1,)),
    "plan": (_plan, (2, 3)),
    "deletion": (lambda notices: (Delete(notices.conditional),), ()),
    "re-creation": (_recreation, (4,)),
    "withdrawal": (lambda notices: (Withdraw(notices.conditional),), ()),
    "restoration": (_restoration, ()),
    "restoration of a withdrawn one": (lambda notices: (Restore(notices.conditional),), ()),
    "fee": (_fee, ()),
    "publication": (lambda notices: (Publish(notices.conditional),), ()),
    "account": (lambda notices: (ChangeAccount(notices.iban, notices.next_iban),), ()),
    "paids": (lambda notices: (PayElsewhere(notices.option(0).nav),), ()),
}
WEIGHTS = {"amount": 25, "alternative": 20, "plan": 10, "deletion": 8, "re-creation": 10,
         "withdrawal": 7, "publication": 6, "account": 7, "paids": 7, "restoration": 7,
         "restoration of a withdrawn one": 7, "fee": 10}  # fmt: skip


def write(count: int, chance: random.Random) -> list[Encounter]:
    """Return this many encounters, of every kind by its weight."""
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [encounter(kind, number, chance) for number, kind in enumerate(kinds)]


def encounter(kind: str, number: int, chance: random.Random) -> Encounter:
    """Return an encounter whose first change is of this kind."""
    notices = _Notices(number)
    kinds = [kind]
    if chance.random() < SECOND:
        kinds.append(chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0])
    start = Position(
        (notices.option(0),),
        published="publication" not in kinds,
        withdrawn=kind == "restoration of a withdrawn one",
    )
    if kind == "amount" and chance.random() < SECOND:
        start = start._replace(options=(notices.option(0), notices.option(1)))
    scripts = [Script(_of(each, notices, chance), 0.0) for each in kinds]
    also = {which for each in kinds for which in CHANGES[each][1]} | set(range(len(start.options)))
    for which in sorted(also):
        scripts += _beside(notices.option(which), f"{number}-{which}", chance)
    return Encounter(f"MEETING-{number}", kind, start, tuple(scripts))


def _of(kind: str, notices: _Notices, chance: random.Random) -> tuple[Change, ...]:
    make, _ = CHANGES[kind]
    notices.conditional = chance.random() < CONDITIONAL
    return make(notices)


def _beside(option: Option, name: str, chance: random.Random) -> Iterator[Script]:
    """Yield the receipt of a notice, and perhaps a question, at any instant of the change."""
    amount = OTHER_CENTS if chance.random() < OTHER_AMOUNT else option.amount
    sent = Script((Receive(f"m-{name}", option.nav, amount),), _instant(chance))
    yield sent
    if chance.random() < TWICE:
        yield sent
    if chance.random() < ASKED_BESIDE:
        yield Script((Verify(option.nav),), chance.random())


def _instant(chance: random.Random) -> float:
    """Return when a receipt is sent, as a fraction of the time that a change takes."""
    # WHY: a receipt that reads before a change's commit and writes after it is decided on old facts
    # unless the store checks them again.
    return chance.uniform(*ABOUT_THE_END) if chance.random() < LATE else chance.random()


def message(iupd: str, received: Receive) -> Message:
    """Return a receipt as the Node sends it."""
    euros = f"{received.amount // 100}.{received.amount % 100:02d}"
    content = receipt(
        received.nav, euros, receiptId=received.receipt_id, transferList=transfer(1, euros)
    )
    raw = soap_request("paSendRTV2", claim() + content).encode()
    return Message(iupd, received.nav, received.receipt_id, raw)


def iban(number: int) -> str:
    """Return an invented Italian account with valid check digits."""
    account = f"X0542811101{number:012d}"
    digits = "".join(str(int(each, 36)) for each in f"{account}IT00")
    return f"IT{98 - int(digits) % 97:02d}{account}"


def _serial(nav: str) -> int:
    return int(nav[3:16])
