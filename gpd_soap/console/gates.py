"""The pages at which somebody proves who it is, and the way back from them."""

from __future__ import annotations

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.cookies import put_session, session_of
from gpd_soap.console.rendering import render
from gpd_soap.console.returning import form_of, safe_address, typed_in
from gpd_soap.console.words import N_, _
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.refusals import Refusal

UNFIT, TOO_MANY = 422, 429
#: LIMIT: seconds after which a password may be tried again where too many wait.
BUSY_SECONDS = 1
#: What is said about each refusal of who proves something.
TEXTS: dict[type[Refusal], str] = {
    people_refusals.SignInRefused: N_("Nome e password non corrispondono."),
    people_refusals.SecondFactorNeeded: N_(
        "Per quello che puoi fare serve anche un secondo passo, e non ce l’hai."
        " Chi amministra le persone ti manda un invito nuovo."
    ),
    people_refusals.CodeRefused: N_("Non corrisponde. Il codice cambia ogni 30 secondi."),
    people_refusals.SignInBusy: N_("In questo momento entrano in molti. Riprova fra poco."),
    people_refusals.PasskeyRefused: N_("La passkey non è di chi può entrare qui. Usa la password."),
    people_refusals.PasskeyNotFound: N_("Non hai nessuna passkey per questo indirizzo."),
    people_refusals.PasskeyExists: N_("Questa passkey è già registrata."),
    people_refusals.TooManyPasskeys: N_("Hai già dieci passkey: togline una."),
    people_refusals.ProviderUnavailable: N_(
        "L’accesso dell’ente non risponde. Riprova fra poco, o usa la password."
    ),
    people_refusals.ProviderRefused: N_("L’accesso dell’ente non ti ha riconosciuto."),
    people_refusals.IdentityRefused: N_(
        "L’accesso dell’ente ti conosce, ma qui nessuno ti ha ancora invitato."
    ),
    people_refusals.IdentityExists: N_("Questo accesso dell’ente è già di qualcuno, qui."),
    people_refusals.IdentityNotFound: N_("Non hai collegato nessun accesso dell’ente."),
    people_refusals.StepUpNeeded: N_("Ci vuole un codice recente."),
    people_refusals.LastFactor: N_(
        "È l’unico modo che hai per entrare: prima aggiungine un altro."
    ),
    people_refusals.SessionNotValid: N_("È passato troppo tempo: si ricomincia."),
}


def sign_in(
    following: str,
    *,
    kept: str | None = None,
    name: str = "",
    refusal: Refusal | None = None,
    over: bool = False,
) -> Response:
    """Return the page with name and password; `over` is for a session that has ended."""
    return _gate(
        "sign_in/password.html",
        refusal,
        title=_("Entra"),
        following=safe_address(following),
        kept=kept,
        name=name,
        over=over,
    )


def code(
    following: str, who: str, *, kept: str | None = None, refusal: Refusal | None = None
) -> Response:
    """Return the page with the code of six digits."""
    return _gate(
        "sign_in/code.html",
        refusal,
        title=_("Scrivi il codice di sei cifre"),
        following=safe_address(following),
        kept=kept,
        who=who,
    )


def step_up(following: str, *, kept: str | None = None, refusal: Refusal | None = None) -> Response:
    """Return the page that asks for a factor again."""
    return _gate(
        "sign_in/step_up.html",
        refusal,
        title=_("Conferma che sei tu"),
        following=safe_address(following),
        kept=kept,
    )


def go_on(following: str, kept: str | None) -> AnyResponse:
    """Return to where the operator was; a form that was kept is sent again by a button."""
    address = safe_address(following)
    if kept is None:
        return redirect(address, 303)
    fields = form_of(kept)
    return render(
        "sign_in/resume.html",
        title=_("Eri a metà di una modifica"),
        following=address,
        fields=fields,
        typed=typed_in(fields or []),
    )


def begin_session(sessions: Sessions, response: AnyResponse, token: str) -> None:
    """Give the browser a session, and end the one that it had."""
    # WHY: who signs in again after a cookie was stolen ends what the thief has.
    before = session_of(request)
    if before and before != token:
        sessions.sign_out(before, g.now)
    put_session(response, token)


def status_of(refusal: Refusal | None) -> int:
    """Return the status of a page that shows a refusal."""
    if refusal is None:
        return 200
    return UNFIT if _seconds(refusal) is None else TOO_MANY


def words_of(refusal: Refusal | None) -> str:
    """Return what a page says about a refusal; nothing of None."""
    if refusal is None:
        return ""
    if isinstance(refusal, people_refusals.TooManyAttempts):
        return _("Troppi tentativi sbagliati. Riprova fra %(seconds)d secondi.") % {
            "seconds": refusal.seconds
        }
    for kind, text in TEXTS.items():
        if isinstance(refusal, kind):
            return _(text)
    return _("Non è andata. Riprova, o chiedi a chi amministra le persone.")


def _gate(template: str, refusal: Refusal | None, **values: object) -> Response:
    response = render(template, status_of(refusal), problem=words_of(refusal), **values)
    seconds = _seconds(refusal)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _seconds(refusal: Refusal | None) -> int | None:
    """Return after how many seconds the same may be tried again; None if it need not wait."""
    if isinstance(refusal, people_refusals.SignInBusy):
        return BUSY_SECONDS
    return refusal.seconds if isinstance(refusal, people_refusals.TooManyAttempts) else None
