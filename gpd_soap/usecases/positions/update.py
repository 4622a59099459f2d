"""Replaces the content of positions: of one, or of up to a hundred, all or none.

A published position stays published.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.positions.bulk import refuse_together, with_index
from gpd_soap.usecases.positions.create import MANY, WriteOptions, WriteResult, given, repeated
from gpd_soap.usecases.positions.locking import PositionRef, lock_position, lock_positions
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import position_of
from gpd_soap.validation.finding import FieldError, path

#: Fields of a notice that GPD's first API neither shows nor changes.
UNKNOWN_TO_V1 = ("last_payment", "option_description", "send", "live")


def update(
    store: Store, position: PositionRef, item: object, now: datetime, options: WriteOptions
) -> WriteResult:
    """Replaces the content of a position.  Raises a refusal with all errors of the new content."""
    bodies = transitions.read([item])
    if bodies[0].iupd != position.iupd:
        raise refusals.InvalidPosition([FieldError("iupd", "path", "the IUPD of the path")])

    def work(connection: Transaction) -> WriteResult:
        change.lock_for_change(connection, position.organization)
        old = [lock_position(connection, position)]
        return _replace(connection, old, bodies, now, options, None)

    return options.run(store, work)


def update_many(
    store: Store, organization: str, items: Sequence[Any], now: datetime, options: WriteOptions
) -> WriteResult:
    """Replaces the content of positions, all or none.

    Raises a refusal with the errors of all of them.
    """
    bodies = transitions.read(items, MANY)
    duplicates = list(repeated(bodies, MANY))
    if duplicates:
        raise refusals.NotUnique(duplicates)
    iupds = [body.iupd for body in bodies]

    def work(connection: Transaction) -> WriteResult:
        change.lock_for_change(connection, organization)
        old = lock_positions(connection, organization, iupds, MANY, "iupd")
        return _replace(connection, old, bodies, now, options, MANY)

    return options.run(store, work)


def _replace(
    connection: Transaction,
    old: list[Stored],
    bodies: list[position_v1.Position],
    now: datetime,
    options: WriteOptions,
    list_name: str | None,
) -> WriteResult:
    """Replaces locked positions by `bodies`, in the same order."""
    refuse_together(old, lambda stored: transitions.check_updatable(stored, now), list_name)
    pairs = zip(old, bodies, strict=True)
    new = refuse_together(pairs, lambda pair: _successor(*pair, now, options), list_name)
    for index, (before, (after, _)) in enumerate(zip(old, new, strict=True)):
        try:
            change.replace(connection, before, after, options.actor, now)
        except AlreadyStored:
            error = FieldError("paymentOption", "in-use", "numbers that were never another's")
            raise refusals.NotUnique(with_index(list_name, index, [error])) from None
    iupds = [body.iupd for body in bodies]
    rows = stored_positions.read_all(connection, old[0].position.organization, iupds)
    warnings = [
        warning
        for index, (_, each) in enumerate(new)
        for warning in with_index(list_name, index, each)
    ]
    return WriteResult([rows[iupd] for iupd in iupds], frozenset(given(bodies)), warnings)


def _successor(
    old: Stored, body: position_v1.Position, now: datetime, options: WriteOptions
) -> tuple[NewPosition, list[FieldError]]:
    """Returns the new content of a position, and the warnings about it.

    Raises InvalidPosition with the errors of the new content, OwnDebtors if the update would lose
    the debtors of single options.
    """
    if any(option.debtor is not None for option in old.position.options):
        raise refusals.OwnDebtors
    before = {option.iuv: option for option in old.position.options}
    body, number_errors = _numbered(body, {iuv: option.nav for iuv, option in before.items()})
    # WHY: a number that was accepted leniently stays accepted.
    lenient = options.lenient or all(option.iuv in before for option in body.payment_option)
    organization = old.position.organization
    errors, warnings = transitions.check(body, organization, now, new=False, lenient=lenient)
    if number_errors or errors:
        raise refusals.InvalidPosition([*number_errors, *errors])
    published_at = old.position.published_at or (now if options.publish else None)
    new = position_of(body, organization, published_at, _never)
    # SPEC: GPD `DebtPositionValidation`: without a validity date, one that has begun stays.
    stays = body.validity_date is None and old.position.published_at is not None
    since = now if stays else None
    notices = (_as_before(each, before.get(each.iuv), since) for each in new.options)
    kept = new._replace(options=tuple(notices), service_type=old.position.service_type)
    return kept, warnings


def _as_before(
    option: NewOption, before: NewOption | None, stays_since: datetime | None
) -> NewOption:
    """Returns the option with what GPD's first API does not know of it.

    A validity that began by `stays_since` stays too.
    """
    if before is None:
        return option
    option = option._replace(**{name: getattr(before, name) for name in UNKNOWN_TO_V1})
    if stays_since is None or before.valid_from is None or before.valid_from > stays_since:
        return option
    return option._replace(valid_from=before.valid_from)


def _numbered(
    body: position_v1.Position, navs: dict[str, str]
) -> tuple[position_v1.Position, list[FieldError]]:
    """Returns the body with the notice number of each IUV, and the errors of its numbers."""
    errors = []
    options = []
    for index, option in enumerate(body.payment_option):
        nav = None if option.iuv is None else navs.get(option.iuv)
        if option.iuv is None:
            expected = "the IUV of the notice; numbers are issued to new positions alone"
            errors.append(FieldError(path("paymentOption", index, "iuv"), "required", expected))
        elif nav is not None and option.nav not in (None, nav):
            expected = "the notice number that this IUV has"
            errors.append(FieldError(path("paymentOption", index, "nav"), "nav-iuv", expected))
        options.append(option if nav is None else option.model_copy(update={"nav": nav}))
    return body.model_copy(update={"payment_option": options}), errors


def _never() -> NoticeNumber:
    """Raises: an update issues no number."""
    raise AssertionError("every option of an update has its number")
