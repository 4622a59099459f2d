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
    "suspended": N_("L’accesso è sospeso: sessioni e inviti sono finiti."),
    "resumed": N_("Può entrare di nuovo, con la password di prima."),
    "person-sessions-ended": N_("Le sue sessioni sono chiuse."),
    "person-factor-removed": N_("È tolto, e le sue sessioni sono chiuse."),
    "key-revoked": N_("La chiave è revocata: non apre più niente."),
    "renamed": N_("Il nome è cambiato, da subito anche per il Nodo."),
    "printing": N_("Salvato: vale dai prossimi avvisi che si stampano."),
    "station-served": N_("La stazione è salvata, e vale da subito."),
    "station-withdrawn": N_("La stazione non serve più questo ente."),
    "service-saved": N_("Il servizio è salvato, e vale da subito."),
    "service-withdrawn": N_("Il servizio è tolto."),
    "preferences": N_("Preferenze salvate su questo browser."),
}

#: Search, notices, positions.
NOTICE: dict[str, str] = {
    "due-moved": N_("Scadenza spostata: da adesso si può pagare, con lo stesso foglio."),
    "corrected": N_("Correzione salvata."),
    "published": N_("Pubblicato: da adesso chi ha il numero può pagare."),
    "paid-elsewhere": N_("Segnato pagato: in banca risulta già pagato."),
    "withdrawn": N_("Ritirato: in banca risulta annullato dall’ente."),
    "restored": N_("Di nuovo da pagare, con lo stesso numero."),
    "issued": N_("Emesso: da adesso chi ha il numero può pagare."),
    "issued-before": N_("Era già stato emesso: ecco quello di prima, non ce n’è un altro."),
    "none-ticked": N_("Nessun avviso è spuntato: spunta prima le righe."),
    "notices-withdrawn": N_("Avvisi ritirati: in banca risultano annullati dall’ente."),
}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, str] = {
    "taken": N_("Adesso il caso è tuo per 30 minuti."),
    "released": N_("Il caso è di nuovo libero."),
    "decided": N_("Fatto: la decisione è scritta."),
    "matched": N_("La ricevuta è abbinata al suo avviso."),
    "case-opened": N_("Il caso è aperto, ed è fra quelli da trattare."),
    "none-free": N_("Non c’è nessun caso libero."),
}

#: Files of positions.
LOADS: dict[str, str] = {
    "load-stopped": N_("Fermato. Quello che era già caricato resta."),
    "load-thrown": N_("Buttato. Niente è stato scritto, e il file è cancellato."),
}

DONE: dict[str, str] = {**SHELL, **NOTICE, **WORK, **LOADS}
#: The words after which nothing has changed.
UNDONE = frozenset({"none-ticked", "none-free"})
