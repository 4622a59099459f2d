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
    f"{ORGANIZATION}/config/services/new": N_("servizio aggiunto"),
    f"{ORGANIZATION}/config/services/<service>/<subject>": N_("servizio cambiato"),
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
NOTICE: dict[str, str] = {
    f"{ORGANIZATION}/notices": N_("avvisi cercati"),
    f"{ORGANIZATION}/notices/<nav>": N_("avviso letto"),
    f"{ORGANIZATION}/notices/<nav>/correct": N_("avviso corretto"),
    f"{ORGANIZATION}/notices/<nav>/due": N_("scadenza spostata"),
    f"{ORGANIZATION}/notices/<nav>/publish": N_("avviso pubblicato"),
    f"{ORGANIZATION}/notices/<nav>/paid-elsewhere": N_("segnato pagato altrove"),
    f"{ORGANIZATION}/notices/<nav>/withdraw": N_("avviso ritirato"),
    f"{ORGANIZATION}/notices/<nav>/restore": N_("avviso rimesso in pagamento"),
    f"{ORGANIZATION}/notices/<nav>/pdf": N_("avviso stampato"),
    f"{ORGANIZATION}/notices/<nav>/receipts/<receipt>/pdf": N_("ricevuta stampata"),
    f"{ORGANIZATION}/chosen-notices": N_("avvisi spuntati stampati o esportati"),
    f"{ORGANIZATION}/prints/<batch>/resume": N_("stampa di avvisi ripresa"),
    f"{ORGANIZATION}/prints/<batch>/notices.zip": N_("avvisi stampati scaricati"),
    f"{ORGANIZATION}/chosen-notices/withdraw": N_("avvisi spuntati ritirati"),
    f"{ORGANIZATION}/chosen-notices.csv": N_("avvisi spuntati esportati"),
    f"{ORGANIZATION}/chosen-notices-all.csv": N_("elenco di avvisi esportato"),
    f"{ORGANIZATION}/positions/new": N_("avviso emesso"),
    f"{ORGANIZATION}/positions/<path:iupd>": N_("posizione letta"),
    f"{ORGANIZATION}/notices-of/<path:iupd>": N_("avvisi della posizione stampati"),
}

#: Home, worklist, receipts, journal, station.
WORK: dict[str, str] = {
    f"{ORGANIZATION}/receipts/<receipt>": N_("ricevuta letta"),
    f"{ORGANIZATION}/receipts/<receipt>/receipt.xml": N_("messaggio della ricevuta scaricato"),
    f"{ORGANIZATION}/receipts/<receipt>/receipt.pdf": N_("ricevuta stampata"),
    f"{ORGANIZATION}/receipts/<receipt>/case": N_("caso aperto"),
    f"{ORGANIZATION}/worklist": N_("elenco dei casi letto"),
    f"{ORGANIZATION}/worklist/-/take": N_("caso preso in carico"),
    f"{ORGANIZATION}/worklist/-/many": N_("casi chiusi insieme"),
    f"{ORGANIZATION}/worklist/-/refunds.csv": N_("elenco dei rimborsi scaricato"),
    f"{ORGANIZATION}/worklist/-/all-refunds.csv": N_("elenco dei rimborsi scaricato"),
    f"{ORGANIZATION}/worklist/<case>": N_("caso letto"),
    f"{ORGANIZATION}/worklist/<case>/message.xml": N_("messaggio del caso scaricato"),
    f"{ORGANIZATION}/worklist/<case>/claim": N_("caso preso in carico"),
    f"{ORGANIZATION}/worklist/<case>/release": N_("caso lasciato"),
    f"{ORGANIZATION}/worklist/<case>/decide": N_("caso deciso"),
    f"{ORGANIZATION}/worklist/<case>/match": N_("ricevuta abbinata"),
}

#: Files of positions.
LOADS: dict[str, str] = {
    f"{ORGANIZATION}/loads": N_("file mandato"),
    f"{ORGANIZATION}/loads/<load>": N_("carico letto"),
    f"{ORGANIZATION}/loads/<load>/rows": N_("righe da correggere scaricate"),
    f"{ORGANIZATION}/loads/<load>/answer": N_("lettura del file decisa"),
    f"{ORGANIZATION}/loads/<load>/load": N_("carico avviato"),
    f"{ORGANIZATION}/loads/<load>/cancel": N_("carico fermato"),
    f"{ORGANIZATION}/loads/<load>/resume": N_("carico ripreso"),
    f"{ORGANIZATION}/loads/<load>/undo": N_("carico annullato"),
    f"{ORGANIZATION}/loads/<load>/print": N_("stampa del carico avviata"),
    f"{ORGANIZATION}/loads/<load>/notices.zip": N_("avvisi del carico scaricati"),
}

DEEDS: dict[str, str] = {**SHELL, **NOTICE, **WORK, **LOADS}
