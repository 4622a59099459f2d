"""Positions that are in order on their way into the store: kept, there already, or in the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewPosition
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases.loading.check import Candidate, Name, Outcome, Result
from gpd_soap.usecases.loading.compare import is_same
from gpd_soap.usecases.loading.configure import organizations
from gpd_soap.validation.convert import position_of, wanted_numbers
from gpd_soap.validation.finding import FieldError, path

UNKNOWN = FieldError("organization", "unknown", "a registered organization")
DIFFERS = FieldError("iupd", "in-use", "what is stored under this IUPD, which differs")
REPEATED = FieldError("iupd", "duplicate", "what no position before it in the file has")
NEVER_USED = "what neither the organization nor the file before it has used"
NO_ISSUER = "an IUV, or a station with a segregation code to issue one"
LOST = FieldError("", "in-use", "names that nobody else takes at the same instant")

#: What of the positions at hand is in use: positions by organization and IUPD, and numbers.
Known = tuple[dict[tuple[str, str], Stored | None], set[Name]]


class Writing:
    """Writes positions of one file, in transactions that are the caller's."""

    def __init__(self, connection: Transaction, now: datetime) -> None:
        """Learn who is ours; `now` marks what this file brings."""
        self._connection = connection
        self._now = now
        self._written = 0
        self._segregation = {
            each: numbers.segregation_code(connection, each) for each in organizations(connection)
        }

    def keep(self, batch: Sequence[Candidate]) -> list[Outcome]:
        """What came of each of these positions, in their order."""
        outcomes = list(self._judged(batch))
        fresh = [c for c, outcome in zip(batch, outcomes, strict=True) if outcome is None]
        try:
            with self._connection.begin_nested():
                added = iter(self._added(fresh) if fresh else ())
        except AlreadyKept:
            # WHY: since we looked, another process has kept some of them.
            if len(batch) > 1:
                return [outcome for each in batch for outcome in self.keep([each])]
            return [outcome or batch[0].refused(LOST) for outcome in self._judged(batch)]
        self._written += len(fresh)
        positions.analyze_after_growth(self._connection, self._written)
        return [outcome or next(added) for outcome in outcomes]

    def _added(self, fresh: Sequence[Candidate]) -> list[Outcome]:
        issue = self._issuers(fresh)
        new = [
            position_of(
                c.body, c.organization, self._now if c.publish else None, issue[c.organization]
            )
            for c in fresh
        ]
        positions.add(self._connection, new, self._now)
        return [c.taken(Result.LOADED, _navs(p)) for c, p in zip(fresh, new, strict=True)]

    def _issuers(self, fresh: Sequence[Candidate]) -> dict[str, Callable[[], NoticeNumber]]:
        """By organization, who hands out as many numbers as its positions want.

        LIMIT: a number is never one that these positions bring, but a later one of the file may
        bring it, and is refused.
        """
        wanted: Counter[str] = Counter()
        for candidate in fresh:
            wanted[candidate.organization] += wanted_numbers(candidate.body)
        given = {number for c in fresh for _, kind, number in c.names.values() if kind == "iuv"}
        found = {}
        # WHY: in one order, so that two loads never wait for each other here.
        for organization, count in sorted(wanted.items()):
            code = self._segregation[organization] or ""
            issued = numbers.issue(self._connection, organization, code, count, given)
            found[organization] = iter(issued).__next__
        return found

    def _judged(self, batch: Sequence[Candidate]) -> Iterator[Outcome | None]:
        """What came of each without writing; None for those that can be written."""
        stored, used = self._known(batch)
        for candidate in batch:
            key = candidate.organization, candidate.body.iupd
            if key in stored:
                yield self._again(candidate, stored[key])
                continue
            outcome = self._refusal(candidate, used)
            if outcome is None:
                stored[key] = None
                used.update(candidate.names.values())
            yield outcome

    def _again(self, candidate: Candidate, stored: Stored | None) -> Outcome:
        """The IUPD is known: from this file, where nothing is `stored` yet or it was just now."""
        if stored is None or stored.created_at == self._now:
            return candidate.refused(REPEATED)
        if is_same(candidate.body, stored.position):
            return candidate.taken(Result.THERE, _navs(stored.position))
        return candidate.refused(DIFFERS)

    def _refusal(self, candidate: Candidate, used: set[Name]) -> Outcome | None:
        if candidate.organization not in self._segregation:
            return candidate.refused(UNKNOWN)
        errors = [
            FieldError(field, "in-use", NEVER_USED)
            for field, name in candidate.names.items()
            if name in used
        ]
        if self._segregation[candidate.organization] is None:
            errors += [
                FieldError(path("paymentOption", at, "iuv"), "required", NO_ISSUER)
                for at, option in enumerate(candidate.body.payment_option)
                if option.iuv is None
            ]
        return candidate.refused(*errors) if errors else None

    def _known(self, batch: Sequence[Candidate]) -> Known:
        """Which positions of these IUPDs are there, and which of these numbers are in use."""
        asked: defaultdict[str, list[Candidate]] = defaultdict(list)
        for candidate in batch:
            asked[candidate.organization].append(candidate)
        stored: dict[tuple[str, str], Stored | None] = {}
        used: set[Name] = set()
        for organization, candidates in asked.items():
            iupds = [candidate.body.iupd for candidate in candidates]
            found = admin_positions.read_all(self._connection, organization, iupds)
            stored |= {(organization, iupd): each for iupd, each in found.items()}
            names = [name for c in candidates for name in c.names.values()]
            navs, iuvs = ([n for _, k, n in names if k == kind] for kind in ("nav", "iuv"))
            if names:
                kept = numbers.in_use(self._connection, organization, (), navs, iuvs)
                used |= {(organization, "nav", nav) for nav in kept.navs}
                used |= {(organization, "iuv", iuv) for iuv in kept.iuvs}
        return stored, used


def _navs(position: NewPosition) -> tuple[str, ...]:
    return tuple(option.nav for option in position.options)
