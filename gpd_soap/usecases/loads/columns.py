"""The names that offices give to the columns of a table, and GPD's fields that they mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from gpd_soap.usecases.loading.csv_columns import COLUMNS, name_of
from gpd_soap.usecases.loads.reading import OURS

#: The names of the two columns that say what is wrong with a row to mend.
WHY, EXPECTED = "perché", "ci si aspetta"

#: Italian names by GPD's, in small letters without accents, blanks and signs.
ITALIAN = {
    "iupd": "posizione codiceposizione idposizione codicepratica pratica",
    "organization": "ente codiceente",
    "type": "tipo tipodebitore tipopersona",
    "fiscalCode": "codicefiscale cf codfisc codicefiscalepartitaiva cfpiva codicefiscaledebitore",
    "fullName": "nominativo intestatario debitore cognomenome cognomeenome denominazione"
    " nomecognome nomeecognome ragionesociale",
    "streetName": "indirizzo via",
    "civicNumber": "civico numerocivico",
    "postalCode": "cap",
    "city": "comune citta localita",
    "province": "provincia prov",
    "region": "regione",
    "country": "stato nazione",
    "email": "mail postaelettronica",
    "phone": "telefono tel cellulare",
    "officeName": "ufficio",
    "switchToExpired": "scade",
    "validityDate": "validodal valida validita",
    "toPublish": "pubblica dapubblicare",
    "nav": "avviso numeroavviso codiceavviso",
    "amount": "importo importoeuro totale dovuto",
    "description": "causale oggetto descrizione",
    "isPartialPayment": "rata rateale",
    "paymentPlanId": "piano pianorateale codicepiano",
    "dueDate": "scadenza datascadenza scade entro entroil",
    "retentionDate": "conservazione",
    "category": "tassonomia codicetassonomico codicetassonomia",
    "iban": "contocorrente conto accredito",
    "postalIban": "ibanpostale",
}


def folded(name: str) -> str:
    """Return a name in small letters, without accents, blanks and signs."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())


def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for field, words in ITALIAN.items():
        names |= {word: field for word in words.split() if word not in names}
    names |= {folded(each.field): each.field for each in COLUMNS if each.level == 1}
    names |= {
        folded(name_of(each.level, each.field)): name_of(each.level, each.field) for each in COLUMNS
    }
    return names | {folded(WHY): OURS, folded(EXPECTED): OURS}


NAMES = _names()


def fields(names: Iterable[str]) -> tuple[str, ...]:
    """Return GPD's name for each name of a column, an empty text for one that means nothing."""
    return tuple(NAMES.get(folded(name), "") for name in names)
