"""The official fault codes with their texts, and a refusal as a value."""

from __future__ import annotations

from enum import Enum, unique
from typing import NamedTuple


@unique
class PaaFault(Enum):
    """A reason to refuse; the member's name is the wire's faultCode, its value the faultString.

    Source: Errors, the codes of the creditor institution.
    """

    PAA_ID_DOMINIO_ERRATO = "La PAA non corrisponde al Dominio indicato."
    PAA_ID_INTERMEDIARIO_ERRATO = "Identificativo intermediario non corrispondente."
    PAA_STAZIONE_INT_ERRATA = "Stazione intermediario non corrispondente."
    PAA_PAGAMENTO_SCONOSCIUTO = "Pagamento in attesa risulta sconosciuto all'Ente Creditore."
    PAA_PAGAMENTO_DUPLICATO = "Pagamento in attesa risulta concluso all'Ente Creditore."
    PAA_PAGAMENTO_SCADUTO = "Pagamento in attesa risulta scaduto all'Ente Creditore."
    PAA_PAGAMENTO_ANNULLATO = "Pagamento in attesa risulta annullato all'Ente Creditore."
    PAA_RECEIPT_DUPLICATA = "La CtReceipt è già stata accettata."
    PAA_SINTASSI_XSD = "Errore di sintassi XSD."
    PAA_SEMANTICA = "Errore semantico."
    PAA_SYSTEM_ERROR = "Errore generico."

    @property
    def code(self) -> str:
        """The faultCode on the wire."""
        return self.name


class Refusal(NamedTuple):
    """A refusal: `description` is for the payer, in Italian; `rule` is for the operator.

    Neither text carries personal data.
    """

    fault: PaaFault
    description: str
    rule: str


SYSTEM_ERROR = Refusal(
    PaaFault.PAA_SYSTEM_ERROR,
    "Il servizio dell'ente non è al momento disponibile: riprovare più tardi.",
    "we failed",
)
