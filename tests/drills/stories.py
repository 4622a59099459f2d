"""Stories: positions, and the receipts that come for each of them in every way."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from gpd_soap.core import rome
from gpd_soap.core.position import NewPosition
from tests import world
from tests.messages.build import claim, qr, receipt, soap_request
from tests.validation import bodies

PAST_EVERY_DRILL = date(2199, 12, 31)
DUE = rome.end_of_day(PAST_EVERY_DRILL)
DUE_DAY = PAST_EVERY_DRILL.isoformat()
CENTS = 10000
#: The first serial of the stories' notices; lower ones belong to the world.
FIRST = 1001
#: The number of stories under way together, so that their steps race.
WINDOW = 20


class Message(NamedTuple):
    """A receipt to be sent until it is answered OK; an equal one is sent twice."""

    iupd: str
    nav: str
    receipt_id: str
    raw: bytes


class Errand(NamedTuple):
    """A position that the back office creates, perhaps after its receipts have arrived."""

    iupd: str
    body: dict[str, Any]


class Story(NamedTuple):
    """One position, stored from the beginning or created later, and paid by one receipt."""

    iupd: str
    position: NewPosition | None
    steps: tuple[Message | Errand, ...]


KINDS = {"single": 40, "repeated": 15, "double": 15, "conflicting": 10, "alternatives": 10,
         "unmatched": 10}  # fmt: skip


def write(receipts: int, chance: random.Random) -> list[Story]:
    """Return stories with this many receipts together, or a few more."""
    stories: list[Story] = []
    count = 0
    while count < receipts:
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        stories.append(story(kind, FIRST + 2 * len(stories)))
        count += sum(isinstance(step, Message) for step in stories[-1].steps)
    return stories


def story(kind: str, serial: int) -> Story:
    """Return a story of this kind about the notices of this serial and the next."""
    iupd, option = f"DRILL-{serial}", world.option(serial, due_at=DUE)
    options = (option, world.option(serial + 1, due_at=DUE, plan="rate"))
    position = world.position(iupd, *options[: 2 if kind == "alternatives" else 1])
    if kind == "unmatched":
        return Story(
            iupd, None, (*_messages(kind, iupd, serial), Errand(iupd, _body(iupd, serial)))
        )
    return Story(iupd, position, tuple(_messages(kind, iupd, serial)))


def initial_positions(stories: list[Story]) -> list[NewPosition]:
    """Return the positions that are in the store from the beginning."""
    return [story.position for story in stories if story.position is not None]


def in_order(stories: list[Story], chance: random.Random) -> list[Message | Errand]:
    """Return every step once, near the steps of its story and in any order among them."""
    steps = [
        (number + WINDOW * chance.random(), step)
        for number, story in enumerate(stories)
        for step in story.steps
    ]
    return [step for _, step in sorted(steps, key=lambda each: each[0])]


def question(nav: str, chance: random.Random) -> bytes:
    """Return a verify or a getPayment of this notice."""
    primitive = chance.choice(("paVerifyPaymentNotice", "paGetPaymentV2"))
    return soap_request(primitive, claim() + qr(nav)).encode()


def _messages(kind: str, iupd: str, serial: int) -> Iterator[Message]:
    yield _message(iupd, serial, "a")
    if kind == "repeated":
        yield from 2 * [_message(iupd, serial, "a")]
    if kind in ("double", "unmatched"):
        yield _message(iupd, serial, "b")
    if kind == "conflicting":
        yield from 2 * [_message(iupd, serial, "a", fee="1.50")]
    if kind == "alternatives":
        yield _message(iupd, serial + 1, "c")


def _message(iupd: str, serial: int, which: str, **more: str) -> Message:
    nav, receipt_id = world.nav(serial), f"{which}-{serial}"
    content = claim() + receipt(nav, receiptId=receipt_id, **more)
    return Message(iupd, nav, receipt_id, soap_request("paSendRTV2", content).encode())


def _body(iupd: str, serial: int) -> dict[str, Any]:
    """Return the position as the back office sends it, with the notice that its receipts name."""
    option = bodies.option(
        serial, bodies.transfer(amount=CENTS), iuv=world.nav(serial)[1:],
        dueDate=PAST_EVERY_DRILL.isoformat(),
    )  # fmt: skip
    return bodies.body(option, iupd=iupd)
