"""Making new positions: one, or up to a hundred, all or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from gpd_soap.core.notice import NoticeNumber, nav_of_iuv
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.database.transaction import Transaction, dry_run, in_transaction, read_only
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions import transitions as rules
from gpd_soap.usecases.positions.bulk import join_path, with_index
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.convert import position_of, wanted_numbers
from gpd_soap.validation.finding import FieldError, path

MANY = "paymentPositions"

T = TypeVar("T")


class WriteOptions(NamedTuple):
    """What the caller wants: published, nothing written, odd notice numbers let pass."""

    publish: bool = False
    dry_run: bool = False
    lenient: bool = False

    def run(self, store: Store, work: Callable[[Transaction], T]) -> T:
        """Do some work for good, or for show."""
        return (dry_run if self.dry_run else in_transaction)(store, work)


class WriteResult(NamedTuple):
    """What was made or changed, or would be, and what a person should look at.

    `given` are the IUVs that the caller brought; of a dry run the others were never handed out.
    """

    stored: list[Stored]
    given: frozenset[str]
    warnings: list[FieldError]


def create(
    store: Store,
    organization: str,
    told: Sequence[Any],
    now: datetime,
    how: WriteOptions,
    *,
    many: bool,
) -> WriteResult:
    """Keep these positions, all or none; Refusal with everything that is wrong in any of them."""
    place = MANY if many else None
    bodies = rules.read(told, place)
    errors: list[FieldError] = []
    warnings: list[FieldError] = []
    for at, body in enumerate(bodies):
        wrong, doubts = rules.hold(body, organization, now, new=True, lenient=how.lenient)
        errors += with_index(place, at, wrong)
        warnings += with_index(place, at, doubts)
    if errors:
        raise refusals.InvalidPosition(errors)
    again = list(repeated(bodies, place))
    if again:
        raise refusals.NotUnique(again)
    try:
        stored = _keep(store, organization, bodies, now, how)
    except AlreadyKept:
        used = read_only(store, lambda c: list(_in_use(c, organization, bodies, place)))
        raise refusals.NotUnique(used) from None
    return WriteResult(stored, frozenset(given(bodies)), warnings)


def _keep(
    store: Store, organization: str, bodies: list[models.Position], now: datetime, how: WriteOptions
) -> list[Stored]:
    def work(connection: Transaction) -> list[Stored]:
        if not numbers.is_registered(connection, organization):
            raise refusals.OrganizationNotFound
        issue = _issuer(connection, organization, bodies)
        published_at = now if how.publish else None
        new = [position_of(body, organization, published_at, issue) for body in bodies]
        positions.add(connection, new, now)
        iupds = [position.iupd for position in new]
        found = admin_positions.read_all(connection, organization, iupds)
        return [found[iupd] for iupd in iupds]

    return how.run(store, work)


def _issuer(
    connection: Transaction, organization: str, bodies: list[models.Position]
) -> Callable[[], NoticeNumber]:
    """Who hands out numbers; Refusal where one is wanted and the organization has no code."""
    code = numbers.segregation_code(connection, organization)
    wanted = sum(map(wanted_numbers, bodies))
    if code is None and wanted:
        expected = "an IUV, or a station with a segregation code to issue one"
        raise refusals.InvalidPosition([FieldError("paymentOption.iuv", "required", expected)])
    avoid = given(bodies)
    return iter(numbers.issue(connection, organization, code or "", wanted, avoid)).__next__


def given(bodies: list[models.Position]) -> set[str]:
    """The IUVs that the caller brought."""
    options = [option for body in bodies for option in body.payment_option]
    return {option.iuv for option in options if option.iuv is not None}


Name = tuple[str, str]


def _names(body: models.Position, place: str) -> Iterator[tuple[str, Name]]:
    """What a position alone may be called, by the field that says so."""
    yield join_path(place, "iupd"), ("iupd", body.iupd)
    for at, option in enumerate(body.payment_option):
        if option.iuv is not None:
            nav = option.nav or nav_of_iuv(option.iuv)
            field = join_path(place, path("paymentOption", at))
            yield f"{field}.iuv", ("iuv", option.iuv)
            yield f"{field}.nav", ("nav", nav)


def repeated(bodies: list[models.Position], place: str | None) -> Iterator[FieldError]:
    """The names that several of these positions would have."""
    seen: set[Name] = set()
    for at, body in enumerate(bodies):
        for field, name in _names(body, path(place, at) if place else ""):
            if name in seen:
                yield FieldError(field, "duplicate", "what no position before it has")
            seen.add(name)


def _in_use(
    connection: Transaction, organization: str, bodies: list[models.Position], place: str | None
) -> Iterator[FieldError]:
    fields = [
        pair
        for at, body in enumerate(bodies)
        for pair in _names(body, path(place, at) if place else "")
    ]
    names = {kind: [n for _, (k, n) in fields if k == kind] for kind in ("iupd", "nav", "iuv")}
    used = numbers.in_use(connection, organization, names["iupd"], names["nav"], names["iuv"])
    known = {"iupd": used.iupds, "nav": used.navs, "iuv": used.iuvs}
    for field, (kind, name) in fields:
        if name in known[kind]:
            yield FieldError(field, "in-use", "what the organization has never used")
