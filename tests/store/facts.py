"""Generated facts of positions, and their rows, for property tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from gpd_soap.core.state import OptionFacts, PositionFacts
from gpd_soap.store import tables
from gpd_soap.store.positions import insert as insert_position
from tests.store.samples import NOW, TOMORROW, YESTERDAY, option, position, transfer

TICK = timedelta(microseconds=1)
#: Instants around NOW, where the rules in Python and SQL could differ.
INSTANTS = st.sampled_from([YESTERDAY, NOW - TICK, NOW, NOW + TICK, TOMORROW])
PERHAPS = st.none() | INSTANTS
SELDOM = st.sampled_from([None, None, None, NOW])


class Opt(NamedTuple):
    """Facts of an option, as its row has them."""

    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    paid_at: datetime | None
    reported_at: datetime | None
    transfers_reported_at: list[datetime | None]

    @property
    def facts(self) -> OptionFacts:
        """Returns the facts that the rule takes."""
        settled = self.paid_at is not None or self.reported_at is not None
        reported = tuple(each is not None for each in self.transfers_reported_at)
        return OptionFacts(*self[:4], settled, reported)

    def excludes(self, other: "Opt") -> bool:
        """Returns whether this option is settled and excludes the other."""
        is_single = self.plan is None or other.plan is None
        return self.facts.settled and (is_single or self.plan != other.plan)


class Pos(NamedTuple):
    """Facts of a position, as its row has them."""

    published_at: datetime | None
    withdrawn_at: datetime | None
    options: list[Opt]

    @property
    def facts(self) -> PositionFacts:
        """Returns the facts that the rule takes."""
        return PositionFacts(*self[:2], tuple(each.facts for each in self.options))


OPTIONS = st.builds(
    Opt,
    *(st.sampled_from([None, "rate", "due rate"]), PERHAPS, INSTANTS, st.booleans()),
    *(SELDOM | PERHAPS, SELDOM, st.lists(st.sampled_from([None, NOW]), max_size=3)),
)
POSITIONS = st.builds(
    Pos, st.sampled_from([None, NOW, NOW, NOW]), SELDOM, st.lists(OPTIONS, max_size=4)
)

#: Positions of one option, with every combination of instants before, at and after NOW.
BOUNDARIES = [
    Pos(published_at, withdrawn_at, [Opt(None, valid_from, due_at, switch, paid_at, None, [None])])
    for published_at, withdrawn_at, valid_from, due_at, switch, paid_at in product(
        (None, NOW),
        (None, NOW),
        (None, NOW - TICK, NOW, NOW + TICK),
        (NOW - TICK, NOW, NOW + TICK),
        (True, False),
        (None, NOW),
    )
]


def store_all(connection: Connection, every: Sequence[Pos]) -> dict[str, Opt]:
    """Inserts positions, with their index as IUPD.  Returns the options by NAV."""
    rows: dict[Any, list[dict[str, Any]]] = {
        tables.position: [], tables.payment_option: [], tables.transfer: []
    }  # fmt: skip
    options: dict[str, Opt] = {}
    for index, each in enumerate(every):
        published_at, withdrawn_at = each.published_at, each.withdrawn_at
        owner = position(f"{index}", published_at=published_at, withdrawn_at=withdrawn_at)
        rows[tables.position].append(insert_position.position_row(owner, NOW))
        for opt in each.options:
            new = option(len(options) + 1, **dict(zip(Opt._fields[:4], opt, strict=False)))
            options[new.nav] = opt
            settled = {"paid_at": opt.paid_at, "reported_at": opt.reported_at}
            rows[tables.payment_option].append(
                insert_position.option_row(owner, new, NOW) | settled
            )
            for number, reported_at in enumerate(opt.transfers_reported_at, 1):
                row = insert_position.transfer_row(owner, new, transfer(number))
                rows[tables.transfer].append(row | {"reported_at": reported_at})
    for table, table_rows in rows.items():
        if table_rows:
            connection.execute(insert(table), table_rows)
    return options
