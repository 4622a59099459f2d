"""What a page says after a change: `?done=<word>` in its address names one of these texts."""

from __future__ import annotations

from gpd_soap.console.words import N_

#: Sessions, people and configuration.
SHELL: dict[str, str] = {
    "sessions-ended": N_("Tutte le sessioni sono chiuse."),
    "preferences": N_("Preferenze salvate su questo browser."),
}

#: Search, notices, positions.
NOTICE: dict[str, str] = {}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, str] = {
    "taken": N_("Adesso il caso è tuo per 30 minuti."),
    "released": N_("Il caso è di nuovo libero."),
    "decided": N_("Fatto: la decisione è scritta."),
    "matched": N_("La ricevuta è abbinata al suo avviso."),
    "none-free": N_("Non c’è nessun caso libero."),
}

#: Files of positions.
LOADS: dict[str, str] = {}

DONE: dict[str, str] = {**SHELL, **NOTICE, **WORK, **LOADS}
