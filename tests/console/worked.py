"""Pages of a console with work to do, as text, and its cases as they are stored."""

import re
from html import unescape

from flask.testing import FlaskClient

from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.store.store import Store
from gpd_soap.usecases.worklist import key_of
from tests.console import working
from tests.console.harness import ORGANIZATION

ORG = f"/console/{ORGANIZATION}"
DOUBLE = f"{ORG}/worklist/{working.DOUBLE}"
UNMATCHED = f"{ORG}/worklist/{working.UNMATCHED}"
RECEIPT, ENTRY = f"{ORG}/receipts/{working.DOUBLE}", f"{ORG}/journal/{working.ENTRY}"
NAME, CODE = "Aldo Inventato", "NRELDA52P18X999U"


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    """Returns what a page says; fails if it has another status."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return plain(answer.text)


def plain(page: str) -> str:
    """Returns a page without its tags."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())


def stored(store: Store, reference: str) -> Case:
    """Returns a case as it is stored."""
    case = read_only(store, lambda c: worklist.read(c, ORGANIZATION, key_of(reference)))
    assert case is not None
    return case
