"""Demands for a notice, remembered so that one that is sent again gets the same notice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from gpd_soap.core.debt import Notice
from gpd_soap.core.demand import Demand
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.payable import payable
from gpd_soap.core.position import NewPosition
from gpd_soap.store import positions, schema
from gpd_soap.store.configuration import Service, service, upsert
from gpd_soap.store.questions import STANDING, notice_of, notice_question

TABLE, KEPT = schema.demand, schema.demand.c


class Demands:
    """What the office asks of the store, inside one transaction of the caller's."""

    def __init__(self, window: timedelta) -> None:
        """`window` is how long a demand is remembered."""
        self._window = window

    def service(self, connection: Connection, demand: Demand) -> Service | None:
        """The service that a demand names, if the organization offers it."""
        organization = demand.claim.organization
        return service(connection, organization, demand.service_id, demand.subject_id)

    def remembered(
        self, connection: Connection, organization: str, digest: str, now: datetime
    ) -> Notice | None:
        """The notice that this demand was answered with, while it can still be paid.

        Locks the demand until the caller commits: the same one, sent twice at one instant, waits
        here and then finds the notice.
        """
        key = {"organization": organization, "digest": digest}
        connection.execute(upsert(connection, TABLE, []), key)
        row = connection.execute(
            select(KEPT.nav, KEPT.answered_at)
            .where(KEPT.organization == organization, KEPT.digest == digest)
            .with_for_update()
        ).one()
        if row.nav is None or now - row.answered_at > self._window:
            return None
        asked = {"idpa": organization, "broker": "", "station": "", "nav": row.nav}
        rows = [tuple(r) for r in connection.execute(notice_question(), asked)]
        notice = notice_of(rows, STANDING)
        return notice if payable(notice, now) is None else None

    def forget(self, connection: Connection, organization: str, digest: str) -> None:
        """Let go of a demand that was refused."""
        connection.execute(
            delete(TABLE).where(
                KEPT.organization == organization, KEPT.digest == digest, KEPT.nav.is_(None)
            )
        )

    def number(
        self, connection: Connection, offered: Service, segregation_code: str
    ) -> NoticeNumber:
        """A new notice number of the service's organization."""
        return positions.issue_number(connection, offered.organization, segregation_code)

    def keep(
        self, connection: Connection, position: NewPosition, digest: str, now: datetime
    ) -> None:
        """Keep the position made for a demand, and remember which one it was."""
        positions.add(connection, [position], now)
        connection.execute(
            update(TABLE)
            .where(KEPT.organization == position.organization, KEPT.digest == digest)
            .values(nav=position.options[0].nav, answered_at=now)
        )
