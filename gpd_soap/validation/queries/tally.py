"""The query of the tally."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gpd_soap.validation.fields import Since, Until
from gpd_soap.validation.queries.common import QueryModel


class TallyQuery(QueryModel):
    """A window of the tally; without dates, the last 7 days."""

    first: Since | None = Field(
        None, alias="from", description="the first day or date-time, in Rome"
    )
    last: Until | None = Field(None, alias="to", description="the last day or date-time, in Rome")
    by: Literal["hour", "day", "month"] = Field(
        "day", description="what is counted together: hours, days or months of Rome"
    )
