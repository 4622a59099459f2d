"""Where an operator was before signing in, and what stood in the form that was sent then."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

ROOT = "/console/"
#: LIMIT: characters of an address, and of the form that is kept.
LONGEST_ADDRESS, LONGEST_FORM = 2000, 200_000
#: Fields that are never kept.
SECRET = frozenset({"password", "new_password", "again", "code"})
#: SPEC: RFC 3986: a path, a query, and nothing that a browser reads as another site.
_ADDRESS = re.compile(
    r"/console/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*(\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?"
)

#: Fields that a page fills in for itself: nobody typed them.
OWN = frozenset({"etag", "seen", "reading", "back", "act", "nav", "case", "kept", "next"})

#: What stands for a form that could not be kept.
LOST = "lost"

Fields = list[tuple[str, str]]


def safe_address(text: str | None) -> str:
    """Return an address of the console to go on to; its root for any other text.

    >>> safe_address("/console/77777777777/notices?q=rossi")
    '/console/77777777777/notices?q=rossi'
    >>> {safe_address(text) for text in ("//evil.example/", "/console/../x", "https:x", None)}
    {'/console/'}
    """
    if text is None or len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        return ROOT
    path = urlsplit(text).path
    return ROOT if "//" in path or "/.." in path or path.startswith("/console/sign-") else text


def kept_form(fields: Iterable[tuple[str, str]]) -> str:
    """Return the fields of a form as a text for a hidden field; `LOST` if they are too long."""
    kept = [[name, value] for name, value in fields if name not in SECRET]
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST_FORM else LOST


def form_of(text: str) -> Fields | None:
    """Return the fields of a text that `kept_form` made; None for any other text.

    >>> form_of(kept_form([("reason", "ISEE"), ("password", "x")])), form_of('{"a":1}')
    ([('reason', 'ISEE')], None)
    """
    if len(text) > LONGEST_FORM:
        return None
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list):
        return None
    return [(row[0], row[1]) for row in rows if _is_field(row)]


def typed_in(fields: Fields) -> list[str]:
    """Return what a person wrote or chose in a form, without what the page itself had in it.

    >>> typed_in([("etag", "x"), ("reason", "ISEE"), ("due", "")])
    ['ISEE']
    """
    return [value for name, value in fields if name not in OWN and value.strip()]


def _is_field(row: object) -> bool:
    match row:
        case [str(), str()]:
            return True
        case _:
            return False
