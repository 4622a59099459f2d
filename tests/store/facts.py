"""Any facts of any positions: how a property test makes them up, and writes them as they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from gpd_soap.core.state import OptionFacts, PositionFacts
from gpd_soap.store import tables
from gpd_soap.store.positions import insert as positions
from tests.store.samples import NOW, TOMORROW, YESTERDAY, option, position, share

TICK = timedelta(microseconds=1)
#: Around the boundary, where the two could differ.
INSTANTS = st.sampled_from([YESTERDAY, NOW - TICK, NOW, NOW + TICK, TOMORROW])
PERHAPS = st.none() | INSTANTS
SELDOM = st.sampled_from([None, None, None, NOW])


class Opt(NamedTuple):
    """An option's facts as they are stored."""

    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    paid_at: datetime | None
    reported_at: datetime | None
    shares: list[datetime | None]

    @property
    def facts(self) -> OptionFacts:
        """What the rule sees."""
        settled = self.paid_at is not None or self.reported_at is not None
        reported = tuple(at is not None for at in self.shares)
        return OptionFacts(*self[:4], settled, reported)

    def excludes(self, other: "Opt") -> bool:
        """Whether this one, once settled, makes the other unknown."""
        alone = self.plan is None or other.plan is None
        return self.facts.settled and (alone or self.plan != other.plan)


class Pos(NamedTuple):
    """A position's facts as they are stored."""

    published_at: datetime | None
    withdrawn_at: datetime | None
    options: list[Opt]

    @property
    def facts(self) -> PositionFacts:
        """What the rule sees."""
        return PositionFacts(*self[:2], tuple(each.facts for each in self.options))


OPTIONS = st.builds(
    Opt,
    *(st.sampled_from([None, "rate", "due rate"]), PERHAPS, INSTANTS, st.booleans()),
    *(SELDOM | PERHAPS, SELDOM, st.lists(st.sampled_from([None, NOW]), max_size=3)),
)
POSITIONS = st.builds(
    Pos, st.sampled_from([None, NOW, NOW, NOW]), SELDOM, st.lists(OPTIONS, max_size=4)
)


def store_all(connection: Connection, every: Sequence[Pos]) -> dict[str, Opt]:
    """Write the positions as they are, named by their place; the options by NAV."""
    rows: dict[Any, list[dict[str, Any]]] = {
        tables.position: [], tables.payment_option: [], tables.transfer: []
    }  # fmt: skip
    found: dict[str, Opt] = {}
    for at, each in enumerate(every):
        told = position(f"{at}", published_at=each.published_at, withdrawn_at=each.withdrawn_at)
        rows[tables.position].append(positions.position_row(told, NOW))
        for opt in each.options:
            new = option(len(found) + 1, **dict(zip(Opt._fields[:4], opt, strict=False)))
            found[new.nav] = opt
            settled = {"paid_at": opt.paid_at, "reported_at": opt.reported_at}
            rows[tables.payment_option].append(positions.option_row(told, new, NOW) | settled)
            for number, reported_at in enumerate(opt.shares, 1):
                row = positions.transfer_row(told, new, share(number))
                rows[tables.transfer].append(row | {"reported_at": reported_at})
    for table, filled in rows.items():
        if filled:
            connection.execute(insert(table), filled)
    return found
