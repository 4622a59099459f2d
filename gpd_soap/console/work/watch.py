"""Whether a station is well: what to watch, and who can mend each thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.console import words
from gpd_soap.console.formats import count, percent
from gpd_soap.console.words import N_, _, ngettext
from gpd_soap.console.work.ages import ago, lasting, month
from gpd_soap.console.work.calls import fault_words
from gpd_soap.usecases.figures.station import SLOTS, TARGET, Fault, Station

#: LIMIT: a Node that did not call for a day may be a quiet weekend; it is said, and no alarm.
QUIET = timedelta(days=1)
#: LIMIT: minutes; while a station is in Stand In, the Node probes it every few minutes, and asks it
#: for no notice.
PROBED_LATELY = timedelta(minutes=15)
#: SPEC: Stand In: so many bad slots of six bring the station there.
MOST_BAD = 3
#: LIMIT: days before a certificate ends; a new one takes weeks.
ENDS_SOON, ENDS_NOW = 30, 7

OFFICE = N_("l’ufficio")
OPERATOR = N_("chi gestisce il programma")
PROXY = N_("chi gestisce il proxy")
CONFIGURES = N_("chi configura la stazione")

#: Who can mend what brings a fault, and what it most often is.
CAUSES: dict[str, tuple[str, str]] = {
    "PAA_PAGAMENTO_SCONOSCIUTO": (
        N_("Spesso è un carico fermo, o un elenco di avvisi stampato e non caricato."), OFFICE,
    ),
    "PAA_PAGAMENTO_SCADUTO": (
        N_("Spesso è una scadenza caricata sbagliata: si corregge anche tutta insieme."), OFFICE,
    ),
    "PAA_PAGAMENTO_ANNULLATO": (N_("Spesso è un ritiro di troppi avvisi."), OFFICE),
    "PAA_PAGAMENTO_DUPLICATO": (N_("Chi ha pagato riprova: spesso gli manca la ricevuta."), OFFICE),
    "PAA_SYSTEM_ERROR": (N_("Il programma o la sua base di dati non rispondono."), OPERATOR),
}  # fmt: skip
OTHER_CAUSE = (N_("Il Nodo ci chiama in un modo che qui non è configurato."), CONFIGURES)


class Watch(NamedTuple):
    """A thing to watch, or one that is well; `kind` is bad, care or good."""

    kind: str
    title: str
    text: str
    who: str = ""


class Certificate(NamedTuple):
    """A certificate: what it is for, and when it ends."""

    name: str
    ends_at: datetime


def watched(
    station: Station,
    now: datetime,
    certificates: Sequence[Certificate] = (),
    failing: Sequence[str] = (),
    *,
    has_journal: bool = True,
) -> list[Watch]:
    """Returns everything that is said about a station, the worst first.

    `failing` are the facts of our health that do not hold.  Without `has_journal` no exchange is
    stored, and nothing is known of the Node's calls.
    """
    things = [
        *(_failing(each) for each in failing),
        *(_of_calls(station, now) if has_journal else _unseen()),
        *_ending(certificates, now),
    ]
    order = ("bad", "care", "good")
    return sorted(things, key=lambda each: order.index(each.kind))


def concerns(things: Sequence[Watch]) -> int:
    """Returns how many things are to be watched."""
    return sum(each.kind != "good" for each in things)


def verdict(things: Sequence[Watch], station: Station) -> str:
    """Returns the answer to whether the station is well, as the title of its page."""
    number = concerns(things)
    if station.last_at is None and any(
        each.title == _("Ancora nessuna domanda") for each in things
    ):
        return _("La stazione aspetta la prima domanda del Nodo")
    if any(each.kind == "bad" for each in things):
        return ngettext(
            "La stazione ha un problema", "La stazione ha %(number)d cose da guardare", number
        ) % {"number": number}
    if not number:
        return _("La stazione sta bene")
    return ngettext(
        "La stazione risponde; una cosa da guardare",
        "La stazione risponde; %(number)d cose da guardare",
        number,
    ) % {"number": number}


def _failing(fact: str) -> Watch:
    return Watch("bad", _("Qualcosa non risponde"), fact, _(OPERATOR))


def _of_calls(station: Station, now: datetime) -> Iterator[Watch]:
    yield from _called(station, now)
    yield from _speed(station)
    yield from (_fault(each) for each in station.faults if each.is_unusual)
    yield _stand_in(station, now)


def _unseen() -> Iterator[Watch]:
    text = _("Questo server scrive gli scambi nel suo log, e non qui.")
    yield Watch("care", _("Le domande del Nodo non si vedono"), text, _(OPERATOR))


def _called(station: Station, now: datetime) -> Iterator[Watch]:
    last = station.last_at
    if last is None:
        text = _("Da quando c’è questo giornale il Nodo non ha ancora chiamato.")
        yield Watch("care", _("Ancora nessuna domanda"), text, _(CONFIGURES))
    elif now - last > QUIET:
        title = _("Il Nodo non chiede %(since)s") % {"since": lasting(last, now)}
        text = _("Può essere un periodo tranquillo, oppure le domande non arrivano fin qui.")
        yield Watch("care", title, text, _(PROXY))
    else:
        text = _("Il Nodo ha chiesto l’ultima volta %(ago)s.") % {"ago": ago(last, now)}
        yield Watch("good", _("Risponde"), text)


def _speed(station: Station) -> Iterator[Watch]:
    ratio = station.month.ratio
    if ratio is None:
        return
    language = words.language.get()
    values = {
        "month": month(station.month.day),
        "within": count(station.month.within_2_s, language),
        "all": count(station.month.exchanges, language),
    }
    # WHY: a share just below the target must not be shown as the target.
    title = _("%(share)s entro 2 secondi") % {"share": percent(int(ratio * 100), language)}
    text = _("A %(month)s %(within)s risposte su %(all)s; ne servono 98 su 100.") % values
    well = ratio >= TARGET
    yield Watch("good" if well else "bad", title, text, "" if well else _(OPERATOR))


def _fault(fault: Fault) -> Watch:
    cause, who = CAUSES.get(fault.code, OTHER_CAUSE)
    language = words.language.get()
    values = {"words": fault_words(fault.code), "today": count(fault.today, language)}
    title = _("«%(words)s»: %(today)s volte oggi") % values
    if round(fault.usual):
        values["usual"] = count(round(fault.usual), language)
        usual = _("Di solito a quest’ora %(usual)s.") % values
    else:
        usual = _("Di solito a quest’ora quasi nessuna.")
    return Watch("care", title, f"{usual} {_(cause)}", _(who))


def _ending(certificates: Sequence[Certificate], now: datetime) -> Iterator[Watch]:
    for each in certificates:
        days = (each.ends_at - now).days
        if days < ENDS_SOON:
            title = ngettext(
                "Un certificato scade fra %(days)d giorno",
                "Un certificato scade fra %(days)d giorni",
                max(0, days),
            ) % {"days": max(0, days)}
            kind = "bad" if days < ENDS_NOW else "care"
            yield Watch(kind, title, each.name, _(PROXY))


def _stand_in(station: Station, now: datetime) -> Watch:
    probed, bad = station.probed_at, station.bad_slots
    is_probed = probed is not None and now - probed < PROBED_LATELY
    if is_probed and not station.asks_again:
        text = _("Il Nodo ci manda sonde: ha smesso di chiederci, e per noi risponde l’archivio.")
        return Watch("bad", _("Siamo in Stand-In"), text, _(OPERATOR))
    explained = _("Tre fasce su sei sono l’ultimo avviso prima che il Nodo smetta di chiederci.")
    if bad:
        title = ngettext(
            "%(bad)d fascia su %(all)d è cattiva", "%(bad)d fasce su %(all)d sono cattive", bad
        ) % {"bad": bad, "all": SLOTS}
        return Watch("bad" if bad >= MOST_BAD else "care", title, explained, _(OPERATOR))
    text = _("Nessuna delle ultime sei fasce è cattiva.")
    return Watch("good", _("Nessun rischio di Stand-In"), f"{text} {explained}")
