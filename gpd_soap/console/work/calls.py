"""What the Node calls and what we answer, in an office's words."""

from __future__ import annotations

from gpd_soap.console.words import N_, _

OPERATIONS: dict[str, str] = {
    "paVerifyPaymentNotice": N_("Verifica"),
    "paGetPayment": N_("Richiesta di pagamento, versione 1"),
    "paGetPaymentV2": N_("Richiesta di pagamento"),
    "paSendRT": N_("Ricevuta, versione 1"),
    "paSendRTV2": N_("Ricevuta"),
    "paDemandPaymentNotice": N_("Avviso spontaneo"),
}
OTHER = N_("Altro")

#: What a fault says to a payer, in short.
FAULTS: dict[str, str] = {
    "PAA_PAGAMENTO_SCADUTO": N_("È scaduto"),
    "PAA_PAGAMENTO_DUPLICATO": N_("È già pagato"),
    "PAA_PAGAMENTO_SCONOSCIUTO": N_("Non lo conosciamo"),
    "PAA_PAGAMENTO_ANNULLATO": N_("È stato ritirato"),
    "PAA_SYSTEM_ERROR": N_("Errore nostro"),
    "PAA_ID_DOMINIO_ERRATO": N_("Un altro ente"),
    "PAA_ID_INTERMEDIARIO_ERRATO": N_("Un altro intermediario"),
    "PAA_STAZIONE_INT_ERRATA": N_("Un’altra stazione"),
    "PAA_SINTASSI_XSD": N_("Messaggio non valido"),
    "PAA_SEMANTICA": N_("Chiesto in un modo che qui non c’è"),
    "PAA_RECEIPT_DUPLICATA": N_("Ricevuta già presa"),
}

#: How people pay, as a receipt says it.
METHODS: dict[str, str] = {
    "cash": N_("contanti"),
    "creditCard": N_("carta"),
    "bancomat": N_("bancomat"),
    "bankTransfer": N_("bonifico"),
    "other": N_("altro modo"),
}

#: The rules of an entry, by their beginning, in words.
RULES: tuple[tuple[str, str], ...] = (
    ("probe", N_("È la sonda: il Nodo chiede se siamo vivi, e si risponde così.")),
    ("rule 1: ", N_("Qui non c’è un avviso con questo numero.")),
    ("rule 2: ", N_("L’avviso è stato ritirato.")),
    ("rule 3: the position is a draft", N_("L’avviso è una bozza: non è ancora pubblicato.")),
    ("rule 3: ", N_("L’avviso non è ancora valido.")),
    ("rule 4: the notice is reported", N_("L’avviso risulta pagato in un flusso.")),
    ("rule 4: ", N_("L’avviso è già pagato.")),
    ("rule 5: ", N_("Lo stesso debito è già pagato in altra forma.")),
    ("rule 6: ", N_("L’avviso è scaduto, e dopo la scadenza non si paga.")),
    ("configuration: the organization", N_("Il messaggio nomina un ente che non è nostro.")),
    ("configuration: qrCode", N_("Il messaggio nomina due enti diversi.")),
    ("configuration: the broker", N_("L’intermediario del messaggio non è il nostro.")),
    ("configuration: ", N_("La stazione del messaggio non serve questo ente.")),
    ("receipt: counted", N_("La ricevuta c’era già: è stata contata di nuovo.")),
    ("receipt: kept as applied", N_("La ricevuta ha pagato l’avviso.")),
    ("receipt: kept as double", N_("La ricevuta è un secondo pagamento: è da trattare.")),
    ("receipt: kept as unmatched", N_("La ricevuta è di un avviso che qui non c’è.")),
    ("receipt: kept as review", N_("La ricevuta ha qualcosa di diverso: è da rivedere.")),
    ("receipt: kept as conflicting", N_("La ricevuta contraddice un’altra con lo stesso numero.")),
    ("receipt: kept as secondary", N_("La ricevuta è la copia di un avviso di un altro ente.")),
    ("receipt: kept as not-paid", N_("Il pagamento non è riuscito.")),
    ("payable", N_("L’avviso si può pagare.")),
    ("we failed", N_("Non siamo riusciti a rispondere: il guasto è nostro.")),
)  # fmt: skip


def operation_words(operation: str) -> str:
    """Returns what a primitive is called in an office."""
    return _(OPERATIONS.get(operation, OTHER))


def fault_words(code: str) -> str:
    """Returns what a fault says; a code that is not known is its own word."""
    return _(FAULTS[code]) if code in FAULTS else code


def method_words(method: str | None) -> str | None:
    """Returns how somebody paid; what is not known is its own word."""
    return _(METHODS[method]) if method in METHODS else method


def rule_words(rule: str) -> str:
    """Returns a rule in words; one that has none stays as it is."""
    return next((_(text) for begin, text in RULES if rule.startswith(begin)), rule)
