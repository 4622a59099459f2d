"""The whole check: the installation, the configuration, then every notice in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from gpd_soap.contract.parsing import parse
from gpd_soap.contract.schema import Schema
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.features.check import configured
from gpd_soap.features.check.finding import Finding
from gpd_soap.features.check.notices import AnswerCheck, may_be_asked
from gpd_soap.store.access import keys
from gpd_soap.store.configuration import snapshot
from gpd_soap.store.configuration.snapshot import Registry
from gpd_soap.store.jobs import schedules
from gpd_soap.store.node import scan
from gpd_soap.store.node.scan import Batch
from gpd_soap.store.store import Store

#: LIMIT: 500 positions are in memory at once.
BATCH = 500


class Scope(NamedTuple):
    """The extent of a check.  Without organizations it is all of them.

    With `over`, settled and withdrawn notices are checked too.
    """

    organizations: tuple[str, ...] = ()
    positions: bool = True
    over: bool = False


class Part(NamedTuple):
    """The findings of one step of a check, and the numbers of positions and answers in it."""

    findings: tuple[Finding, ...]
    positions: int = 0
    answers: int = 0


class UnknownOrganization(OperatorError):
    """The organization to check is not registered."""

    hint = "`gpd-soap check` without --organization checks them all"


class UnreadableContract(OperatorError):
    """The contract's files are missing or were changed after the installation."""

    hint = "install gpd-soap again"


def check(
    store: Store, address: str, now: datetime, scope: Scope, size: int = BATCH
) -> Iterator[Part]:
    """Yield the parts of a check of `scope`, `size` positions at a time, without locks.

    `address` is the public URL.  The database's schema is up to date.  Raises UnreadableContract,
    and UnknownOrganization if the scope names an organization that is not registered.
    """
    answer_check = AnswerCheck(readable_contract())
    with store.reading() as connection:
        registry, all_keys = snapshot.read(connection), keys.list_keys(connection)
        failing = schedules.failing(connection)
    organizations = _organizations(registry, scope)
    if not scope.organizations:
        yield Part(tuple(configured.of_installation(registry, all_keys, address)))
        yield Part(tuple(configured.of_work(failing)))
    for organization in organizations:
        yield Part(tuple(configured.of_organization(registry, organization)))
        if scope.positions:
            batches = _payable(store.batches(organization, size), now, over=scope.over)
            codes = configured.routed(registry, organization)
            yield from _positions(answer_check, organization, codes, batches)


def size_of(store: Store, scope: Scope) -> int:
    """Return how many positions a check of `scope` reads."""
    with store.reading() as connection:
        organizations = scope.organizations or snapshot.read(connection).organizations
        return scan.count(connection, organizations) if scope.positions else 0


def readable_contract(folder: Path | None = None) -> Schema:
    """Return the compiled contract.  Raises UnreadableContract if its files are not usable."""
    try:
        schema = Schema(folder)
        nothing = parse(b"<nothing/>")
        assert nothing is not None
        schema.check(nothing)
    except Exception as failure:
        raise UnreadableContract(
            f"the contract's files cannot be read: {type(failure).__name__}"
        ) from failure
    return schema


def _organizations(registry: Registry, scope: Scope) -> tuple[str, ...]:
    for organization in scope.organizations:
        if organization not in registry.organizations:
            raise UnknownOrganization(f"organization {organization} is not registered")
    return scope.organizations or registry.organizations


def _payable(batches: Iterable[Batch], now: datetime, *, over: bool) -> Iterator[Batch]:
    """Yield the batches without their settled and withdrawn notices, unless `over`."""
    for batch in batches:
        notices = (notice for notice in batch.notices if over or may_be_asked(notice, now))
        yield batch._replace(notices=tuple(notices))


def _positions(
    answer_check: AnswerCheck,
    organization: str,
    codes: frozenset[str] | None,
    batches: Iterable[Batch],
) -> Iterator[Part]:
    strays: Counter[str] = Counter()
    for batch in batches:
        judged = [answer_check(organization, notice) for notice in batch.notices]
        findings = tuple(finding for one in judged for finding in one.findings)
        yield Part(findings, batch.positions, sum(one.answers for one in judged))
        strays.update(filter(None, (_stray(notice.nav, codes) for notice in batch.notices)))
    counts = sorted(strays.items())
    yield Part(tuple(configured.stray(organization, code, count) for code, count in counts))


def _stray(nav: str, codes: frozenset[str] | None) -> str | None:
    """Return the segregation code of a notice number, if the Node finds no station by it."""
    try:
        code = NoticeNumber(nav).segregation_code
    except ValueError:
        # WHY: the answer check reports a malformed number.
        return None
    return code if codes is not None and code not in codes else None
