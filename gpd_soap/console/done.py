"""What a page says after a change: `?done=<word>` in its address names one of these texts."""

from __future__ import annotations

from gpd_soap.console.words import N_

#: Sessions, people and configuration.
SHELL: dict[str, str] = {
    "sessions-ended": N_("Tutte le sessioni sono chiuse."),
    "others-ended": N_("Le altre sessioni sono chiuse."),
    "password-changed": N_("La password è cambiata. Entra con quella nuova."),
    "passkey-added": N_("La passkey è aggiunta."),
    "passkey-removed": N_("La passkey è tolta."),
    "identity-added": N_("L’accesso dell’ente è collegato."),
    "identity-removed": N_("L’accesso dell’ente è scollegato."),
    "preferences": N_("Preferenze salvate su questo browser."),
}

#: Search, notices, positions.
NOTICE: dict[str, str] = {}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, str] = {}

#: Files of positions.
LOADS: dict[str, str] = {
    "load-stopped": N_("Fermato. Quello che era già caricato resta."),
    "load-thrown": N_("Buttato. Niente è stato scritto, e il file è cancellato."),
}

DONE: dict[str, str] = {**SHELL, **NOTICE, **WORK, **LOADS}
