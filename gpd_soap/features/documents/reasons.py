"""Why something is not printed, in Italian for the person who asks for it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a notice or a slip is not printed, in Italian for the person who asks for it."""

    WITHDRAWN = "L'avviso è stato annullato: il pagamento non è più dovuto."
    DRAFT = "L'avviso è in bozza: va pubblicato prima di stamparlo."
    PAID = "L'avviso risulta già pagato."
    EXCLUDED = "Il debito risulta pagato in altra forma."
    EXPIRED = "Il termine per pagare l'avviso è scaduto: occorre una nuova scadenza."
    STAMP = "L'avviso comprende una marca da bollo digitale, che si paga solo online."
    AMOUNT = "L'importo non può stare su un avviso: da 0,01 a 999.999.999,99 euro."
    NUMBER = "Il codice avviso non è composto da 18 cifre."
    UNKNOWN = "Nessun avviso con questo numero: potrebbe essere stato eliminato."
    FINE = "Un verbale ha due soli importi, scontato e ridotto, entrambi da pagare."
    SEVERAL_WAYS = "La posizione ha più modi di pagare: va indicato un solo avviso."
    SEVERAL_DEBTORS = "Gli avvisi hanno debitori diversi: vanno stampati uno alla volta."
    UNKNOWN_RECEIPT = "Nessuna ricevuta con questo identificativo."
    NOT_PAID = "La ricevuta ha esito negativo: nessun pagamento è stato eseguito."
    ERASED = "Il contenuto della ricevuta è stato cancellato: non si può più stampare."
    TEMPLATE = "Il modello richiesto non esiste."
    TEMPLATE_DATA = "Mancano i dati che il modello richiede."
    SENT_NUMBERS = "Gli avvisi inviati non sono della stessa posizione debitoria."
    SENT_AMOUNT = "Un importo inviato non è quello dovuto per l'avviso."
    SENT_DUE_DATE = "Una scadenza inviata non è quella dell'avviso."
    SENT_DEBTOR = "Il codice fiscale inviato non è quello del debitore dell'avviso."
    SENT_ERASED = "I dati inviati non sono più conservati: l'avviso va chiesto di nuovo."
    NO_SLIP = "Il modello richiede il bollettino postale, che l'avviso non può avere."
    SLIP_AMOUNT = "Il bollettino postale non può contenere importi oltre 99.999.999,99 euro."
    SLIP_ACCOUNT = "Il conto corrente postale non è composto da 12 cifre."
    SLIP_PLAN = "Non tutti gli importi possono avere il bollettino: il documento non ne ha."
    PAST_DUE = "La scadenza è passata e l'avviso è ancora pagabile: la data non è stampata."
    CHECK_DIGITS = "Il codice avviso ha cifre di controllo errate: alcuni canali lo rifiutano."
    LONG_AMOUNT = "Alcune app di pagamento non leggono importi oltre 99.999.999,99 euro."


class Refused(NamedTuple):
    """The answer instead of a document; `nav` is None if it concerns the whole position."""

    reason: Reason
    nav: str | None
