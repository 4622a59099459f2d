"""Replaces the content of positions: of one, or of up to a hundred, all or none.

A published position stays published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.options import NumberInUse, Replacement
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.positions.retired_numbers import find_retired, was_of
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions import transitions, unchanged
from gpd_soap.usecases.positions.bulk import refuse_together, with_index
from gpd_soap.usecases.positions.create import MANY, WriteOptions, WriteResult, given, repeated
from gpd_soap.usecases.positions.locking import PositionRef, lock_position, lock_positions
from gpd_soap.usecases.positions.segregation import check_bodies
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import position_of
from gpd_soap.validation.finding import FieldError, path
from gpd_soap.validation.position_rules import check_rules, early_due_date


def update(
    store: Store, position: PositionRef, item: object, now: datetime, options: WriteOptions
) -> WriteResult:
    """Replaces the content of a position.  Raises a refusal with all errors of the new content."""
    bodies = transitions.read([item], update=True)
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
    bodies = transitions.read(items, MANY, update=True)
    duplicates = list(repeated(bodies, MANY))
    if duplicates:
        raise refusals.NotUnique(duplicates)
    iupds = [body.iupd for body in bodies]

    def work(connection: Transaction) -> WriteResult:
        change.lock_for_change(connection, organization)
        old = lock_positions(connection, organization, iupds, MANY, "iupd", options.codes)
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
    check_bodies(bodies, options.codes, list_name)
    refuse_together(old, lambda stored: transitions.check_updatable(stored, now), list_name)
    lost = _lost_numbers(connection, old, bodies)
    parts = zip(old, bodies, lost, strict=True)
    new = refuse_together(parts, lambda each: _successor(*each, now, options), list_name)
    replacements = [Replacement(before, after) for before, (after, _) in zip(old, new, strict=True)]
    try:
        change.replace_all(connection, replacements, options.actor, now, options.reason)
    except NumberInUse as used:
        error = FieldError("paymentOption", "in-use", "numbers that were never another's")
        raise refusals.NotUnique(with_index(list_name, used.index, [error])) from None
    organization, iupds = old[0].position.organization, [each.position.iupd for each in old]
    for iupd in iupds:
        options.record(connection, Subject(iupd=iupd), organization)
    rows = stored_positions.read_all(connection, old[0].position.organization, iupds)
    warnings = [
        warning
        for index, (_, each) in enumerate(new)
        for warning in with_index(list_name, index, each)
    ]
    return WriteResult([rows[iupd] for iupd in iupds], frozenset(given(bodies)), warnings)


def _lost_numbers(
    connection: Transaction, old: list[Stored], bodies: list[position_v1.Position]
) -> list[dict[str, str]]:
    """Returns for each position the IUVs of notices that it lost and gets back, with their NAV."""
    organization = old[0].position.organization
    rows = find_retired(connection, organization, (), given(bodies))
    return [{row.iuv: row.nav for row in rows if was_of(row, stored)} for stored in old]


def _successor(
    old: Stored,
    body: position_v1.Position,
    lost: dict[str, str],
    now: datetime,
    options: WriteOptions,
) -> tuple[NewPosition, list[FieldError]]:
    """Returns the new content of a position, and the warnings about it.

    `lost` has the NAV of each IUV that the position had before and has again.
    Raises InvalidPosition with the errors of the new content.  Raises OwnDebtors if the update
    would lose the debtors of single options, UpdateLosesFee if a notification fee would have no
    transfer.
    """
    if any(option.debtor is not None for option in old.position.options):
        raise refusals.OwnDebtors
    before = {option.iuv: option for option in old.position.options}
    own = lost | {iuv: option.nav for iuv, option in before.items()}
    body = unchanged.with_base_amounts(unchanged.completed(body, old), old)
    body = unchanged.with_plans(body, old)
    body, number_errors = _numbered(body, own)
    # WHY: a number that was accepted leniently stays accepted.
    lenient = options.lenient or all(option.iuv in own for option in body.payment_option)
    organization = old.position.organization
    validity = body.validity_date
    if unchanged.is_shown(validity, unchanged.valid_from(old)):
        body = body.model_copy(update={"validity_date": None})
    errors, warnings = check_rules(body, organization, lenient=lenient)
    if number_errors:
        raise refusals.InvalidPosition([*number_errors, *errors])
    published_at = old.position.published_at or (now if options.publish else None)
    new = position_of(body, organization, published_at, _never)
    pairs = [(option, before.get(option.iuv)) for option in new.options]
    new = new._replace(
        iupd=old.position.iupd,
        service_type=old.position.service_type,
        options=tuple(_merged(*pair, body, validity, old, now) for pair in pairs),
    )
    publishes = options.publish and old.position.published_at is None
    errors += tuple(_date_errors(new, body, old, publishes=publishes, now=now))
    if errors:
        raise refusals.InvalidPosition(errors)
    if publishes:
        transitions.check_publication_dates(new.options, now)
    return new, list(warnings)


def _merged(
    option: NewOption,
    before: NewOption | None,
    body: position_v1.Position,
    validity: datetime | None,
    old: Stored,
    now: datetime,
) -> NewOption:
    """Returns a notice of an update, with the stored values that the update leaves unchanged.

    `validity` is the validity date of the request; `body` has none if it is the one shown.
    """
    if before is None:
        return option._replace(valid_from=validity)
    option = unchanged.merged(option, before, body, old)
    if body.validity_date is None and validity is not None:
        return option._replace(valid_from=before.valid_from)
    # SPEC: GPD `DebtPositionValidation`: without a validity date, one that has begun stays.
    begun = before.valid_from is not None and before.valid_from <= now
    stays = validity is None and begun and old.position.published_at is not None
    return option._replace(valid_from=before.valid_from) if stays else option


def _date_errors(
    new: NewPosition, body: position_v1.Position, old: Stored, *, publishes: bool, now: datetime
) -> Iterator[FieldError]:
    """Yields the errors of due dates that are past, or before a validity date that stays."""
    before = {option.iuv: option for option in old.position.options}
    stays = [
        (known := before.get(option.iuv)) is not None and known.due_at == option.due_at
        for option in new.options
    ]
    if body.validity_date is None:
        for index, option in enumerate(new.options):
            early = option.valid_from is not None and option.due_at < option.valid_from
            if early and not stays[index]:
                yield early_due_date(index)
    # SPEC: GPD `DebtPositionValidation`: a notice that never expires may be updated when overdue.
    # WHY: what was read can be sent back, and the rules of publication have their own refusals.
    if body.switch_to_expired and not publishes:
        is_read = isinstance(body, position_v1.ReadPosition)
        pairs = zip(new.options, stays, strict=True)
        dates = [None if is_read and stay else option.due_at for option, stay in pairs]
        yield from transitions.overdue(dates, now)


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
