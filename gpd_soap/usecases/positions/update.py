"""Putting other content in the place of positions: of one, or of up to a hundred, all or none.

What is published stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import change as changing
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions import transitions as rules
from gpd_soap.usecases.positions.bulk import refuse_together, with_index
from gpd_soap.usecases.positions.create import MANY, WriteOptions, WriteResult, given, repeated
from gpd_soap.usecases.positions.locking import PositionRef, lock_position, lock_positions
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.convert import position_of
from gpd_soap.validation.finding import FieldError, path


def update(
    store: Store, named: PositionRef, told: object, now: datetime, how: WriteOptions
) -> WriteResult:
    """Put another content in a position's place; Refusal with everything that is wrong in it."""
    bodies = rules.read([told])
    if bodies[0].iupd != named.iupd:
        raise refusals.InvalidPosition([FieldError("iupd", "path", "the IUPD of the path")])

    def work(connection: Transaction) -> WriteResult:
        changing.announce(connection, named.organization)
        return _replace(connection, [lock_position(connection, named)], bodies, now, how, None)

    return how.run(store, work)


def update_many(
    store: Store, organization: str, told: Sequence[Any], now: datetime, how: WriteOptions
) -> WriteResult:
    """Put other content in the place of these, all or none; Refusal with what is wrong in each."""
    bodies = rules.read(told, MANY)
    again = list(repeated(bodies, MANY))
    if again:
        raise refusals.NotUnique(again)
    iupds = [body.iupd for body in bodies]

    def work(connection: Transaction) -> WriteResult:
        changing.announce(connection, organization)
        old = lock_positions(connection, organization, iupds, MANY, "iupd")
        return _replace(connection, old, bodies, now, how, MANY)

    return how.run(store, work)


def _replace(
    connection: Transaction,
    old: list[Stored],
    bodies: list[models.Position],
    now: datetime,
    how: WriteOptions,
    place: str | None,
) -> WriteResult:
    refuse_together(old, lambda stored: rules.updatable(stored, now), place)
    pairs = zip(old, bodies, strict=True)
    new = refuse_together(pairs, lambda pair: _successor(*pair, now, how), place)
    for at, (before, (after, _)) in enumerate(zip(old, new, strict=True)):
        try:
            changing.replace(connection, before, after, now)
        except AlreadyKept:
            error = FieldError("paymentOption", "in-use", "numbers that were never another's")
            raise refusals.NotUnique(with_index(place, at, [error])) from None
    iupds = [body.iupd for body in bodies]
    found = admin_positions.read_all(connection, old[0].position.organization, iupds)
    doubts = [doubt for at, (_, each) in enumerate(new) for doubt in with_index(place, at, each)]
    return WriteResult([found[iupd] for iupd in iupds], frozenset(given(bodies)), doubts)


def _successor(
    old: Stored, body: models.Position, now: datetime, how: WriteOptions
) -> tuple[NewPosition, list[FieldError]]:
    """What a position becomes, and what is doubtful; Refusal for what may not be."""
    kept = {option.iuv: option for option in old.position.options}
    body, wrong = _numbered(body, {iuv: option.nav for iuv, option in kept.items()})
    # WHY: a number that came in leniently is not looked at again.
    lenient = how.lenient or all(option.iuv in kept for option in body.payment_option)
    organization = old.position.organization
    errors, doubts = rules.hold(body, organization, now, new=False, lenient=lenient)
    if wrong or errors:
        raise refusals.InvalidPosition([*wrong, *errors])
    published_at = old.position.published_at or (now if how.publish else None)
    new = position_of(body, organization, published_at, _never)
    # SPEC: gpd-reference.md 2.4: a validity that has begun stays, where none is sent.
    stays = body.validity_date is None and old.position.published_at is not None
    options = (_as_before(each, kept.get(each.iuv), now if stays else None) for each in new.options)
    return new._replace(options=tuple(options)), doubts


def _as_before(
    option: NewOption, before: NewOption | None, stays_since: datetime | None
) -> NewOption:
    """An option with what an update does not say of it: a validity that had begun by then."""
    if before is None:
        return option
    option = option._replace(last_payment=before.last_payment)
    if stays_since is None or before.valid_from is None or before.valid_from > stays_since:
        return option
    return option._replace(valid_from=before.valid_from)


def _numbered(
    body: models.Position, navs: dict[str, str]
) -> tuple[models.Position, list[FieldError]]:
    """A body whose options have the notice numbers that their IUVs have; and where that fails."""
    wrong = []
    options = []
    for at, option in enumerate(body.payment_option):
        nav = None if option.iuv is None else navs.get(option.iuv)
        if option.iuv is None:
            expected = "the IUV of the notice; numbers are issued to new positions alone"
            wrong.append(FieldError(path("paymentOption", at, "iuv"), "required", expected))
        elif nav is not None and option.nav not in (None, nav):
            expected = "the notice number that this IUV has"
            wrong.append(FieldError(path("paymentOption", at, "nav"), "nav-iuv", expected))
        options.append(option if nav is None else option.model_copy(update={"nav": nav}))
    return body.model_copy(update={"payment_option": options}), wrong


def _never() -> NoticeNumber:
    raise AssertionError("every option of an update has its number")
