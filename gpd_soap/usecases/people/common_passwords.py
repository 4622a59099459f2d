"""Passwords that are guessed first, by rules of our own.

Such a password has at most three chunks.  Chunks are words that many choose, neighbouring keys,
years and dates, one character many times, and parts of the operator's own name.  Any other letter
or digit counts as a chunk, and punctuation counts as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: LIMIT: chunks; a phrase of four common words is accepted.
MOST_CHUNKS = 3
SHORTEST_WORD = 2
#: LIMIT: characters of a part of a name; shorter ones are in too many texts.
SHORTEST_PART = 3
SHORTEST_WALK = 3
#: LIMIT: characters of a unit that is repeated to the end, such as `abcabcabcabc`.
LONGEST_UNIT = 4

WORDS = frozenset(
    """
    password passwd pass parola parolachiave segreto segreta secret secure sicuro accesso access
    login logon entra enter benvenuto benvenuti benvenuta welcome hello ciao buongiorno salve
    admin administrator amministratore amministrazione root user utente operatore operator guest
    ospite test testing prova demo default changeme cambiami cambia letmein master super system
    sistema server computer console network internet manager direttore responsabile service
    comune municipio provincia regione ente ufficio uffici sportello tributi tributo tasse tassa
    ragioneria protocollo anagrafe segreteria sindaco assessore giunta pagopa pagamento pagamenti
    avviso avvisi bolletta multa multe cassa tesoreria contabile gpd soap nodo avvisatura
    italia italy roma milano napoli torino palermo genova bologna firenze bari catania venezia
    verona trieste bolzano juventus juve inter milan forza calcio football basket ferrari vespa
    amore amoremio love iloveyou tesoro bella bello mamma papa famiglia family bambino angelo
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    january february march april may june july august september october november december
    primavera estate autunno inverno spring summer autumn winter
    lunedi martedi mercoledi giovedi venerdi sabato domenica monday friday sunday
    natale pasqua sole luna mare stella fiore gatto cane sunshine princess dragon monkey shadow
    andrea marco luca giuseppe francesco antonio giovanni alessandro matteo maria anna giulia
    francesca sara laura chiara martina elena paola daniela mario rossi
    the and of one two three di del della il la uno due tre
    """.split()  # noqa: SIM905  # a list of words is easier to read as one text
)
WALKS = (
    *("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp"),
    *("abcdefghijklmnopqrstuvwxyz", "147258369", "159357"),
)
#: A year; a date as ddmmyyyy, yyyymmdd or ddmmyy.
_DAY, _MONTH, _YEAR = "(0[1-9]|[12][0-9]|3[01])", "(0[1-9]|1[0-2])", "(18|19|20)[0-9]{2}"
_DATES = re.compile(f"(?={_DAY}{_MONTH}{_YEAR}|{_YEAR}{_MONTH}{_DAY})[0-9]{{8}}")
_SHORT_DATE = re.compile(f"{_DAY}{_MONTH}[0-9]{{2}}")
_YEARS = re.compile(_YEAR)
_SAME = re.compile(r"(.)\1{2,}")
#: Digits and signs that stand for letters.
_LETTERS = str.maketrans("0134578@$!|€", "oieastbasiie")


def is_common(password: str, names: Iterable[str] = ()) -> bool:
    """Return whether a password is among those that are guessed first.

    `names` are the operator's own: name, mail address.
    """
    text = password.lower()
    if _is_repetition(text):
        return True
    words = WORDS | {part for name in names for part in _parts(name)}
    return _fewest_chunks(text, words) <= MOST_CHUNKS


def _parts(name: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[\W_]+", name.lower()) if part]
    yield from (part for part in [*parts, "".join(parts)] if len(part) >= SHORTEST_PART)


def _is_repetition(text: str) -> bool:
    units = (text[:size] for size in range(1, LONGEST_UNIT + 1))
    return any((unit * len(text))[: len(text)] == text for unit in units if unit)


def _fewest_chunks(text: str, words: frozenset[str]) -> int:
    """Return the least number of chunks that make up a text."""
    letters, longest = text.translate(_LETTERS), max(map(len, words))
    fewest = [0] * (len(text) + 1)
    for start in reversed(range(len(text))):
        cost = 1 if text[start].isalnum() else 0
        best = cost + fewest[start + 1]
        for end in _ends(text, letters, start, words, longest):
            best = min(best, 1 + fewest[end])
        fewest[start] = best
    return fewest[0]


def _ends(
    text: str, letters: str, start: int, words: frozenset[str], longest: int
) -> Iterator[int]:
    """Yield where a chunk that begins at `start` may end."""
    for end in range(start + SHORTEST_WORD, min(len(text), start + longest) + 1):
        if text[start:end] in words or letters[start:end] in words:
            yield end
    for pattern in (_DATES, _SHORT_DATE, _YEARS, _SAME):
        match = pattern.match(text, start)
        if match is not None:
            yield match.end()
    for walk in WALKS:
        for way in (walk + walk, (walk + walk)[::-1]):
            yield from _walked(text, start, way)


def _walked(text: str, start: int, way: str) -> Iterator[int]:
    """Yield the ends of the walks along a row of keys that begin at `start`."""
    for end in range(start + SHORTEST_WALK, len(text) + 1):
        if text[start:end] not in way:
            return
        yield end
