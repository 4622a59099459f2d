"""A session that ends, or loses a right, between the opening of a page and its change."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import request
from sqlalchemy import delete, update

from gpd_soap.store import tables
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.people.operators import Operators
from tests.console.harness import Console
from tests.console.notices.office import SINGLE, audit_of, etag, one, position_of, send, text

OPERATOR = tables.operator


def suspend(console: Console) -> None:
    """Suspend the operator, as an administrator does."""
    Operators(console.store, console.parts.random).suspend("writer", console.now)


def end_sessions(console: Console) -> None:
    """End the operator's sessions, as after the loss of a device."""
    with console.store.begin() as connection:
        connection.execute(delete(tables.operator_session))


def change(**values: object) -> Callable[[Console], None]:
    """Return what changes the rights of the operator."""

    def act(console: Console) -> None:
        with console.store.begin() as connection:
            connection.execute(update(OPERATOR).where(OPERATOR.c.id == "writer").values(**values))

    return act


ENDINGS: dict[str, Callable[[Console], None]] = {
    "suspended": suspend,
    "sessions ended": end_sessions,
    "another role": change(role="reader"),
    "another organization": change(organizations=["88888888888"]),
    "without scopes": change(scopes=[]),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_change_of_a_session_that_ended_meanwhile_is_not_stored(
    console: Console, monkeypatch: pytest.MonkeyPatch, ending: str
):
    """The page says that one signs in again; nothing is done and no row says that it was."""
    client, authorize = console.client("writer"), Sessions.authorize

    def authorize_and_end(self: Sessions, *arguments: Any) -> object:
        operator = authorize(self, *arguments)
        if request.method == "POST":
            ENDINGS[ending](console)
        return operator

    monkeypatch.setattr(Sessions, "authorize", authorize_and_end)
    answer = send(client, SINGLE, "withdraw", withdraw_reason="doppione")

    assert answer.status_code == 200
    assert "È passato troppo tempo" in text(answer) or "Entra" in text(answer)
    assert position_of(console, "DEMO-SINGLE").withdrawn_at is None
    assert [row for row in audit_of(console) if row.method == "POST"] == []


def test_change_that_was_stored_before_its_session_ended_is_not_stored_again(console: Console):
    """Who sends the form once more, because no answer came, is told that it changed."""
    client = console.client("writer")
    given = {"etag": etag(client, SINGLE), "withdraw_reason": "doppione"}
    stored = client.post(f"{one(SINGLE)}/withdraw", data=given)
    before = [row for row in audit_of(console) if row.method == "POST"]
    end_sessions(console)

    signed_out = client.post(f"{one(SINGLE)}/withdraw", data=given)
    again = console.client("writer").post(f"{one(SINGLE)}/withdraw", data=given)

    assert [each.status_code for each in (stored, signed_out, again)] == [303, 200, 412]
    assert [row for row in audit_of(console) if row.method == "POST"] == before
