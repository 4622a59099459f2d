"""The tally: the exchanges with the Node, counted by the hour, for as long as nobody purges it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from gpd_soap.store.tables.base import Code, Instant, OrganizationCode, metadata


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: `hour` is its first instant.  `within_2_s` counts the exchanges that took two seconds at most.
tally = Table(
    "tally",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("station", Code, primary_key=True),
    Column("operation", String(24), primary_key=True),
    Column("outcome", String(5), primary_key=True),
    Column("fault", String(32), primary_key=True),
    _count("exchanges"),
    _count("microseconds"),
    _count("within_100_ms"),
    _count("within_500_ms"),
    _count("within_1_s"),
    _count("within_2_s"),
    _count("within_7_s"),
    # WHY: a list over all organizations, and a purge, go by time alone.
    Index(None, "hour"),
)
