"""Links that need no key: signed for a key, good for five minutes, void once the key is.

The signature is an HMAC whose secret is the stored digest of the key.  So every process makes and
checks it without a secret of its own.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode

from flask import request

from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Key
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.usecases.refusals import KeyNotValid
from gpd_soap.validation.finding import validate
from gpd_soap.validation.queries.print_service import Signed

#: SPEC: the platform's service that prints notices: 5 minutes.
GOOD_FOR = timedelta(minutes=5)


class Target(NamedTuple):
    """What a link leads to: a file of a folder."""

    folder: str
    file: str


class Links:
    """Makes and checks the links."""

    def __init__(self, store: Store, path: str) -> None:
        """Use `path` as that of every link, in front of folder and file."""
        self._store, self._path = store, path

    def make(self, target: Target, key: Key, origin: str, now: datetime) -> str:
        """Return a link for a key.  Raises KeyNotValid if the key was revoked meanwhile."""
        expires = str(int((now + GOOD_FOR).timestamp()))
        [_, digest] = self._key(key.id)
        query = {
            "key": key.id,
            "expires": expires,
            "signature": _signature(digest, target, expires),
        }
        path = "/".join((self._path, quote(target.folder), quote(target.file)))
        return f"{origin.rstrip('/')}{path}?{urlencode(query)}"

    def key_of_request(self, now: datetime) -> Key:
        """Return the key for which the link of the request was made.

        Raises KeyNotValid if the link is not ours or too old, or if the key is no longer good.
        """
        named = request.view_args or {}
        target = Target(str(named.get("folder_id", "")), str(named.get("file_id", "")))
        link = validate(Signed, request.args.to_dict())
        if isinstance(link, tuple) or int(link.expires) <= now.timestamp():
            raise KeyNotValid
        key, digest = self._key(link.key)
        right = _signature(digest, target, link.expires)
        if not hmac.compare_digest(right.encode(), link.signature.encode()) or key.has_expired(now):
            raise KeyNotValid
        return key

    def _key(self, key_id: str) -> tuple[Key, str]:
        known = read_only(self._store, lambda c: keys.by_id(c, key_id))
        if known is None:
            raise KeyNotValid
        return known


def _signature(digest: str, target: Target, expires: str) -> str:
    text = "\n".join((*target, expires))
    return hmac.new(digest.encode(), text.encode(), "sha256").hexdigest()
