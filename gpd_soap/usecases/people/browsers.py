"""Browsers from which an operator has signed in before, which wait for no failure of others.

SPEC: OWASP, Slow Down Online Guessing Attacks with Device Cookies.  A mark is made with the stored
hash of the operator's password: no row keeps it, and a new password ends it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.people import credentials
from gpd_soap.store.people.credentials import Credential
from gpd_soap.usecases.people.authorize import session_of
from gpd_soap.usecases.people.tokens import Random

#: LIMIT: operators who share a browser and are known in it; the last ones to sign in stay.
MOST = 5
NONCE_BYTES = 16
#: What is signed begins with it, so that the hash of a password makes no other mark.
PURPOSE = b"gpd-soap known browser\0"
MARK, BETWEEN = re.compile(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"), "~"
#: LIMIT: characters of a cookie that are read.
LONGEST = 512


def known_mark(marks: str, credential: Credential | None) -> str | None:
    """Returns the mark of this operator among those that a browser sends; None without one."""
    if credential is None:
        return None
    for mark in _read(marks):
        nonce, _dot, signature = mark.partition(".")
        if hmac.compare_digest(signature, _signature(nonce, credential)):
            return mark
    return None


def with_mark(
    database: Database, token: str, marks: str, random: Random, now: datetime
) -> str | None:
    """Returns the marks that a browser keeps after its operator has signed in.

    None if nothing changes: the operator has no password, or is known there.  Raises
    SessionNotValid.
    """
    _session, operator = session_of(database, token, now)
    credential = read_only(database, lambda c: credentials.of(c, operator.id))
    if credential is None or known_mark(marks, credential) is not None:
        return None
    nonce = _text(random(NONCE_BYTES))
    mark = f"{nonce}.{_signature(nonce, credential)}"
    return BETWEEN.join([mark, *_read(marks)][:MOST])


def _read(marks: str) -> list[str]:
    return [each for each in marks[:LONGEST].split(BETWEEN) if MARK.fullmatch(each)][:MOST]


def _signature(nonce: str, credential: Credential) -> str:
    content = PURPOSE + f"{credential.operator}\0{nonce}".encode()
    return _text(hmac.digest(credential.password.encode(), content, hashlib.sha256))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
