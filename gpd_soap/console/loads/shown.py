"""What a page says of a load: its state, its title, its sums, how its file is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gpd_soap.console.loads import labels
from gpd_soap.console.words import N_, _
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads.reading import OURS, Dates, Kind, Reading

#: The width of the bar of a trial, and of its least visible part.
WIDTH, LEAST = 1000, 4
MEGABYTE, KILOBYTE = 1_000_000, 1_000


class StateWords(NamedTuple):
    """A state: its colour, its shape and its words, and the title of the page."""

    kind: str
    icon: str
    words: str
    title: str

    @property
    def brief(self) -> str:
        """The words without what they add after a colon."""
        return self.words.partition(":")[0]


STATES: dict[str, StateWords] = {
    State.RECEIVED: StateWords(
        "care",
        "ask",
        N_("Manca una risposta: niente è stato scritto"),
        N_("Come va letto %(name)s"),
    ),
    State.TRIAL: StateWords(
        "blue", "askpay", N_("Prova in corso: niente viene scritto"), N_("Prova di %(name)s")
    ),
    State.TRIALLED: StateWords(
        "plain", "draft", N_("È una prova: niente è stato scritto"), N_("Prova di %(name)s")
    ),
    State.LOADING: StateWords("blue", "askpay", N_("Carico in corso"), N_("Carico di %(name)s")),
    State.LOADED: StateWords("good", "paid", N_("Caricato"), N_("Carico di %(name)s")),
    State.STOPPED: StateWords("care", "warn", N_("Fermato a metà"), N_("Carico di %(name)s")),
    State.CANCELLED: StateWords(
        "quiet", "withdrawn", N_("Buttato: niente è stato scritto"), N_("Prova di %(name)s")
    ),
    State.UNDOING: StateWords(
        "blue", "askpay", N_("Sto togliendo quello che ha creato"), N_("Carico di %(name)s")
    ),
    State.UNDONE: StateWords("quiet", "withdrawn", N_("Tolto"), N_("Carico di %(name)s")),
}
INTERRUPTED = StateWords("bad", "refused", N_("Si è interrotto"), "")


def state(load: StoredLoad) -> StateWords:
    """Return how the state of a load is said."""
    words = STATES[load.state]
    if load.is_interrupted:
        words = INTERRUPTED._replace(title=words.title)
    return words._replace(words=_(words.words), title=_(words.title) % {"name": load.name})


def is_by_position(load: StoredLoad) -> bool:
    """Return whether a position has several rows, so that what is counted are no rows."""
    counted = load.figures.get("rows")
    return counted is not None and counted != load.reading.get("records", counted)


def size(count: int) -> str:
    r"""Return a number of bytes as a person reads it.

    >>> size(1_934_000), size(412), size(30_500)
    ('1,9\xa0MB', '1\xa0kB', '31\xa0kB')
    """
    if count >= MEGABYTE:
        total, tenth = divmod(count * 10 // MEGABYTE, 10)
        return f"{total},{tenth}\u00a0MB"
    return f"{max(-(-count // KILOBYTE), 1)}\u00a0kB"


class Bar(NamedTuple):
    """The parts of a bar: the width of the good one, where the bad one begins, its width."""

    good: int
    begin: int
    bad: int


def bar(good: int, bad: int) -> Bar:
    """Return a bar in which each part that is not empty can be seen.

    >>> bar(9960, 40), bar(0, 3)
    (Bar(good=994, begin=996, bad=4), Bar(good=0, begin=0, bad=1000))
    """
    total = good + bad
    if not bad or not good:
        return Bar(WIDTH if good else 0, 0 if not good else WIDTH, WIDTH if bad else 0)
    width = min(max(bad * WIDTH // total, LEAST), WIDTH - LEAST)
    return Bar(WIDTH - width - 2, WIDTH - width, width)


class Sums(NamedTuple):
    """The amounts of a file, to be compared with the program that made it."""

    total: int
    ready: int
    present: int
    refused: int
    refused_with_amount: int
    without_amount: int


def sums(figures: dict[str, Any]) -> Sums:
    """Return the sums of what was counted, in cents."""
    ready, present, refused = (
        figures.get(f"{name}_cents", 0) for name in ("ready", "present", "refused")
    )
    without = figures.get("without_amount", 0)
    return Sums(
        ready + present + refused,
        ready,
        present,
        refused,
        figures.get("refused", 0) - without,
        without,
    )


def read_as(reading: Reading) -> list[str]:
    """Return how a file is read, one fact in each text."""
    if reading.kind is Kind.XLSX:
        facts = [_("foglio di Excel")]
        if reading.sheets > 1:
            facts.append(
                _("si legge il primo foglio che ha righe; gli altri %(number)d no")
                % {"number": reading.sheets - 1}
            )
    else:
        separators = {";": _("punto e virgola"), ",": _("virgola"), "\t": _("tabulazione")}
        facts = [
            _("CSV con %(separator)s") % {"separator": separators[reading.separator]},
            _("lettere %(encoding)s") % {"encoding": ENCODINGS[reading.encoding]},
        ]
    if reading.amounts is not None:
        facts.append(
            _("importi in euro con la virgola")
            if reading.amounts is Amounts.EURO
            else _("importi in centesimi")
        )
    facts.append(
        _("date giorno/mese/anno")
        if reading.dates is Dates.DAY_FIRST
        else _("date anno-mese-giorno")
    )
    return facts


ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


class ColumnRead(NamedTuple):
    """A column: its number, its name if the bytes are kept, and what it means."""

    number: int
    name: str
    meaning: str


def columns(reading: Reading, names: Sequence[str]) -> list[ColumnRead]:
    """Return what each column means; ours are left out."""
    named = [*names, *[""] * (len(reading.fields) - len(names))]
    pairs = enumerate(zip(reading.fields, named, strict=False), 1)
    return [
        ColumnRead(number, name, labels.field(field) if field else "")
        for number, (field, name) in pairs
        if field != OURS
    ]
