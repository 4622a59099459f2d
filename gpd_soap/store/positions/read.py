"""Reads positions for back offices: all their content, with the progress of each notice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, select

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import NewOption, NewPosition, OptionDebtor
from gpd_soap.core.state import OptionFacts, PositionFacts
from gpd_soap.core.text import spellings
from gpd_soap.store import tables
from gpd_soap.store.rows import (
    OPTION,
    POSITION,
    TRANSFER,
    metadata_of,
    transfer_columns,
    transfer_of,
)


class Progress(NamedTuple):
    """The payment, the reporting and the notification fee of an option.

    `reported` has an item for each transfer.
    """

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
    notification_fee: int
    notification_fee_at: datetime | None
    notification_fee_final: bool
    reported: tuple[datetime | None, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether the option was paid, or reported by a flow without a receipt."""
        return self.paid_at is not None or self.reported_at is not None

    @property
    def has_payment(self) -> bool:
        """Whether the option was settled or one of its transfers was reported."""
        return self.settled or any(self.reported)


class Stored(NamedTuple):
    """A stored position; `progress` has an item for each of the position's options.

    `forgotten_at` is when its debtor was replaced by a pseudonym.
    """

    position: NewPosition
    version: int
    created_at: datetime
    changed_at: datetime
    progress: tuple[Progress, ...]
    forgotten_at: datetime | None = None

    @property
    def etag(self) -> str:
        """A text that differs after every change, and after a deletion and a new creation too."""
        # WHY: a payment increases a revision and leaves the version; no revision decreases while
        # the version stays.
        revisions = sum(progress.revision for progress in self.progress)
        # WHY: a position that is created again counts from 1, even at the same instant, but its
        # notices have other numbers (Notice numbers, rule 4).  A restored database repeats the
        # counts, but not the time.
        first = min((option.nav for option in self.position.options), default="")
        changed_at = int(self.updated_at.timestamp() * 1_000_000)
        return f"{self.version}.{revisions}-{first}.{changed_at:x}"

    @property
    def updated_at(self) -> datetime:
        """The instant of the last change to the position or any of its options."""
        return max([self.changed_at, *(progress.updated_at for progress in self.progress)])

    @property
    def facts(self) -> PositionFacts:
        """The facts from which the position's state is derived."""
        pairs = zip(self.position.options, self.progress, strict=True)
        options = tuple(option_facts(option, progress) for option, progress in pairs)
        return PositionFacts(self.position.published_at, self.position.withdrawn_at, options)


def option_facts(option: NewOption, progress: Progress) -> OptionFacts:
    """Return the facts from which an option's state is derived."""
    reported = tuple(instant is not None for instant in progress.reported)
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
    """Return one position, or None; with `lock` its rows are locked until the caller's commit.

    A receipt that is settled meanwhile waits for the rows and is then decided again (Receipts,
    rule 14).
    """
    return read_all(connection, organization, [iupd], lock=lock).get(iupd)


def find_all(
    connection: Connection, organization: str, iupds: Sequence[str], *, lock: bool = False
) -> dict[str, Stored]:
    """Return these positions by IUPD in NFC, also those that were stored in another spelling."""
    # WHY: the last one wins, and a position in NFC is preferred.
    spelled = {each: iupd for iupd in iupds for each in reversed(spellings(iupd))}
    stored = read_all(connection, organization, list(spelled), lock=lock)
    return {iupd: stored[each] for each, iupd in spelled.items() if each in stored}


def find(
    connection: Connection, organization: str, iupd: str, *, lock: bool = False
) -> Stored | None:
    """Return one position by its IUPD in NFC, or None; see `find_all`."""
    return find_all(connection, organization, [iupd], lock=lock).get(iupd)


def read_all(
    connection: Connection, organization: str, iupds: Sequence[str], *, lock: bool = False
) -> dict[str, Stored]:
    """Return these positions by IUPD, with three queries for any number of them."""
    statement = select(tables.position).where(
        POSITION.organization == organization, POSITION.iupd.in_(iupds)
    )
    if lock:
        # WHY: all callers lock in the same order, so that no two of them wait for each other.
        statement = statement.order_by(POSITION.iupd).with_for_update()
    rows = connection.execute(statement).mappings().all()
    if not rows:
        return {}
    options = _options(connection, organization, iupds, lock=lock)
    return {row["iupd"]: _stored(row, options.get(row["iupd"], [])) for row in rows}


def iupd_of(connection: Connection, organization: str, number: str, kind: str) -> str | None:
    """Return the IUPD of a notice, or None; `kind` of the number is `nav` or `iuv`."""
    of_notice = OPTION.organization == organization, OPTION[kind] == number
    iupd: str | None = connection.execute(select(OPTION.iupd).where(*of_notice)).scalar()
    return iupd


def of_numbers(connection: Connection, organization: str, navs: Sequence[str]) -> dict[str, Stored]:
    """Return the positions of notices by the notice numbers, with four queries for any number."""
    statement = select(OPTION.nav, OPTION.iupd).where(
        OPTION.organization == organization, OPTION.nav.in_(navs)
    )
    iupds = {row.nav: row.iupd for row in connection.execute(statement)}
    stored = read_all(connection, organization, list(dict.fromkeys(iupds.values())))
    return {nav: stored[iupd] for nav, iupd in iupds.items() if iupd in stored}


Pairs = list[tuple[NewOption, Progress]]


def _options(
    connection: Connection, organization: str, iupds: Sequence[str], *, lock: bool
) -> dict[str, Pairs]:
    statement = (
        select(tables.payment_option)
        .where(OPTION.organization == organization, OPTION.iupd.in_(iupds))
        .order_by(OPTION.ordinal, OPTION.due_at, OPTION.nav)
    )
    if lock:
        # WHY: a receipt for the only option of a position does not write the position's row.
        statement = statement.with_for_update()
    transfers = _transfers(connection, organization, iupds)
    options: defaultdict[str, Pairs] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        options[row["iupd"]].append(_option(row, transfers.get(row["nav"], [])))
    return options


def _transfers(
    connection: Connection, organization: str, iupds: Sequence[str]
) -> dict[str, list[Row[Any]]]:
    statement = (
        select(TRANSFER.nav, TRANSFER.reported_at, *transfer_columns())
        .join(
            tables.payment_option,
            (TRANSFER.organization == organization) & (OPTION.nav == TRANSFER.nav),
        )
        .where(OPTION.organization == organization, OPTION.iupd.in_(iupds))
        .order_by(TRANSFER.number)
    )
    rows: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(statement):
        rows[row.nav].append(row)
    return rows


def _option(row: RowMapping, transfer_rows: list[Row[Any]]) -> tuple[NewOption, Progress]:
    transfers = tuple(t for each in transfer_rows if (t := transfer_of(each[2:])) is not None)
    fields = {name: row[name] for name in NewOption._fields if name not in ("transfers", "debtor")}
    fields["metadata"] = metadata_of(fields["metadata"])
    progress = {name: row[name] for name in Progress._fields if name != "reported"}
    reported = tuple(each.reported_at for each in transfer_rows)
    debtor = None
    if row["debtor_kind"] is not None:
        debtor = OptionDebtor(_debtor(row), row["debtor_region"], row["debtor_phone"])
    option = NewOption(**fields, transfers=transfers, debtor=debtor)
    return option, Progress(**progress, reported=reported)


def _debtor(row: RowMapping) -> Debtor:
    return Debtor(**{name: row[f"debtor_{name}"] for name in Debtor._fields})


def _stored(row: RowMapping, pairs: Pairs) -> Stored:
    position = NewPosition(
        organization=row["organization"],
        iupd=row["iupd"],
        debtor=_debtor(row),
        region=row["debtor_region"],
        phone=row["debtor_phone"],
        company_name=row["company_name"],
        office_name=row["office_name"],
        pay_stand_in=row["pay_stand_in"],
        published_at=row["published_at"],
        withdrawn_at=row["withdrawn_at"],
        options=tuple(option for option, _ in pairs),
        service_type=row["service_type"],
    )
    progress = tuple(progress for _, progress in pairs)
    instants = row["created_at"], row["updated_at"], progress, row["forgotten_at"]
    return Stored(position, row["version"], *instants)
