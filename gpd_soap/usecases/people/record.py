"""Records in the audit what an operator does about signing in."""

from __future__ import annotations

from datetime import datetime

from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import ActorKind, Change
from gpd_soap.store.database.transaction import Transaction

#: The method of a row that records a sign-in, a sign-out or a change of factors.
SESSION = "SESSION"


def record_operator(
    connection: Transaction,
    operator_id: str,
    deed: str,
    now: datetime,
    resource: str | None = None,
) -> None:
    """Write that an operator did something, such as `sign in`; `resource` is with what."""
    change = Change(
        organization=NOT_GIVEN,
        requested_at=now,
        key_id=NOT_GIVEN,
        key_name=NOT_GIVEN,
        method=SESSION,
        path=deed,
        status=0,
        request_id=NOT_GIVEN,
        actor_kind=ActorKind.OPERATOR,
        actor=operator_id,
        resource=resource,
    )
    audit.write_change(connection, change)
