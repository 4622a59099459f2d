"""Signs an operator in by a link without any factor: for demos, whose data is invented.

The command of the demo alone makes such a link.  It works once, for an hour.
"""

from __future__ import annotations

from datetime import datetime

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.people import operators
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases.people import ceremonies
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import open_session
from gpd_soap.usecases.people.ceremonies import Kind
from gpd_soap.usecases.people.tokens import Random, new_token, token_digest

#: What the ceremony is bound to: no session and no invitation.
DEMO = "demo"


def make(database: Database, operator_id: str, random: Random, now: datetime) -> str:
    """Returns the token of a new link for an operator."""
    token = new_token(random)
    ceremonies.begin(database, Kind.DEMO_SIGN_IN, token, now, (operator_id, DEMO))
    return token


def enter(database: Database, token: str, random: Random, now: datetime) -> str:
    """Ends a link, and returns the id of the session that it begins.

    Raises InvitationNotValid if there is no such link, or it was used, or is older than an hour.
    """
    ceremony = ceremonies.take(database, token, now)
    if ceremony is None or ceremony.kind != Kind.DEMO_SIGN_IN or ceremony.operator is None:
        raise people_refusals.InvitationNotValid
    session_token, operator_id = new_token(random), ceremony.operator
    session = Session(token_digest(session_token), operator_id, now, now, now, proved=True)

    def work(connection: Transaction) -> None:
        operators.lock(connection, operator_id)
        operator = operators.with_id(connection, operator_id)
        if operator is None or operator.disabled_at is not None:
            raise people_refusals.InvitationNotValid
        open_session(connection, session, "sign in, demo link")

    in_transaction(database, work)
    return session_token
