"""The kinds of cases, their outcomes and the statuses of receipts, in an office's words."""

from __future__ import annotations

from typing import NamedTuple

from gpd_soap.console.words import N_
from gpd_soap.core.case_id import CaseCause, CaseOutcome
from gpd_soap.core.receipt import OPENED


class Kind(NamedTuple):
    """A kind of case: one, many and none of them, its shape, and what the money may be."""

    one: str
    many: str
    icon: str
    money: str
    none: str


KINDS: dict[str, Kind] = {
    "double": Kind(
        N_("Pagato due volte"), N_("Pagati due volte"), "double",
        N_("da rimborsare, o da tenere a ragione"), N_("niente pagato due volte"),
    ),
    "unmatched": Kind(
        N_("Senza avviso"), N_("Ricevute senza avviso"), "unmatched",
        N_("incassati, e non si sa ancora per che cosa"), N_("nessuna ricevuta senza avviso"),
    ),
    "review": Kind(
        N_("Da rivedere"), N_("Da rivedere"), "review",
        N_("arrivati in modo diverso dall’avviso"), N_("niente da rivedere"),
    ),
    "conflicting": Kind(
        N_("In contrasto"), N_("In contrasto"), "conflict",
        N_("in ricevute che si contraddicono"), N_("niente in contrasto"),
    ),
    "quarantine": Kind(
        N_("In quarantena"), N_("In quarantena"), "warn",
        N_("in messaggi che non si possono leggere"), N_("niente in quarantena"),
    ),
}  # fmt: skip
#: In the order of a page: the most frequent first.
ORDER = ("double", "unmatched", "review", "conflicting", "quarantine")


class Outcome(NamedTuple):
    """An outcome: its words, what follows, and the words of its button."""

    words: str
    then: str
    button: str
    was: str


OUTCOMES: dict[str, Outcome] = {
    CaseOutcome.TO_REFUND: Outcome(
        N_("Da rimborsare"),
        N_("Va nell’elenco per la ragioneria. Si può cambiare finché non c’è il mandato."),
        N_("Metti fra i rimborsi"),
        N_("da rimborsare"),
    ),
    CaseOutcome.REFUNDED: Outcome(
        N_("Già rimborsato"),
        N_("Si chiude con la data e il numero del mandato."),
        N_("Chiudi con il mandato"),
        N_("rimborsato"),
    ),
    CaseOutcome.CREDITED: Outcome(
        N_("Messo a credito di un altro avviso"),
        N_("Si scrive l’avviso; poi lo si segna pagato dalla sua pagina."),
        N_("Chiudi"),
        N_("messo a credito di un altro avviso"),
    ),
    CaseOutcome.RIGHT: Outcome(
        N_("Trattenuto, è giusto così"),
        N_("Si chiude. Nella nota si dice perché spettava."),
        N_("Chiudi"),
        N_("trattenuto, era giusto così"),
    ),
    CaseOutcome.NOT_OURS: Outcome(
        N_("Non è nostro"),
        N_("Si chiude. Nella nota si dice chi è stato avvisato."),
        N_("Chiudi"),
        N_("non è nostro"),
    ),
    CaseOutcome.DUPLICATE: Outcome(
        N_("È lo stesso di un altro caso"),
        N_("Si chiude e rimanda a quello."),
        N_("Chiudi"),
        N_("lo stesso di un altro caso"),
    ),
}

#: Why an operator opens a case: the words of the choice, and what it means.
CAUSES: dict[str, tuple[str, str]] = {
    CaseCause.BY_MISTAKE: (
        N_("Pagato per sbaglio"), N_("Chi ha pagato non lo doveva, o ha pagato per un altro."),
    ),
    CaseCause.WRONG_AMOUNT: (
        N_("L’importo era sbagliato"), N_("L’avviso chiedeva più del dovuto."),
    ),
    CaseCause.ELSEWHERE: (
        N_("Pagato anche in un altro modo"), N_("Per esempio con un bonifico, o allo sportello."),
    ),
    CaseCause.OTHER: (N_("Un altro motivo"), N_("Si scrive nella nota.")),
}  # fmt: skip

#: The statuses of receipts: words, shape and colour.
STATUSES: dict[str, tuple[str, str, str]] = {
    "applied": (N_("Ha pagato l’avviso"), "paid", "good"),
    "double": (N_("Pagato due volte"), "double", "care"),
    "review": (N_("Da rivedere"), "review", "care"),
    "unmatched": (N_("Senza avviso"), "unmatched", "care"),
    "conflicting": (N_("In contrasto"), "conflict", "care"),
    "secondary": (N_("Copia per un altro ente"), "ask", "quiet"),
    "not-paid": (N_("Non pagato"), "excluded", "quiet"),
}

#: Why a receipt is a case, by the reason that is stored with it.
REASONS: dict[str, str] = {
    "the notice was paid already": N_("l’avviso era già pagato"),
    "an exclusive alternative was paid": N_("lo stesso debito era già pagato in altra forma"),
    "no notice of this number": N_("qui non c’è un avviso con questo numero"),
    "the IUV is of another notice": N_("lo IUV è di un altro avviso"),
    "same receiptId, other content": N_("stesso numero di ricevuta, altro contenuto"),
    "the position was withdrawn": N_("l’avviso era ritirato"),
    "the position is a draft": N_("l’avviso era una bozza"),
    "the notice was not yet valid": N_("l’avviso non era ancora valido"),
    "the notice had expired": N_("l’avviso era scaduto"),
    "the amount differs": N_("l’importo è diverso da quello atteso"),
    "the IUV differs": N_("lo IUV è diverso da quello dell’avviso"),
    "matched by hand": N_("abbinata a mano"),
    "outcome KO": N_("il pagamento non è riuscito"),
    f"{OPENED}{CaseCause.BY_MISTAKE}": N_("pagato per sbaglio"),
    f"{OPENED}{CaseCause.WRONG_AMOUNT}": N_("l’importo dell’avviso era sbagliato"),
    f"{OPENED}{CaseCause.ELSEWHERE}": N_("pagato anche in un altro modo"),
    f"{OPENED}{CaseCause.OTHER}": N_("un operatore ha aperto il caso"),
}
OUT_OF_RANGE = N_("un valore della ricevuta non si può leggere")

#: The end of a case's title after the notice's reason, by the first reason that says more.
ENDINGS: dict[str, str] = {
    "the notice was paid already": N_("%(what)s, pagato due volte"),
    "an exclusive alternative was paid": N_("%(what)s, pagato anche in altra forma"),
    "the position was withdrawn": N_("%(what)s, pagato dopo il ritiro"),
    "the position is a draft": N_("%(what)s, pagato quando era una bozza"),
    "the notice was not yet valid": N_("%(what)s, pagato prima che fosse valido"),
    "the notice had expired": N_("%(what)s, pagato dopo la scadenza"),
    "the IUV differs": N_("%(what)s, pagato con un altro IUV"),
    "the IUV is of another notice": N_("Ricevuta con lo IUV di un altro avviso"),
    "no notice of this number": N_("Ricevuta di un avviso che qui non c’è"),
    "same receiptId, other content": N_("%(what)s, due ricevute che si contraddicono"),
    "matched by hand": N_("%(what)s, abbinato a mano"),
    f"{OPENED}{CaseCause.BY_MISTAKE}": N_("%(what)s, pagato per sbaglio"),
    f"{OPENED}{CaseCause.WRONG_AMOUNT}": N_("%(what)s, chiesto un importo sbagliato"),
    f"{OPENED}{CaseCause.ELSEWHERE}": N_("%(what)s, pagato anche in un altro modo"),
    f"{OPENED}{CaseCause.OTHER}": N_("%(what)s, forse da restituire"),
}
