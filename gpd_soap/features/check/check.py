"""The whole check: what is installed, what is configured, then every notice, batch by batch."""

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
from gpd_soap.store.configuration import snapshot as registry
from gpd_soap.store.configuration.snapshot import Registry
from gpd_soap.store.node import scan as sweep
from gpd_soap.store.node.scan import Batch
from gpd_soap.store.store import Store

#: LIMIT: positions that are in memory at once.
BATCH = 500


class Scope(NamedTuple):
    """What to look at: these organizations or all; positions or not; with those that are over."""

    organizations: tuple[str, ...] = ()
    positions: bool = True
    over: bool = False


class Part(NamedTuple):
    """What one step of a check has looked at, and what it has found."""

    findings: tuple[Finding, ...]
    positions: int = 0
    answers: int = 0


class UnknownOrganization(OperatorError):
    """Somebody wants an organization checked that is not registered."""

    hint = "`gpd-soap check` without --organization checks them all"


class UnreadableContract(OperatorError):
    """The contract's files are not there, or not as they were installed."""

    hint = "install gpd-soap again"


def check(
    store: Store, address: str, now: datetime, scope: Scope, size: int = BATCH
) -> Iterator[Part]:
    """Look at everything in `scope`, `size` positions at a time; nobody waits for it meanwhile.

    `address` is what clients are told; the store is up to date.  UnreadableContract, or
    UnknownOrganization for a scope that is not there.
    """
    judge = AnswerCheck(readable_contract())
    with store.reading() as connection:
        known, given = registry.read(connection), keys.every(connection)
    chosen = _chosen(known, scope)
    if not scope.organizations:
        yield Part(tuple(configured.of_installation(known, given, address)))
    for organization in chosen:
        yield Part(tuple(configured.of_organization(known, organization)))
        if scope.positions:
            batches = _asked(store.batches(organization, size), now, over=scope.over)
            codes = configured.routed(known, organization)
            yield from _positions(judge, organization, codes, batches)


def size_of(store: Store, scope: Scope) -> int:
    """How many positions there are to look at."""
    with store.reading() as connection:
        chosen = scope.organizations or registry.read(connection).organizations
        return sweep.count(connection, chosen) if scope.positions else 0


def readable_contract(folder: Path | None = None) -> Schema:
    """The contract, compiled; UnreadableContract where that cannot be done."""
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


def _chosen(known: Registry, scope: Scope) -> tuple[str, ...]:
    for organization in scope.organizations:
        if organization not in known.organizations:
            raise UnknownOrganization(f"organization {organization} is not registered")
    return scope.organizations or known.organizations


def _asked(batches: Iterable[Batch], now: datetime, *, over: bool) -> Iterator[Batch]:
    """The batches without the notices that nobody will ask for any more, unless `over`."""
    for batch in batches:
        notices = (notice for notice in batch.notices if over or may_be_asked(notice, now))
        yield batch._replace(notices=tuple(notices))


def _positions(
    judge: AnswerCheck, organization: str, codes: frozenset[str] | None, batches: Iterable[Batch]
) -> Iterator[Part]:
    strays: Counter[str] = Counter()
    for batch in batches:
        judged = [judge(organization, notice) for notice in batch.notices]
        findings = tuple(finding for one in judged for finding in one.findings)
        yield Part(findings, batch.positions, sum(one.answers for one in judged))
        strays.update(filter(None, (_stray(notice.nav, codes) for notice in batch.notices)))
    counted = sorted(strays.items())
    yield Part(tuple(configured.stray(organization, code, many) for code, many in counted))


def _stray(nav: str, codes: frozenset[str] | None) -> str | None:
    """The segregation code of a number by which the Node would not find us."""
    try:
        code = NoticeNumber(nav).segregation_code
    except ValueError:
        # WHY: the judge tells of a number that is none.
        return None
    return code if codes is not None and code not in codes else None
