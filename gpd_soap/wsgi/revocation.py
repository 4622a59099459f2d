"""Certificate revocation lists (CRLs): whether a file of them can be used, known at the start.

OpenSSL checks each caller's certificate against them. It refuses every caller whose authority has
no list, or a list that has ended, and an operator must learn that before the callers do.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

_PEM = re.compile(r"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----", re.ASCII)

#: SPEC: X.690, section 8: the tags of the elements that are read here.
_INTEGER, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x02, 0x17, 0x18, 0xA0
#: SPEC: X.690, section 8.1.3: lengths from 128 on say first how many bytes they have.
_LONG_LENGTH = 0x80


class RevocationList(NamedTuple):
    """The issuer of a list, as DER, and the instant until which the list holds."""

    issuer: bytes
    ends_at: datetime | None


class UnusableList(ValueError):
    """The file of revocation lists cannot be used; the text says what to do."""


def read(text: str) -> list[RevocationList]:
    """Return the lists of a PEM file.  Raises UnusableList if it holds none or a damaged one."""
    try:
        lists = [_list(base64.b64decode(match[1])) for match in _PEM.finditer(text)]
    except (ValueError, IndexError, StopIteration):
        raise UnusableList("a list is damaged: fetch it again from its authority") from None
    if not lists:
        raise UnusableList(
            "the file has no list in PEM form: convert one in DER form with"
            " `openssl crl -inform DER -in FILE -out FILE.pem`"
        )
    return lists


def subject(certificate: bytes) -> bytes:
    """Return the subject of a certificate; both are DER."""
    _, _, _, (_, name, _) = _fields(certificate)
    return name


def end_of(certificate: bytes) -> datetime | None:
    """Return the instant until which a certificate holds, of DER; None if it cannot be read."""
    try:
        _, _, (_, _, validity), _ = _fields(certificate)
        _, (tag, _, content) = _elements(validity)
        return _instant(tag, content)
    except (ValueError, IndexError, StopIteration):
        return None


def check(
    lists: Sequence[RevocationList], authorities: Iterable[bytes], now: datetime
) -> list[str]:
    """Return the names of the authorities without a list: callers that they signed are refused.

    `authorities` are subjects.  Raises UnusableList if the last list of an issuer has ended.
    """
    ends: dict[bytes, datetime] = {}
    for each in lists:
        ends_at = each.ends_at or datetime.max.replace(tzinfo=UTC)
        ends[each.issuer] = max(ends_at, ends.get(each.issuer, ends_at))
    for issuer, ends_at in ends.items():
        if ends_at <= now:
            raise UnusableList(
                f"the list of {name(issuer)} ended on {ends_at:%Y-%m-%d}: fetch the new one from"
                " this authority, then start or reload"
            )
    return [name(subject) for subject in authorities if subject not in ends]


def name(subject: bytes) -> str:
    """Return the last part of a subject, which is the one that names best."""
    # SPEC: RFC 5280, section 4.1.2.4: a sequence of sets of pairs of a type and a value.
    [(_, _, parts)] = _elements(subject)
    *_, (_, _, last) = _elements(parts)
    [(_, _, pair), *_] = _elements(last)
    _, (_, _, value) = _elements(pair)
    return value.decode("utf-8", errors="replace")


def _fields(certificate: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return signature, issuer, validity and subject.  SPEC: RFC 5280, section 4.1."""
    [(_, _, certificate_body), *_] = _elements(certificate)
    fields = _elements(next(_elements(certificate_body))[2])
    if next(fields)[0] == _VERSION:
        next(fields)
    return [next(fields) for _ in range(4)]


def _list(der: bytes) -> RevocationList:
    """Return the facts of a list.  SPEC: RFC 5280, section 5.1."""
    fields = _elements(next(_elements(next(_elements(der))[2]))[2])
    if next(fields)[0] == _INTEGER:
        next(fields)
    issuer = next(fields)[1]
    next(fields)
    tag, _, content = next(fields, (0, b"", b""))
    return RevocationList(issuer, _instant(tag, content))


def _instant(tag: int, content: bytes) -> datetime | None:
    """Return the instant in an element, or None if it holds none."""
    if tag not in (_UTC_TIME, _GENERALIZED_TIME):
        return None
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        # SPEC: RFC 5280, section 4.1.2.5.1: years from 50 on are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _elements(der: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield tag, bytes and content of each element in a row."""
    position = 0
    while position < len(der):
        begin, tag, length = position, der[position], der[position + 1]
        position += 2
        if length >= _LONG_LENGTH:
            size = length - _LONG_LENGTH
            length = int.from_bytes(der[position : position + size], "big")
            position += size
        if position + length > len(der):
            raise ValueError("an element is longer than its bytes")
        yield tag, der[begin : position + length], der[position : position + length]
        position += length
