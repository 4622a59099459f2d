"""What a document is made of, as one text with one digest; pure but for `program_digest`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from gpd_soap import __version__
from gpd_soap.features.documents.codes import data_matrix_text, qr_text
from gpd_soap.features.documents.notice import Paper, Portion
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.store.positions.read import Stored

#: Fields of a paper that are said to the operator and not printed.
NOT_PRINTED = frozenset({"changes", "notes"})
#: Packages whose versions are kept with each document.
LIBRARIES = ("typst", "segno", "ppf-datamatrix", "fontpkg-titillium-web", "fontpkg-roboto-mono")
DOCUMENTS = Path(__file__).parents[1]


class DocumentState(StrEnum):
    """Whether a document still says what its position says."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def input_of(paper: Paper, facts: str) -> str:
    """Return everything that decides on the bytes of a document, as canonical JSON.

    It has the printed texts, the digest of the program that sets them, and that of the position's
    facts.  WHY: a text that paper shortens may change in the part that is not printed.
    """
    printed = {n: v for n, v in paper._asdict().items() if n not in NOT_PRINTED}
    return _canonical({"facts": facts, "paper": printed, "program": program_digest()})


def digest_of(data: str | bytes) -> str:
    """Return the SHA-256 of a text or of bytes, in hexadecimal digits."""
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def facts_of(stored: Stored, navs: Sequence[str]) -> str | None:
    """Return the digest of what a document about these notices says; None if one is not there.

    It covers amounts, due dates, texts, accounts, the debtor and the organization's names.  A
    payment or a publication changes nothing of it.
    """
    position = stored.position
    pairs = zip(position.options, stored.progress, strict=True)
    by_nav = {option.nav: (option, progress.notification_fee) for option, progress in pairs}
    if not set(navs) <= by_nav.keys():
        return None
    notices = [
        {
            "nav": option.nav,
            "amount": option.amount + fee,
            "due": option.due_at,
            "description": option.description,
            "plan": option.plan,
            "debtor": option.debtor,
            "accounts": [(t.number, t.amount, t.iban, t.postal_iban) for t in option.transfers],
        }
        for option, fee in (by_nav[nav] for nav in navs)
    ]
    names = position.company_name, position.office_name
    return digest_of(_canonical({"names": names, "debtor": position.debtor, "notices": notices}))


def state_of(navs: Sequence[str], facts: str, stored: Stored | None) -> DocumentState:
    """Return the state of a document about `navs` by its position at present.

    `facts` is the digest that it was released with.  `stored` is None if the position was deleted.
    """
    if stored is None or stored.position.withdrawn_at is not None:
        return DocumentState.WITHDRAWN
    same = facts_of(stored, navs) == facts
    return DocumentState.CURRENT if same else DocumentState.SUPERSEDED


def codes_of(paper: Paper) -> list[list[list[str]]]:
    """Return the texts of the codes of each page, in the order of their kinds and texts."""
    return [sorted(each for p in page.portions for each in _codes(p)) for page in pages_of(paper)]


def _codes(portion: Portion) -> list[list[str]]:
    read = [["QR code", qr_text(portion.qr)]]
    if portion.slip is not None:
        read.append(["Data Matrix", data_matrix_text(portion.slip)])
    return read


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return the digest of the modules and templates that set a page, and of its libraries."""
    digest = sha256(_canonical(library_versions()).encode())
    files = (each for each in DOCUMENTS.rglob("*") if each.suffix in {".py", ".typ", ".json"})
    for file in sorted(files):
        if file.parent != Path(__file__).parent:
            digest.update(file.relative_to(DOCUMENTS).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Return the versions of the program and of the libraries that decide on the bytes."""
    return {"gpd-soap": __version__, **{name: version(name) for name in LIBRARIES}}


def _canonical(value: object) -> str:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    """Return a value as JSON has it: a named tuple by its fields, bytes by their digest."""
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return digest_of(value)
    return value.isoformat() if isinstance(value, datetime) else value
