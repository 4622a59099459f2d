"""The words of loads: fields, rules, reasons and states, as an office speaks."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.console.words import N_, _
from gpd_soap.usecases.loads.refusals import Why

#: GPD's fields as an office calls them.
FIELDS = {
    "iupd": N_("codice posizione"),
    "organization": N_("ente"),
    "type": N_("tipo di debitore"),
    "fiscalCode": N_("codice fiscale"),
    "fullName": N_("nominativo"),
    "streetName": N_("indirizzo"),
    "civicNumber": N_("numero civico"),
    "postalCode": N_("CAP"),
    "city": N_("comune"),
    "province": N_("provincia"),
    "region": N_("regione"),
    "country": N_("nazione"),
    "email": N_("posta elettronica"),
    "phone": N_("telefono"),
    "companyName": N_("nome dell’ente"),
    "officeName": N_("ufficio"),
    "switchToExpired": N_("non si paga dopo la scadenza"),
    "payStandIn": N_("pagabile in Stand-In"),
    "validityDate": N_("valido dal"),
    "toPublish": N_("da pubblicare"),
    "nav": N_("numero avviso"),
    "iuv": N_("IUV"),
    "amount": N_("importo"),
    "description": N_("causale"),
    "isPartialPayment": N_("è una rata"),
    "paymentPlanId": N_("piano rateale"),
    "dueDate": N_("scadenza"),
    "retentionDate": N_("conservazione"),
    "category": N_("tassonomia"),
    "iban": N_("IBAN"),
    "postalIban": N_("IBAN postale"),
}


class Rule(NamedTuple):
    """A rule as it is said: the title of its rows, and what holds for all of them."""

    title: str
    hint: str = ""


#: By rule and field, then by rule alone.
RULES: dict[tuple[str, str], Rule] = {
    ("code-length", ""): Rule(
        N_("Il codice fiscale non ha la lunghezza giusta"),
        N_("Una persona ha 16 caratteri, una ditta 11 cifre."),
    ),
    ("past", "dueDate"): Rule(N_("La scadenza è già passata"), N_("Da oggi, %(today)s, in poi.")),
    ("type", "amount"): Rule(
        N_("L’importo non si capisce"), N_("Per esempio 1284,00: euro, virgola e centesimi.")
    ),
    ("range", "amount"): Rule(
        N_("L’importo è zero o troppo grande"), N_("Da 0,01 a 999.999.999,99 euro.")
    ),
    ("sum", "amount"): Rule(N_("L’importo non è la somma delle sue parti")),
    ("iban-checksum", ""): Rule(
        N_("L’IBAN ha una cifra sbagliata"), N_("Le cifre di controllo devono tornare.")
    ),
    ("iban", ""): Rule(
        N_("L’IBAN non ha la forma giusta"), N_("Uno italiano ha 27 caratteri, senza spazi.")
    ),
    ("account-or-stamp", ""): Rule(N_("Manca il conto su cui si incassa")),
    ("scattered", ""): Rule(
        N_("La posizione è due volte nel file"),
        N_("Un codice posizione sta su una riga sola; le rate stanno una sotto l’altra."),
    ),
    ("duplicate", "iupd"): Rule(
        N_("La posizione è due volte nel file"), N_("Un codice posizione sta su una riga sola.")
    ),
    ("in-use", "iupd"): Rule(
        N_("La posizione c’è già, con altri dati"),
        N_("Quella che c’è si corregge dalla sua pagina."),
    ),
    ("in-use", ""): Rule(
        N_("Il numero è già di un altro avviso"), N_("Un numero si usa una volta sola.")
    ),
    ("required", ""): Rule(N_("Manca un valore")),
    ("length", ""): Rule(N_("Il testo è troppo corto o troppo lungo")),
    ("characters", ""): Rule(N_("Il testo ha caratteri che non si possono usare")),
    ("date", ""): Rule(
        N_("La data non si capisce"), N_("Giorno, mese, anno: per esempio 31/12/2026.")
    ),
    ("due-before-validity", ""): Rule(N_("La scadenza viene prima dell’inizio di validità")),
    ("digits", ""): Rule(
        N_("Il foglio di calcolo ha tolto delle cifre"),
        N_("La colonna va messa come testo, e il numero scritto di nuovo."),
    ),
    ("formula", ""): Rule(
        N_("C’è una formula al posto del valore"), N_("Si copia, e si incolla solo il valore.")
    ),
    ("utf-8", ""): Rule(N_("Ci sono caratteri illeggibili")),
    ("cells", ""): Rule(
        N_("La riga non ha le colonne dell’intestazione"),
        N_("Forse un punto e virgola di troppo, o uno che manca."),
    ),
    ("quotes", ""): Rule(N_("Le virgolette della riga non si chiudono")),
    ("line-end", ""): Rule(N_("La riga è spezzata a metà")),
    ("torn", ""): Rule(N_("La riga accanto non si legge, e può essere della stessa posizione")),
    ("row", ""): Rule(
        N_("Le righe della stessa posizione non dicono la stessa cosa"),
        N_("Nelle righe dopo la prima la cella resta vuota, o è uguale."),
    ),
    ("plan", ""): Rule(N_("Le rate e il piano non vanno insieme")),
    ("other-organization", ""): Rule(
        N_("La riga è di un altro ente"), N_("Si caricano solo le posizioni di questo ente.")
    ),
    ("notice-number", ""): Rule(N_("Il numero avviso non è giusto"), N_("Sono 18 cifre.")),
    ("iuv", ""): Rule(N_("Lo IUV non è giusto"), N_("Sono 17 cifre.")),
    ("category", ""): Rule(N_("La tassonomia non è giusta"), N_("Per esempio 9/0101002IM/.")),
    ("email", ""): Rule(N_("L’indirizzo di posta elettronica non è giusto")),
    ("country", ""): Rule(N_("La nazione non è giusta"), N_("Due lettere: per esempio IT.")),
    ("province", ""): Rule(N_("La provincia non è giusta"), N_("Due lettere: per esempio RM.")),
    ("segregation-code", ""): Rule(
        N_("Il numero non è di una nostra stazione"),
        N_("Dopo il 3 viene il codice di segregazione della stazione."),
    ),
    ("organization-code", ""): Rule(N_("Il codice dell’ente non è giusto"), N_("Sono 11 cifre.")),
    ("unknown", ""): Rule(N_("L’ente non è registrato qui")),
    ("postal-iban", ""): Rule(N_("Il conto postale non è delle Poste")),
    ("choice", "type"): Rule(
        N_("Il tipo di debitore non è giusto"), N_("F per una persona, G per una ditta.")
    ),
    ("type", ""): Rule(N_("Il valore non si capisce")),
    ("fiscal-code", ""): Rule(N_("Il codice fiscale ha un carattere di controllo insolito")),
}
OTHER = Rule(N_("Il valore non va bene"))

#: Why a file cannot be loaded: what it is, and what to do.
REFUSED: dict[Why, str] = {
    Why.EMPTY: N_("Il file è vuoto."),
    Why.TOO_LARGE: N_(
        "Il file è troppo grande. Si può dividere in due, e caricarne uno per volta."
    ),
    Why.OLD_EXCEL: N_(
        "È un foglio di Excel del vecchio tipo, oppure ha una password. Aprilo, salvalo come"
        " «Cartella di lavoro di Excel (.xlsx)» senza password, e carica quello."
    ),
    Why.MACROS: N_("Il foglio ha delle macro. Salvalo come «.xlsx», che non ne ha."),
    Why.BOMB: N_("Il foglio è troppo grande da aprire. Salvalo come CSV, o dividilo."),
    Why.BUSY: N_("In questo momento si sta leggendo un altro file. Riprova fra un minuto."),
    Why.BROKEN: N_("Il foglio è rovinato. Aprilo in Excel, salvalo di nuovo, e carica quello."),
    Why.OPEN_DOCUMENT: N_("È un foglio di LibreOffice. Salvalo come «.xlsx» o come CSV."),
    Why.ARCHIVE: N_("È un archivio compresso. Aprilo, e carica il file che c’è dentro."),
    Why.PDF: N_("È un PDF. Serve il foglio da cui è stato fatto."),
    Why.HTML: N_(
        "È una pagina web, anche se il nome dice altro. Aprila in Excel, e salva «.xlsx»."
    ),
    Why.JSON: N_(
        "È un file per programmi (JSON). Lo carica chi gestisce il sistema, con gpd-soap load."
    ),
    Why.PICTURE: N_("È un’immagine. Serve un foglio di Excel o un CSV."),
    Why.BINARY: N_("Non è un foglio di Excel, e nemmeno un CSV."),
    Why.ENCODING: N_("Le lettere del file non si leggono. In Excel salva come «CSV UTF-8»."),
    Why.NO_HEADER: N_(
        "La prima riga non ha i nomi delle colonne, come «posizione», «codice fiscale», «importo»."
    ),
    Why.NO_ROWS: N_("Sotto i nomi delle colonne non ci sono righe."),
    Why.REPEATED: N_("Due colonne vogliono dire la stessa cosa. Lasciane una."),
    Why.NO_LIBRARY: N_(
        "Qui i fogli di Excel non si aprono: manca una parte del programma. Salva come CSV, e"
        " carica quello."
    ),
}

#: What stays when a load is taken back, by the outcome of its rows.
STAYS = {
    "paid": N_("hanno un pagamento: il denaro si restituisce con un caso"),
    "changed": N_("qualcuno le ha cambiate dopo il carico"),
    "stays": N_("sono bozze o scadute, e non si ritirano: si possono cancellare"),
    "gone": N_("non c’erano già più"),
}


def field(name: str) -> str:
    """Return what an office calls a field; a transfer has its number."""
    transfer, point, rest = name.partition(".")
    if transfer.startswith("transfer") and point:
        number = transfer.removeprefix("transfer")
        return f"{field(rest)} ({number})"
    return _(FIELDS[name]) if name in FIELDS else name


def rule(name: str, of_field: str) -> Rule:
    """Return how a rule is said."""
    plain = of_field.rpartition(".")[2]
    return RULES.get((name, plain)) or RULES.get((name, "")) or OTHER
