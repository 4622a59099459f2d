"""The rows that an operator leaves in the audit: changes, and readings of a person's data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import request

from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import NOTHING, ActorKind, Change, Subject
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.tables import audit as table
from gpd_soap.store.tables.base import max_length
from gpd_soap.usecases.people import refusals as people_refusals

#: Parts of an address that name what a page is about, besides notice and position.
RESOURCES = ("id", "station", "broker", "service", "key", "operator", "load", "case")


#: Raises SessionNotValid if the session of the page is not what it was.
Confirm = Callable[[Transaction], None]


class SessionEnded(Exception):
    """The session of a page ended before its change was stored.

    WHY: it is no Refusal, because pages say what a refusal says about the notice.
    """


class PageRecord:
    """Makes the rows of a page, and writes those of its changes; a `Record`."""

    def __init__(self, operator: str, now: datetime, request_id: str, confirm: Confirm) -> None:
        """`operator` is the id of who acts."""
        self._operator, self._now, self._request_id = operator, now, request_id
        self._confirm = confirm

    def __call__(
        self, connection: Transaction, subject: Subject = NOTHING, organization: str = NOT_GIVEN
    ) -> None:
        """Write the row of a change, in its transaction.

        Raises SessionEnded if the session has ended since the request began, or has other rights:
        then the change is not stored either.
        """
        # WHY: who changes the own account may end the own session by that.
        if subject.resource != self._operator:
            try:
                self._confirm(connection)
            except people_refusals.SessionNotValid:
                raise SessionEnded from None
        audit.write_change(connection, self.row(subject, organization))

    def row(
        self, subject: Subject = NOTHING, organization: str = NOT_GIVEN, status: int = 0
    ) -> Change:
        """Return the row of this request; by default it is about the organization of the page."""
        if subject == NOTHING:
            subject = subject_of_path()
        return Change(
            organization=_organization() if organization == NOT_GIVEN else organization,
            requested_at=self._now,
            key_id=NOT_GIVEN,
            key_name=NOT_GIVEN,
            method=request.method,
            path=str(request.url_rule),
            status=status,
            request_id=self._request_id,
            actor_kind=ActorKind.OPERATOR,
            actor=self._operator,
            **{name: _fit(name, value) for name, value in subject._asdict().items()},
        )


def subject_of_path() -> Subject:
    """Return what the address of the page names."""
    values = request.view_args or {}
    resource = "/".join(values[name] for name in RESOURCES if name in values)
    return Subject(
        values.get("nav"), values.get("iupd"), values.get("receipt"), resource=resource or None
    )


def _organization() -> str:
    code: str = (request.view_args or {}).get("organization", NOT_GIVEN)
    return code if problem_with_fiscal_code_pa(code) is None else NOT_GIVEN


def _fit(name: str, value: str | None) -> str | None:
    """Return a text of an address, or None if no column can hold it."""
    if value is None or not value.isprintable() or len(value) > max_length(table.c[name]):
        return None
    return value
