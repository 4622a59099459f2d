"""Matching of receipts as a back office asks for it, and what it reads afterwards."""

from gpd_soap.store.access import keys
from tests.api.office import (
    OPTIONS,
    BackOffice,
)
from tests.api.paying import WORKLIST, message
from tests.validation.bodies import nav

UNMATCHED = message(1, "r-1")
BY_HAND = "matched by hand"


def label(office: BackOffice, token: str) -> str:
    """Id and name of the key of a token, as a case names who closed it."""
    with office.store.reading() as connection:
        key = keys.find(connection, token)
    assert key is not None
    return f"{key.id} (Ufficio di prova)"


def rematch(office: BackOffice, case: str = "r-1", content: object = None) -> tuple[int, str]:
    """Match a case again; the status, and the case's kind or the title of the problem."""
    answer = office.post(f"{WORKLIST}/{case}/rematch", content)
    return answer.status, answer.body["kind"] if answer.status == 200 else answer.title


def paid_by(office: BackOffice, serial: int = 1) -> str | None:
    """Id of the receipt that paid a notice."""
    receipt_id: str | None = office.get(f"{OPTIONS}/{nav(serial)}").body.get("idReceipt")
    return receipt_id
