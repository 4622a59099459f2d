"""Every refusal of a use case about people at work on the worklist."""

from __future__ import annotations

from datetime import datetime

from gpd_soap.usecases.refusals import Refusal


class CaseClaimed(Refusal):
    """Somebody else has the case: `who`, `since` when, and `until` when."""

    def __init__(self, who: str, since: datetime, until: datetime) -> None:
        """Keep who it is, and both instants."""
        super().__init__()
        self.who, self.since, self.until = who, since, until


class CaseworkRefusal(Refusal):
    """A refusal about work on a case, for the console; no request of the API meets one."""


class KindsDiffer(CaseworkRefusal):
    """One decision is requested on cases of several kinds."""


class TooManyCases(CaseworkRefusal):
    """One decision is requested on more cases than one may be for."""
