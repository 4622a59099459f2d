"""Signs operators in at an OpenID provider, proves factors again there, and adds identities."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple, NoReturn

from gpd_soap.features.oidc import visit
from gpd_soap.features.oidc.claims import Claims, proved_at
from gpd_soap.features.oidc.entry import ID_BYTES, Entry, enter, link
from gpd_soap.features.oidc.fetch import Fetch, Unavailable
from gpd_soap.features.oidc.id_token import SKEW, NotTrusted, verified
from gpd_soap.features.oidc.options import SIGNED_OUT, Options
from gpd_soap.features.oidc.provider import CodeRefused, Provider
from gpd_soap.features.oidc.visit import Returned, Visit
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.people import identities, sessions
from gpd_soap.store.people.ceremonies import Ceremony
from gpd_soap.store.people.identities import Identity
from gpd_soap.store.people.operators import Operator
from gpd_soap.store.people.sessions import Session
from gpd_soap.usecases.people import attempts, ceremonies
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.attempts import Counted, by_ceremony
from gpd_soap.usecases.people.authorize import open_session, raised_session_of, session_of
from gpd_soap.usecases.people.ceremonies import Kind
from gpd_soap.usecases.people.record import record_operator
from gpd_soap.usecases.people.session_rules import RECENT
from gpd_soap.usecases.people.sign_in import SignedIn
from gpd_soap.usecases.people.tokens import Random, new_token, token_digest

#: The errors of a provider that the log may repeat.  SPEC: RFC 6749, 4.1.2.1; OpenID Connect Core
#: 1.0, 3.1.2.6.
ERRORS = frozenset(
    {
        *("access_denied", "invalid_request", "unauthorized_client", "invalid_scope"),
        *("unsupported_response_type", "server_error", "temporarily_unavailable"),
        *("login_required", "interaction_required", "consent_required"),
        "account_selection_required",
    }
)

logger = logging.getLogger(__name__)


class _Verified(NamedTuple):
    """What a visit that ended well has brought."""

    ceremony: Ceremony
    claims: Claims
    id_token: str


class OidcSignIn:
    """Signing in at the provider.  The browser goes to an address and comes back with a code.

    Whatever it is for, `begin…` returns a visit, and `finish` is called when the browser is back.
    """

    def __init__(
        self, database: Database, options: Options, random: Random, fetch: Fetch | None = None
    ) -> None:
        """`random` makes secrets and ids; a test passes its own `fetch`."""
        self._database, self._options, self._random = database, options, random
        self._provider = Provider(options, fetch or Fetch(options.authorities))

    def begin(self, now: datetime) -> Visit:
        """Returns a visit by which somebody signs in.  Raises ProviderUnavailable."""
        return self._begin(Kind.OIDC_SIGN_IN, now)

    def begin_step_up(self, session_token: str, now: datetime) -> Visit:
        """Returns a visit at which the operator of a session proves factors again.

        Raises SessionNotValid, IdentityNotFound if the operator has no identity there, and
        ProviderUnavailable.
        """
        session, operator = session_of(self._database, session_token, now)
        own = read_only(self._database, lambda c: identities.of(c, operator.id))
        if all(each.issuer != self._options.issuer for each in own):
            raise people_refusals.IdentityNotFound
        return self._begin(Kind.OIDC_STEP_UP, now, (operator.id, session.digest))

    def begin_add(self, session_token: str, now: datetime) -> Visit:
        """Returns a visit that adds an identity to the operator of a session.

        Raises SessionNotValid, StepUpNeeded and ProviderUnavailable.
        """
        session, operator = raised_session_of(self._database, session_token, now)
        return self._begin(Kind.OIDC_ADD, now, (operator.id, session.digest))

    def finish(self, returned: Returned, session_token: str | None, now: datetime) -> SignedIn:
        """Ends a visit; returns the new id of the session, or its id if an identity was added.

        `session_token` is that of the browser; to sign in, none is needed.  Raises
        TooManyAttempts, ProviderUnavailable, ProviderRefused, IdentityRefused, IdentityExists,
        SecondFactorNeeded, SessionNotValid and StepUpNeeded.
        """
        counted = [by_ceremony(returned.caller)]
        attempts.begin(self._database, counted, now)
        try:
            ended = self._verified(returned, now)
        except Unavailable as error:
            self._report(str(error))
            # WHY: who met a provider that is down has not tried to guess anything.
            in_transaction(self._database, lambda c: attempts.succeed(c, counted, now))
            raise people_refusals.ProviderUnavailable from error
        if ended.ceremony.kind == Kind.OIDC_SIGN_IN:
            return self._sign_in(ended, counted, now)
        if session_token is None:
            raise people_refusals.SessionNotValid
        if ended.ceremony.kind == Kind.OIDC_STEP_UP:
            return self._step_up(ended, session_token, counted, now)
        return self._add(ended, session_token, counted, now)

    def sign_out(self, session_token: str, now: datetime) -> str | None:
        """Ends a session; returns the address that ends the provider's too, or None.

        None is for a session that the provider did not begin, and where the provider has no such
        address or does not answer.  The session here has ended in any case.
        """
        digest = token_digest(session_token)

        def work(connection: Transaction) -> str | None:
            row = sessions.with_operator(connection, digest)
            id_token = sessions.id_token_of(connection, digest)
            if sessions.end(connection, digest) and row is not None:
                record_operator(connection, row[1].id, "sign out", now)
            return id_token

        id_token = in_transaction(self._database, work)
        if id_token is None:
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self._options.client_id,
            "post_logout_redirect_uri": self._options.console_url + SIGNED_OUT,
        }
        try:
            return self._provider.end_address(query, now)
        except Unavailable as error:
            self._report(str(error))
            return None

    def _begin(self, kind: Kind, now: datetime, owner: tuple[str, str] | None = None) -> Visit:
        secret = new_token(self._random)
        made, options = visit.secrets_of(secret), self._options
        query = {
            "response_type": "code",
            "client_id": options.client_id,
            "redirect_uri": options.redirect_uri,
            "scope": " ".join(options.scopes),
            "state": made.state,
            "nonce": made.nonce,
            "code_challenge": made.challenge,
            "code_challenge_method": "S256",
        }
        if options.acr:
            query["acr_values"] = " ".join(options.acr)
        if kind is Kind.OIDC_STEP_UP:
            query |= {"prompt": "login", "max_age": "0"}
        try:
            address = self._provider.authorization_address(query, now)
        except Unavailable as error:
            self._report(str(error))
            raise people_refusals.ProviderUnavailable from error
        ceremonies.begin(self._database, kind, made.state, now, owner)
        return Visit(address, secret)

    def _verified(self, returned: Returned, now: datetime) -> _Verified:
        """Returns what a visit brought, once it holds.  Raises ProviderRefused and Unavailable."""
        made, options = visit.secrets_of(returned.secret), self._options
        given = visit.parameters(returned.query)
        # WHY: a visit that another browser began would sign this one in as somebody else.
        if not visit.is_same(given.get("state", ""), made.state):
            self._refuse("state")
        ceremony = ceremonies.take(self._database, made.state, now)
        if ceremony is None:
            self._refuse("visit")
        if "error" in given:
            self._refuse(given["error"] if given["error"] in ERRORS else "error")
        # SPEC: RFC 9207, 2.4: the issuer in the answer is that of the provider.
        named = given.get("iss")
        missing = named is None and self._provider.published(now).names_issuer
        if missing or named not in (None, options.issuer):
            self._refuse("issuer of the answer")
        if "code" not in given:
            self._refuse("no code")
        try:
            token = self._provider.id_token(given["code"], made.verifier, now)
            expected = (options.issuer, options.client_id, made.nonce)
            claims = verified(token, lambda again: self._provider.keys(now, again=again),
                              expected, now)  # fmt: skip
        except CodeRefused:
            self._refuse("code")
        except NotTrusted as error:
            self._refuse(str(error))
        return _Verified(ceremony, claims, token)

    def _sign_in(self, ended: _Verified, counted: list[Counted], now: datetime) -> SignedIn:
        token, seen = new_token(self._random), proved_at(ended.claims)
        # WHY: a provider lets in who proved factors hours ago, and need not say when it was.
        raised_at = now - RECENT if seen is None else min(seen, now)

        def work(connection: Transaction) -> bool:
            entry = enter(connection, ended.claims, self._options, self._random, now)
            session = Session(
                digest=token_digest(token),
                operator=entry.operator.id,
                started_at=now,
                used_at=now,
                raised_at=raised_at,
                proved=entry.proved,
                rights=entry.rights,
            )
            deed = "sign in, provider" if entry.proved else "sign in, provider, without code"
            open_session(connection, session, deed, ended.id_token)
            attempts.succeed(connection, counted, now)
            return entry.proved

        return SignedIn(token, in_transaction(self._database, work))

    def _step_up(
        self, ended: _Verified, session_token: str, counted: list[Counted], now: datetime
    ) -> SignedIn:
        session, operator = self._own_session(ended.ceremony, session_token, now)
        seen = proved_at(ended.claims)
        # WHY: a provider that ignored the demand would raise a session for whoever sits there.
        if seen is None or seen < ended.ceremony.created_at - SKEW:
            self._refuse("no new proof")
        token = new_token(self._random)

        def work(connection: Transaction) -> None:
            entry = enter(connection, ended.claims, self._options, self._random, now)
            _check_entry(entry, operator)
            raised = session._replace(
                digest=token_digest(token), used_at=now, raised_at=now, rights=entry.rights
            )
            if not sessions.replace(connection, session.digest, raised):
                raise people_refusals.SessionNotValid
            attempts.succeed(connection, counted, now)
            record_operator(connection, operator.id, "step up, provider", now, entry.identity.id)

        in_transaction(self._database, work)
        return SignedIn(token, proved=True)

    def _add(
        self, ended: _Verified, session_token: str, counted: list[Counted], now: datetime
    ) -> SignedIn:
        _, operator = self._own_session(ended.ceremony, session_token, now)
        raised_session_of(self._database, session_token, now)
        identity = Identity(
            id=self._random(ID_BYTES).hex(),
            operator=operator.id,
            issuer=self._options.issuer,
            subject=ended.claims["sub"],
            managed=False,
            created_at=now,
        )

        def work(connection: Transaction) -> None:
            link(connection, identity, ended.claims, self._options)
            attempts.succeed(connection, counted, now)
            record_operator(connection, operator.id, "add identity", now, identity.id)

        in_transaction(self._database, work)
        return SignedIn(session_token, proved=True)

    def _own_session(
        self, ceremony: Ceremony, session_token: str, now: datetime
    ) -> tuple[Session, Operator]:
        """Returns the session to which a visit belongs.  Raises SessionNotValid."""
        session, operator = session_of(self._database, session_token, now)
        if (ceremony.operator, ceremony.bound_to) != (operator.id, session.digest):
            raise people_refusals.SessionNotValid
        return session, operator

    def _refuse(self, reason: str) -> NoReturn:
        self._report(reason)
        raise people_refusals.ProviderRefused

    def _report(self, reason: str) -> None:
        # WHY: the reason is one of ours, because what a provider writes may name a person.
        fields = {"reason": reason}
        logger.warning("signing in by the OpenID provider failed", extra={"fields": fields})


def _check_entry(entry: Entry, operator: Operator) -> None:
    """Raises IdentityRefused for another's identity, SecondFactorNeeded if too little is proved."""
    if entry.operator.id != operator.id:
        raise people_refusals.IdentityRefused
    if not entry.proved:
        raise people_refusals.SecondFactorNeeded
