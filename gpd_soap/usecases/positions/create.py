"""Creates positions: one, or up to a hundred, all or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from gpd_soap.core.actor import Actor
from gpd_soap.core.notice import NoticeNumber, nav_of_iuv
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.database.transaction import Transaction, dry_run, in_transaction, read_only
from gpd_soap.store.positions import insert, numbers
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.positions.bulk import join_path, with_index
from gpd_soap.usecases.positions.segregation import Codes, check_bodies
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import count_missing_numbers, position_of
from gpd_soap.validation.finding import FieldError, path

#: Field of the list in a request about many positions.
MANY = "paymentPositions"

T = TypeVar("T")


class WriteOptions(NamedTuple):
    """Who writes; and whether to publish at once, write nothing, accept unusual notice numbers.

    `codes` are the segregation codes that the caller is limited to; without any, to none.
    `record` writes to the audit what is changed, and `reason` is why a person changes it.
    """

    actor: Actor
    publish: bool = False
    dry_run: bool = False
    lenient: bool = False
    codes: Codes = ()
    record: Record = unrecorded
    reason: str | None = None

    def run(self, store: Store, work: Callable[[Transaction], T]) -> T:
        """Returns what `work` returns; a dry run rolls it back."""
        return (dry_run if self.dry_run else in_transaction)(store, work)


class WriteResult(NamedTuple):
    """Positions that were created or updated, or would be, with the warnings about them.

    `given` are the IUVs of the request.  The other IUVs were issued; those of a dry run were not.
    """

    stored: list[Stored]
    given: frozenset[str]
    warnings: list[FieldError]


def create(
    store: Store,
    organization: str,
    items: Sequence[Any],
    now: datetime,
    options: WriteOptions,
    *,
    many: bool,
) -> WriteResult:
    """Creates positions, all or none.  Raises a refusal with the errors of all of them."""
    list_name = MANY if many else None
    bodies = transitions.read(items, list_name)
    check_bodies(bodies, options.codes, list_name)
    errors: list[FieldError] = []
    warnings: list[FieldError] = []
    for index, body in enumerate(bodies):
        body_errors, body_warnings = transitions.check_new(
            body, organization, now, lenient=options.lenient
        )
        errors += with_index(list_name, index, body_errors)
        warnings += with_index(list_name, index, body_warnings)
    if errors:
        raise refusals.InvalidPosition(errors)
    duplicates = list(repeated(bodies, list_name))
    if duplicates:
        raise refusals.NotUnique(duplicates)
    try:
        stored = _insert(store, organization, bodies, now, options)
    except AlreadyStored:
        used = read_only(store, lambda c: list(_in_use(c, organization, bodies, list_name)))
        raise refusals.NotUnique(used) from None
    return WriteResult(stored, frozenset(given(bodies)), warnings)


def _insert(
    store: Store,
    organization: str,
    bodies: list[position_v1.Position],
    now: datetime,
    options: WriteOptions,
) -> list[Stored]:
    """Returns the positions as stored.  Raises OrganizationNotFound if it is not registered."""

    def work(connection: Transaction) -> list[Stored]:
        if not numbers.is_registered(connection, organization):
            raise refusals.OrganizationNotFound
        issue = _issuer(connection, organization, bodies, options.codes)
        published_at = now if options.publish else None
        new = [position_of(body, organization, published_at, issue) for body in bodies]
        insert.add(connection, new, now, options.actor)
        iupds = [position.iupd for position in new]
        for iupd in iupds:
            options.record(connection, Subject(iupd=iupd), organization)
        rows = stored_positions.read_all(connection, organization, iupds)
        return [rows[iupd] for iupd in iupds]

    return options.run(store, work)


def _issuer(
    connection: Transaction, organization: str, bodies: list[position_v1.Position], codes: Codes
) -> Callable[[], NoticeNumber]:
    """Returns a function that returns the next issued notice number.

    Raises InvalidPosition if a number is needed and the organization has no segregation code.
    """
    code = numbers.segregation_code(connection, organization, codes)
    count = sum(map(count_missing_numbers, bodies))
    if code is None and count:
        expected = "an IUV, or a station with a segregation code to issue one"
        raise refusals.InvalidPosition([FieldError("paymentOption.iuv", "required", expected)])
    avoid = given(bodies)
    return iter(numbers.issue(connection, organization, code or "", count, avoid)).__next__


def given(bodies: list[position_v1.Position]) -> set[str]:
    """Returns the IUVs of the request."""
    options = [option for body in bodies for option in body.payment_option]
    return {option.iuv for option in options if option.iuv is not None}


#: A kind (iupd, iuv or nav) and a value that is unique within the organization.
Name = tuple[str, str]


def _names(body: position_v1.Position, prefix: str) -> Iterator[tuple[str, Name]]:
    """Yields the unique names of a position, each with its field path below `prefix`."""
    yield join_path(prefix, "iupd"), ("iupd", body.iupd)
    for index, option in enumerate(body.payment_option):
        if option.iuv is not None:
            nav = option.nav or nav_of_iuv(option.iuv)
            field = join_path(prefix, path("paymentOption", index))
            yield f"{field}.iuv", ("iuv", option.iuv)
            yield f"{field}.nav", ("nav", nav)


def repeated(bodies: list[position_v1.Position], list_name: str | None) -> Iterator[FieldError]:
    """Yields an error for each name that an earlier position of the request has."""
    seen: set[Name] = set()
    for index, body in enumerate(bodies):
        for field, name in _names(body, path(list_name, index) if list_name else ""):
            if name in seen:
                yield FieldError(field, "duplicate", "what no position before it has")
            seen.add(name)


def _in_use(
    connection: Transaction,
    organization: str,
    bodies: list[position_v1.Position],
    list_name: str | None,
) -> Iterator[FieldError]:
    """Yields an error for each name that the organization uses or has used."""
    fields = [
        pair
        for index, body in enumerate(bodies)
        for pair in _names(body, path(list_name, index) if list_name else "")
    ]
    names = {kind: [n for _, (k, n) in fields if k == kind] for kind in ("iupd", "nav", "iuv")}
    used = numbers.in_use(connection, organization, names["iupd"], names["nav"], names["iuv"])
    taken = {"iupd": used.iupds, "nav": used.navs, "iuv": used.iuvs}
    for field, (kind, name) in fields:
        if name in taken[kind]:
            yield FieldError(field, "in-use", "what the organization has never used")
