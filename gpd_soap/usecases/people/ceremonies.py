"""Sign-ins that begin here and go on elsewhere: at a device, or at an OpenID provider.

Each has a secret that is stored as a digest, works once, and lasts for minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.people import ceremonies
from gpd_soap.store.people.ceremonies import Ceremony
from gpd_soap.usecases.people.tokens import token_digest


class Kind(StrEnum):
    """What a ceremony is for."""

    PASSKEY_SIGN_IN = "passkey sign in"
    PASSKEY_STEP_UP = "passkey step up"
    PASSKEY_ADD = "passkey add"
    PASSKEY_ACCEPT = "passkey accept"
    OIDC_SIGN_IN = "oidc sign in"
    OIDC_STEP_UP = "oidc step up"
    OIDC_ADD = "oidc add"
    DEMO_SIGN_IN = "demo sign in"


#: LIMIT: 10 minutes to sign in elsewhere, with all that a provider asks.
LASTS = timedelta(minutes=10)
#: LIMIT: an hour to open the link that a demo prints.  Only a command begins such a ceremony, so
#: that these few need not be forgotten with the others.
LONG_LASTS = {Kind.DEMO_SIGN_IN: timedelta(hours=1)}


def begin(
    database: Database,
    kind: Kind,
    token: str,
    now: datetime,
    owner: tuple[str, str] | None = None,
) -> None:
    """Stores that a ceremony has begun.

    `owner` is the id of the operator, and the digest of the session or the invitation.  It is None
    before anybody has signed in.
    """
    operator, bound_to = owner or (None, None)
    ceremony = Ceremony(token_digest(token), str(kind), operator, bound_to, now)

    def work(connection: Transaction) -> None:
        ceremonies.forget_older(connection, now - LASTS, but=list(LONG_LASTS))
        ceremonies.add(connection, ceremony)

    in_transaction(database, work)


def take(database: Database, token: str, now: datetime) -> Ceremony | None:
    """Ends a ceremony and returns it, or None if there is none or it has lasted too long.

    It has ended also where what follows fails.
    """
    # WHY: a transaction of its own, so that no failure gives the ceremony back.
    ceremony = in_transaction(database, lambda c: ceremonies.take(c, token_digest(token)))
    if ceremony is None or now - ceremony.created_at >= LONG_LASTS.get(Kind(ceremony.kind), LASTS):
        return None
    return ceremony


def is_for(ceremony: Ceremony | None, kind: Kind, owner: tuple[str, str] | None = None) -> bool:
    """Return whether a ceremony is of this kind, and belongs to this owner."""
    if ceremony is None or ceremony.kind != kind:
        return False
    return (ceremony.operator, ceremony.bound_to) == (owner or (None, None))
