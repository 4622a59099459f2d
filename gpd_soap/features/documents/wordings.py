"""The prescribed texts of a notice in Italian; none of them may be altered.

Source: L'avviso di pagamento 3.5.1 (pagoPA), models.  LIMIT: Italian only, because the prescribed
sentences of the other languages are not in this repository.
"""

from __future__ import annotations

from gpd_soap.features.documents.notice import Issuer, Paper, Portion

TITLE = "Avviso di pagamento"
LANGUAGE = "it"

TEXTS = {
    "title": TITLE,
    "payee": "Ente Creditore",
    "recipient": "Destinatario",
    "where": "Dove pagare?",
    "whereLink": "vai su pagopa.gov.it",
    "data": "Dati per il pagamento",
    "amount": "Importo",
    "by": "entro il",
    "euro": "Euro",
    "legal": (
        "In fase di pagamento l'importo potrebbe subire aumenti (per sanzioni, interessi, costi di "
        "notifica o altri fattori) o riduzioni (per sgravi o note di credito)."
    ),
    "online": "Paga con l'app IO",
    "local": "Paga sul territorio",
    "localText": (
        "presso Banche e Sportelli ATM, negli Uffici Postali e Punti Postali, nei Bar, Edicole, "
        "Ricevitorie, Supermercati, Tabaccherie e altri Esercenti Convenzionati."
    ),
    "payeeData": "Ente creditore",
    "subject": "Oggetto del pagamento",
    "cbill": "Cod. CBILL",
    "nav": "Cod. Avviso",
    "organization": "Cod. Fiscale Ente",
    "scanBeside": "Inquadra il codice QR con la tua app di pagamento o usa i dati accanto.",
    "scanAbove": "Inquadra il codice QR con la tua app di pagamento o usa i dati sopra.",
    "slip": "Bollettino Postale PA",
    "slipAccount": "sul C/C n.",
    "slipHolder": "Intestato a",
    "slipSubject": "Oggetto pagamento",
    "slipNav": "Codice Avviso",
    "slipType": "Tipo",
    "slipOrganization": "Cod. Fiscale Ente Creditore",
    "slipText": (
        "Bollettino Postale pagabile in tutti gli Uffici Postali e sui canali fisici o digitali "
        "abilitati di Poste Italiane e dell'Ente Creditore"
    ),
}


def question(*, has_date: bool) -> str:
    """Return the title of the amount's part."""
    return "Quanto e quando pagare?" if has_date else "Quanto pagare?"


def installments(paper: Paper) -> str:
    """Return the sentence about the plan, or nothing without one."""
    count = len(paper.rates)
    if count == 0 or (count == 1 and paper.single is None):
        return ""
    rates = "1 rata" if count == 1 else f"{count} rate"
    if paper.single:
        return f"Puoi pagare per intero o in {rates}"
    detail = "Importi e scadenze sono riportati nel dettaglio di ogni singola rata."
    return f"Puoi pagare in {rates}. {detail}"


def online(issuer: Issuer, company: str) -> str:
    """Return the sentence about paying online, by the channels of the organization."""
    channel = {
        (False, False): "",
        (True, False): f"sul sito di {company}, ",
        (False, True): f"sull'app di {company}, ",
        (True, True): f"sul sito o app di {company}, ",
    }[issuer.has_site, issuer.has_app]
    rest = "dal tuo Home Banking, con la tua app di pagamento o con gli altri canali abilitati."
    return f"oppure {channel}{rest}"


def name_of(portion: Portion) -> str:
    """Return the title of an amount: the installment's number, or the single payment."""
    return "Rata unica" if portion.rate is None else f"Rata {portion.rate}"


def name_with_date(portion: Portion) -> str:
    """Return the title of an amount with its due date, where it has one."""
    due = "" if portion.due is None else f" {TEXTS['by']} {portion.due}"
    return name_of(portion) + due
