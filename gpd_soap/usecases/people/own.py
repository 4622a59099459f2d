"""What operators see and change of their own way to sign in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import credentials, identities, operators, passkeys, sessions
from gpd_soap.store.people.identities import Identity
from gpd_soap.store.people.passkeys import Passkey
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import raised_session_of, session_of
from gpd_soap.usecases.people.factors import can_sign_in
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.session_rules import is_alive
from gpd_soap.usecases.people.tokens import Random, new_recovery_codes, recovery_digest


class OwnFactors(NamedTuple):
    """The factors and the living sessions of an operator; `here` is the session that looks."""

    has_password: bool
    has_totp: bool
    recovery_codes: int
    passkeys: tuple[Passkey, ...]
    identities: tuple[Identity, ...]
    sessions: tuple[Session, ...]
    here: Session


class Own:
    """An operator's own affairs, in a session.  Each method raises SessionNotValid."""

    def __init__(self, database: Database, random: Random) -> None:
        """`random` makes recovery codes."""
        self._database, self._random = database, random

    def factors(self, token: str, now: datetime) -> OwnFactors:
        """Returns what the operator of a session has."""
        here, operator = session_of(self._database, token, now)

        def work(connection: Transaction) -> OwnFactors:
            credential = credentials.of(connection, operator.id)
            all_sessions = sessions.of(connection, operator.id)
            return OwnFactors(
                has_password=credential is not None,
                has_totp=credential is not None and credential.totp_secret is not None,
                recovery_codes=credentials.unused_codes(connection, operator.id),
                passkeys=tuple(passkeys.of(connection, operator.id)),
                identities=tuple(identities.of(connection, operator.id)),
                sessions=tuple(one for one in all_sessions if one.proved and is_alive(one, now)),
                here=here,
            )

        return read_only(self._database, work)

    def renew_codes(self, token: str, now: datetime) -> tuple[str, ...]:
        """Returns ten new recovery codes, shown this once; the older ones are worth nothing.

        Raises StepUpNeeded, and SecondFactorNeeded if the operator has no application.
        """
        _, operator = raised_session_of(self._database, token, now)
        codes = new_recovery_codes(self._random)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            credential = credentials.of(connection, operator.id)
            if credential is None or credential.totp_secret is None:
                raise people_refusals.SecondFactorNeeded
            credentials.put_codes(connection, operator.id, map(recovery_digest, codes))
            record_operator(connection, operator.id, "renew recovery codes", now)

        in_transaction(self._database, work)
        return codes

    def end_others(self, token: str, now: datetime) -> None:
        """Ends every session of the operator but this one."""
        here, operator = session_of(self._database, token, now)

        def work(connection: Transaction) -> None:
            sessions.end_others(connection, operator.id, here.digest)
            record_operator(connection, operator.id, "end other sessions", now)

        in_transaction(self._database, work)

    def remove_identity(self, token: str, identity_id: str, now: datetime) -> None:
        """Removes an identity at the OpenID provider, and ends the operator's other sessions.

        Raises StepUpNeeded, IdentityNotFound, and LastFactor if nothing else would open the
        console for this operator.
        """
        here, operator = raised_session_of(self._database, token, now)

        def work(connection: Transaction) -> None:
            operators.lock(connection, operator.id)
            if not identities.remove(connection, operator.id, identity_id):
                raise people_refusals.IdentityNotFound
            if not can_sign_in(connection, operator):
                raise people_refusals.LastFactor
            sessions.end_others(connection, operator.id, here.digest)
            record_operator(connection, operator.id, "remove identity", now, identity_id)

        in_transaction(self._database, work)
