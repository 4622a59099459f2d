"""Writes checked positions to the store, and skips or refuses those that are stored already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gpd_soap.core.actor import Actor, Origin
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.position import NewPosition
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import insert, numbers, read
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases.loading.check import Candidate, NumberKey, Outcome, Result
from gpd_soap.usecases.loading.compare import same_navs
from gpd_soap.usecases.loading.configure import organizations
from gpd_soap.validation.convert import count_missing_numbers, position_of
from gpd_soap.validation.finding import FieldError, path

UNKNOWN = FieldError("organization", "unknown", "a registered organization")
DIFFERS = FieldError("iupd", "in-use", "the content of the stored position with this IUPD")
REPEATED = FieldError("iupd", "duplicate", "an IUPD that no earlier position of the file has")
NEVER_USED = "a number that neither the organization nor an earlier position has used"
NO_ISSUER = "an IUV, or a station with a segregation code to issue one"
CONFLICT = FieldError("", "in-use", "an IUPD and numbers that no other process uses meanwhile")

#: LIMIT: 3 attempts to write what other processes store meanwhile; then one position at a time.
ATTEMPTS = 3

#: The stored positions of a batch, by organization and IUPD, and the used numbers.
InUse = tuple[dict[tuple[str, str], Stored | None], set[NumberKey]]
#: The IUPDs with their organizations, and the numbers, of earlier positions of a file.
Before = tuple[set[tuple[str, str]], set[NumberKey]]


class PositionWriter:
    """Writes the positions of one file, in transactions of the caller."""

    def __init__(
        self, connection: Transaction, now: datetime, actor: Actor, written: int = 0
    ) -> None:
        """Read the registered organizations; `now` is the time of creation of every position.

        `actor` is who loads the file, of which so many positions are `written` already.
        """
        self._connection, self._now, self._actor = connection, now, actor
        self._written = written
        self._segregation = {
            each: numbers.segregation_code(connection, each) for each in organizations(connection)
        }

    def write(self, batch: Sequence[Candidate]) -> list[Outcome]:
        """Write the positions that can be written, and return the outcomes in their order."""
        # WHY: another process may store some of them after they were looked up.  The rest is
        # written together again: one by one, they are locked in the order of the file.
        for _attempt in range(ATTEMPTS):
            written = self._written_together(batch)
            if written is not None:
                return written
        if len(batch) > 1:
            return [outcome for each in batch for outcome in self.write([each])]
        return [outcome or batch[0].refused(CONFLICT) for outcome in self.known_outcomes(batch)]

    def _written_together(self, batch: Sequence[Candidate]) -> list[Outcome] | None:
        """Return the outcomes in their order; None if another process was faster."""
        outcomes = self.known_outcomes(batch)
        fresh = [c for c, outcome in zip(batch, outcomes, strict=True) if outcome is None]
        try:
            with self._connection.begin_nested():
                added = iter(self._insert(fresh) if fresh else ())
        except AlreadyStored:
            return None
        self._written += len(fresh)
        insert.analyze_after_growth(self._connection, self._written)
        return [outcome or next(added) for outcome in outcomes]

    def _insert(self, fresh: Sequence[Candidate]) -> list[Outcome]:
        issue = self._issuers(fresh)
        new = [
            position_of(
                c.body, c.organization, self._now if c.publish else None, issue[c.organization]
            )
            for c in fresh
        ]
        insert.add(self._connection, new, self._now, self._actor, Origin.LOAD)
        return [c.accepted(Result.LOADED, _navs(p)) for c, p in zip(fresh, new, strict=True)]

    def _issuers(self, fresh: Sequence[Candidate]) -> dict[str, Callable[[], NoticeNumber]]:
        """Return for each organization a function that issues the numbers of its positions.

        LIMIT: an issued number is none in the bodies of this batch.  A later position of the file
        may have it in its body, and is then refused.
        """
        counts: Counter[str] = Counter()
        for candidate in fresh:
            counts[candidate.organization] += count_missing_numbers(candidate.body)
        given = {number for c in fresh for _, kind, number in c.numbers.values() if kind == "iuv"}
        issuers = {}
        # WHY: two loads in different orders could wait for each other, so the order is fixed.
        for organization, count in sorted(counts.items()):
            code = self._segregation[organization] or ""
            issued = numbers.issue(self._connection, organization, code, count, given)
            issuers[organization] = iter(issued).__next__
        return issuers

    def known_outcomes(
        self, batch: Sequence[Candidate], before: Before | None = None
    ) -> list[Outcome | None]:
        """Return the outcome of each position before writing; None if it can be written.

        `before` has what earlier positions of the file would use, and is added to.
        """
        stored, used = self._in_use(batch)
        if before is not None:
            iupds, numbers_before = before
            keys = ((each.organization, each.body.iupd) for each in batch)
            stored |= dict.fromkeys(key for key in keys if key in iupds)
            used |= numbers_before
        outcomes = list(self._decided(batch, stored, used))
        if before is not None:
            for candidate, outcome in zip(batch, outcomes, strict=True):
                if outcome is None:
                    iupds.add((candidate.organization, candidate.body.iupd))
                    numbers_before.update(candidate.numbers.values())
        return outcomes

    def _decided(
        self,
        batch: Sequence[Candidate],
        stored: dict[tuple[str, str], Stored | None],
        used: set[NumberKey],
    ) -> Iterator[Outcome | None]:
        for candidate in batch:
            key = candidate.organization, candidate.body.iupd
            if key in stored:
                yield self._repeated(candidate, stored[key])
                continue
            outcome = self._refusal(candidate, used)
            if outcome is None:
                stored[key] = None
                used.update(candidate.numbers.values())
            yield outcome

    def _repeated(self, candidate: Candidate, stored: Stored | None) -> Outcome:
        """Return the outcome of a position whose IUPD is in use.

        This file has used it if `stored` is None or was created by this load.
        """
        if stored is None or stored.created_at == self._now:
            return candidate.refused(REPEATED)
        navs = same_navs(candidate.body, stored.position)
        if navs is not None:
            return candidate.accepted(Result.ALREADY_LOADED, navs)
        return candidate.refused(DIFFERS)

    def _refusal(self, candidate: Candidate, used: set[NumberKey]) -> Outcome | None:
        if candidate.organization not in self._segregation:
            return candidate.refused(UNKNOWN)
        errors = [
            FieldError(field, "in-use", NEVER_USED)
            for field, number in candidate.numbers.items()
            if number in used
        ]
        if self._segregation[candidate.organization] is None:
            errors += [
                FieldError(path("paymentOption", index, "iuv"), "required", NO_ISSUER)
                for index, option in enumerate(candidate.body.payment_option)
                if option.iuv is None
            ]
        return candidate.refused(*errors) if errors else None

    def _in_use(self, batch: Sequence[Candidate]) -> InUse:
        """Return the stored positions with these IUPDs, and the numbers that are in use."""
        by_organization: defaultdict[str, list[Candidate]] = defaultdict(list)
        for candidate in batch:
            by_organization[candidate.organization].append(candidate)
        stored: dict[tuple[str, str], Stored | None] = {}
        used: set[NumberKey] = set()
        for organization, candidates in by_organization.items():
            iupds = [candidate.body.iupd for candidate in candidates]
            positions = read.find_all(self._connection, organization, iupds)
            stored |= {(organization, iupd): each for iupd, each in positions.items()}
            keys = [key for c in candidates for key in c.numbers.values()]
            navs, iuvs = ([n for _, k, n in keys if k == kind] for kind in ("nav", "iuv"))
            if keys:
                taken = numbers.in_use(self._connection, organization, (), navs, iuvs)
                used |= {(organization, "nav", nav) for nav in taken.navs}
                used |= {(organization, "iuv", iuv) for iuv in taken.iuvs}
        return stored, used


def _navs(position: NewPosition) -> tuple[str, ...]:
    return tuple(option.nav for option in position.options)
