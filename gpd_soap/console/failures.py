"""The pages of errors: what happened, whether anything was changed, and what to do now."""

from __future__ import annotations

import logging

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from gpd_soap.console import guard
from gpd_soap.console.guard import OtherSite
from gpd_soap.console.recording import SessionEnded
from gpd_soap.console.rendering import render
from gpd_soap.console.words import N_, _
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.refusals import Refusal

logger = logging.getLogger(__name__)

#: LIMIT: seconds after which the page may be tried again.
RETRY_SECONDS = "10"
UNAVAILABLE, BROKEN = 503, 500

#: Title and explanation of each status.
TEXTS: dict[int, tuple[str, str]] = {
    400: (N_("La richiesta non si capisce"), N_("Torna indietro e riprova.")),
    403: (
        N_("Qui non puoi entrare"),
        N_("Il tuo ruolo non lo prevede. Se ti serve, chiedilo a chi amministra le persone."),
    ),
    404: (
        N_("Qui non c’è niente"),
        N_("L’indirizzo è sbagliato, oppure quello che cerchi non è del tuo ente."),
    ),
    405: (N_("Qui si arriva da un’altra pagina"), N_("Torna indietro e riprova.")),
    409: (
        N_("Così com’è adesso non si può fare"),
        N_("Nel frattempo qualcosa è cambiato. Non è stato modificato niente: guarda com’è ora."),
    ),
    412: (
        N_("Qualcun altro l’ha cambiato prima di te"),
        N_("Non è stato modificato niente. Riapri la pagina: vedi com’è ora, e decidi di nuovo."),
    ),
    413: (
        N_("È troppo grande"),
        N_("Non è stato modificato niente. Quello che hai mandato supera il limite."),
    ),
    422: (
        N_("Qualcosa non va bene in quello che hai scritto"),
        N_("Non è stato modificato niente. Torna indietro e correggi."),
    ),
    429: (
        N_("Troppe richieste in poco tempo"),
        N_("Non è stato modificato niente. Aspetta qualche secondo e riprova."),
    ),
    500: (
        N_("Si è rotto qualcosa da noi"),
        N_(
            "Riprova fra poco. Se succede ancora, manda il numero qui sotto a chi gestisce il"
            " sistema."
        ),
    ),
    503: (
        N_("Adesso non si può"),
        N_(
            "La base dati non risponde, e non è stato modificato niente. Riprova fra poco; se"
            " succede ancora, manda il numero qui sotto a chi gestisce il sistema."
        ),
    ),
}
OTHER_SITE = (
    N_("Il modulo non viene da questo sito"),
    N_("Non è stato modificato niente. Apri la pagina da qui e riprova."),
)
#: The statuses of refusals that no page has shown itself.
STATUSES: dict[type[Refusal], int] = {
    refusals.PositionChanged: 412,
    refusals.Malformed: 422,
}
CONFLICT = 409


def status_of(refusal: Refusal) -> int:
    """Return the status of a refusal that no page has shown itself."""
    if type(refusal).__name__.endswith("NotFound"):
        return 404
    return next((STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES), CONFLICT)


def add_handlers(app: Flask) -> None:
    """Give each exception its page."""
    app.register_error_handler(OtherSite, lambda _error: page(403, OTHER_SITE))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(people_refusals.SessionNotValid, lambda _error: guard.sign_in())
    app.register_error_handler(SessionEnded, lambda _error: guard.sign_in())
    app.register_error_handler(people_refusals.StepUpNeeded, lambda _error: guard.step_up())
    app.register_error_handler(Refusal, lambda refusal: page(status_of(refusal)))
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(TimeoutError, _unavailable)
    app.register_error_handler(Exception, _failed)


def page(status: int, texts: tuple[str, str] | None = None) -> Response:
    """Return the page of an error."""
    title, text = texts or TEXTS.get(status, TEXTS[BROKEN if status >= BROKEN else 400])
    return render("error.html", status, title=_(title), text=_(text), status_code=status)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        assert isinstance(error.response, Response)
        return error.response
    response = page(error.code or BROKEN)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unavailable(error: Unavailable | TimeoutError) -> Response:
    logger.warning("the database could not serve a page, which was answered 503", exc_info=error)
    g.is_away = True
    response = page(UNAVAILABLE)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _failed(error: Exception) -> Response:
    logger.error("a page failed and was answered 500", exc_info=error)
    return page(BROKEN)
