"""What the audit calls the changes and readings of the console, by the address of their page."""

from __future__ import annotations

from gpd_soap.console.words import N_

ORGANIZATION = "/console/<organization>"

#: Sessions, people and configuration.
SHELL: dict[str, str] = {
    f"{ORGANIZATION}/people": N_("invito"),
    f"{ORGANIZATION}/people/<operator>/suspend": N_("accesso sospeso"),
    f"{ORGANIZATION}/people/<operator>/resume": N_("accesso ridato"),
    f"{ORGANIZATION}/people/<operator>/sessions": N_("sessioni chiuse"),
    f"{ORGANIZATION}/people/<operator>/reset": N_("invito nuovo"),
    f"{ORGANIZATION}/people/<operator>/passkeys/<passkey>/remove": N_("passkey tolta"),
    f"{ORGANIZATION}/people/<operator>/identities/<identity>/remove": N_("accesso scollegato"),
    f"{ORGANIZATION}/keys": N_("chiave fatta"),
    f"{ORGANIZATION}/keys/<key>/revoke": N_("chiave revocata"),
    f"{ORGANIZATION}/config/name": N_("nome dell’ente"),
    f"{ORGANIZATION}/config/printing": N_("che cosa si stampa"),
    f"{ORGANIZATION}/config/stations": N_("stazione"),
    f"{ORGANIZATION}/config/stations/<station>/withdraw": N_("stazione tolta"),
    f"{ORGANIZATION}/config/services/<service>/<subject>/withdraw": N_("servizio tolto"),
    "sign in": N_("entrata"),
    "sign in, password": N_("prima metà dell’entrata: password"),
    "prove code": N_("entrata, con il codice"),
    "sign in, passkey": N_("entrata con una passkey"),
    "sign in, provider": N_("entrata con l’accesso dell’ente"),
    "sign in, demo link": N_("entrata con il link della prova"),
    "sign out": N_("uscita"),
    "step up": N_("codice per una cosa delicata"),
    "end sessions": N_("sue sessioni chiuse"),
    "end other sessions": N_("altre sessioni chiuse"),
    "change password": N_("password cambiata"),
    "renew recovery codes": N_("codici di recupero nuovi"),
    "accept invitation": N_("invito accettato"),
}

#: Search, notices, positions.
NOTICE: dict[str, str] = {}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, str] = {}

#: Files of positions.
LOADS: dict[str, str] = {}

DEEDS: dict[str, str] = {**SHELL, **NOTICE, **WORK, **LOADS}
