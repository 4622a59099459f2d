"""Positions as a back office reads them: everything that is kept, with how far each notice came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, func, select

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.state import OptionFacts, PositionFacts
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, TRANSFER, transfer_columns, transfer_of


class Progress(NamedTuple):
    """What happened to an option since it was issued; `reported` has an entry for each transfer."""

    paid_at: datetime | None
    receipt_id: str | None
    payment_date: datetime | None
    payment_method: str | None
    psp: str | None
    psp_name: str | None
    psp_fiscal_code: str | None
    fee: int | None
    reported_at: datetime | None
    updated_at: datetime
    revision: int
    reported: tuple[datetime | None, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether it was paid, or reported by a flow without a receipt."""
        return self.paid_at is not None or self.reported_at is not None

    @property
    def has_payment(self) -> bool:
        """Whether money is known to have moved: its own, or that of one of its transfers."""
        return self.settled or any(self.reported)


class Stored(NamedTuple):
    """A position with its history; `progress` stands beside the position's options."""

    position: NewPosition
    version: int
    created_at: datetime
    changed_at: datetime
    progress: tuple[Progress, ...]

    @property
    def etag(self) -> str:
        """What is unlike after every change, and after a deletion too."""
        # WHY: a payment moves a revision alone; while the version stays none goes back.
        revisions = sum(progress.revision for progress in self.progress)
        # WHY: a position that is created again counts from the start, even at the same instant; but
        # its notices have other numbers, since those that were deleted are retired.  After a
        # database was restored the counts come back, and the time does not.
        first = min((option.nav for option in self.position.options), default="")
        changed_at = int(self.updated_at.timestamp() * 1_000_000)
        return f"{self.version}.{revisions}-{first}.{changed_at:x}"

    @property
    def updated_at(self) -> datetime:
        """When the position or any of its options changed last."""
        return max([self.changed_at, *(progress.updated_at for progress in self.progress)])

    @property
    def facts(self) -> PositionFacts:
        """What the states are derived from."""
        pairs = zip(self.position.options, self.progress, strict=True)
        options = tuple(option_facts(option, progress) for option, progress in pairs)
        return PositionFacts(self.position.published_at, self.position.withdrawn_at, options)


def option_facts(option: NewOption, progress: Progress) -> OptionFacts:
    """What an option's state is derived from."""
    reported = tuple(when is not None for when in progress.reported)
    return OptionFacts(
        option.plan,
        option.valid_from,
        option.due_at,
        option.switch_to_expired,
        progress.settled,
        reported,
    )


def read(
    connection: Connection, organization: str, iupd: str, *, lock: bool = False
) -> Stored | None:
    """One position, or None.  With `lock` nobody else changes it until the caller's commit.

    A receipt that is settled meanwhile waits for the row, finds it moved on, and decides again.
    """
    return read_all(connection, organization, [iupd], lock=lock).get(iupd)


def read_all(
    connection: Connection, organization: str, iupds: Sequence[str], *, lock: bool = False
) -> dict[str, Stored]:
    """These positions by IUPD: three queries, however many they are."""
    asked = select(tables.position).where(
        POSITION.organization == organization, POSITION.iupd.in_(iupds)
    )
    if lock:
        # WHY: in one order, so that two who lock several never wait for each other.
        asked = asked.order_by(POSITION.iupd).with_for_update()
    rows = connection.execute(asked).mappings().all()
    if not rows:
        return {}
    options = _options(connection, organization, iupds, lock=lock)
    return {row["iupd"]: _stored(row, options.get(row["iupd"], [])) for row in rows}


def iupd_of(connection: Connection, organization: str, number: str, kind: str) -> str | None:
    """The position of a notice, by its `nav` or its `iuv`."""
    asked = select(OPTION.iupd).where(OPTION.organization == organization, OPTION[kind] == number)
    found: str | None = connection.execute(asked).scalar()
    return found


Pairs = list[tuple[NewOption, Progress]]


def _options(
    connection: Connection, organization: str, iupds: Sequence[str], *, lock: bool
) -> dict[str, Pairs]:
    # WHY: by the bare column SQLite would read every option of the organization in the order of
    # its index, rather than those of the positions.
    by_due_date = func.coalesce(OPTION.due_at, None)
    asked = (
        select(tables.payment_option)
        .where(OPTION.organization == organization, OPTION.iupd.in_(iupds))
        .order_by(by_due_date, OPTION.nav)
    )
    if lock:
        # WHY: a receipt for the only option of a position does not touch the position's row.
        asked = asked.with_for_update()
    shares = _shares(connection, organization, iupds)
    found: defaultdict[str, Pairs] = defaultdict(list)
    for row in connection.execute(asked).mappings():
        found[row["iupd"]].append(_option(row, shares.get(row["nav"], [])))
    return found


def _shares(
    connection: Connection, organization: str, iupds: Sequence[str]
) -> dict[str, list[Row[Any]]]:
    asked = (
        select(TRANSFER.nav, TRANSFER.reported_at, *transfer_columns())
        .join(
            tables.payment_option,
            (OPTION.organization == TRANSFER.organization) & (OPTION.nav == TRANSFER.nav),
        )
        .where(OPTION.organization == organization, OPTION.iupd.in_(iupds))
        .order_by(TRANSFER.number)
    )
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(asked):
        found[row.nav].append(row)
    return found


def _option(kept: RowMapping, shares: list[Row[Any]]) -> tuple[NewOption, Progress]:
    transfers = tuple(t for share in shares if (t := transfer_of(share[2:])) is not None)
    fields = {name: kept[name] for name in NewOption._fields if name != "transfers"}
    fields["metadata"] = tuple((key, value) for key, value in fields["metadata"])
    told = {name: kept[name] for name in Progress._fields if name != "reported"}
    reported = tuple(share.reported_at for share in shares)
    return NewOption(**fields, transfers=transfers), Progress(**told, reported=reported)


def _stored(kept: RowMapping, pairs: Pairs) -> Stored:
    debtor = Debtor(**{name: kept[f"debtor_{name}"] for name in Debtor._fields})
    position = NewPosition(
        organization=kept["organization"],
        iupd=kept["iupd"],
        debtor=debtor,
        region=kept["debtor_region"],
        phone=kept["debtor_phone"],
        company_name=kept["company_name"],
        office_name=kept["office_name"],
        pay_stand_in=kept["pay_stand_in"],
        published_at=kept["published_at"],
        withdrawn_at=kept["withdrawn_at"],
        options=tuple(option for option, _ in pairs),
    )
    progress = tuple(progress for _, progress in pairs)
    return Stored(position, kept["version"], kept["created_at"], kept["updated_at"], progress)
