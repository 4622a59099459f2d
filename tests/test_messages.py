"""Each folder below tests/messages is a case: a request, its response, the rows it leaves.

`ask.xml` is posted byte for byte.  `answer.xml` is the promised response; elements and texts are
compared.  `case.toml` has the promise in a sentence, and where they matter the HTTP headers of the
request, the status of the response, and settings.  Under `then` it has the rows that the store
holds afterwards (see `KEPT`).
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from gpd_soap.contract.schema import Schema
from gpd_soap.soap.envelope import open_envelope
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.calling import Response, call
from tests.conftest import KINDS, WorldOf
from tests.messages import make
from tests.messages.case import write

HERE = Path(__file__).parent / "messages"
CASES = sorted(path.parent for path in HERE.glob("*/*/ask.xml"))
CONTRACT = Schema()

#: The tables under `then`, with the columns that are compared.
KEPT = {
    "receipt": (
        "receipt_id", "variant", "nav", "kept", "reasons", "drift", "copies", "stand_in",
    ),
    "quarantine": ("organization", "primitive", "reason", "copies"),
    "probe": ("organization", "station"),
}  # fmt: skip

#: The tables that the issue of a notice writes.
ISSUED = {"position", "payment_option", "transfer", "demand", "iuv_serial", "event"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_message_case_gets_its_response_and_leaves_its_rows(
    case: Path, kind: str, shared_world: WorldOf
) -> None:
    """Each request gets its promised response, and leaves the promised rows."""
    facts = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    shared = shared_world(kind)
    message = (case / "ask.xml").read_bytes()

    for _ in range(facts.get("times", 1)):
        answered = post_case(shared.face, facts, message)

    _check_answer(answered, facts, case / "answer.xml")
    assert facts.get("then", {}) == stored_rows(shared.store, message)
    assert shared.changed() <= _may_change(case, facts)


def test_message_folders_are_those_of_the_maker(tmp_path: Path) -> None:
    """No case was edited by hand, and none is left over from an older maker."""
    write(make.CASES, tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()}
    there = {
        p.relative_to(HERE): p.read_bytes()
        for p in HERE.glob("*/*/*")
        if p.name in ("ask.xml", "answer.xml", "case.toml")
    }

    assert there == made


def test_message_case_has_a_promise() -> None:
    """Each case has a sentence with what it promises."""
    for case in CASES:
        facts = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))

        assert facts["promise"].endswith("."), case


def post_case(face_with: Callable[..., Wsgi], facts: dict[str, Any], message: bytes) -> Response:
    headers = {"CONTENT_TYPE": "text/xml", **facts.get("headers", {})}
    headers = {name: value for name, value in headers.items() if value}
    face = face_with(**facts.get("settings", {}))
    return call(face, "POST", "/partner", message, **headers)


def _check_answer(answered: Response, facts: dict[str, Any], promise: Path) -> None:
    assert answered.status == facts.get("status", 200), answered.body
    if not promise.exists():
        return
    assert answered.headers["Content-Type"] == "text/xml; charset=utf-8"
    payload = open_envelope(answered.body)
    assert isinstance(payload, etree._Element)
    if answered.status == 200:
        assert CONTRACT.check(payload) is None
    assert _canonical(open_envelope(promise.read_bytes())) == _canonical(payload)


def _canonical(element: Any) -> list[Any]:
    children = [_canonical(child) for child in element]
    return [element.tag, children or (element.text or "")]


def _may_change(case: Path, facts: dict[str, Any]) -> set[str]:
    """Return the tables that a case may write: those of `then`, and those of an issued notice."""
    tables = set(facts.get("then", {}))
    if "paid" in tables:
        tables |= {"payment_option", "position"}
    if tables & {"receipt", "quarantine"}:
        tables.add("event")
    return tables | ISSUED if case.parent.name == "paDemandPaymentNotice" else tables


def stored_rows(store: Store, message: bytes) -> dict[str, Any]:
    """Return the rows that a case left, by kind, and the notices that a receipt paid."""
    left: dict[str, Any] = {}
    with store.begin() as connection:
        for name, columns in KEPT.items():
            table = tables.metadata.tables[name]
            rows = connection.execute(select(table).order_by(*table.primary_key)).mappings().all()
            if name != "probe":
                assert all(row["raw"] == message for row in rows)
            left_rows = [{c: row[c] for c in columns if row[c] not in (None, "")} for row in rows]
            if left_rows:
                left[name] = left_rows
        option = tables.payment_option.c
        paid = select(option.nav, option.receipt_id).where(option.paid_at == world.NOW)
        by = {row.nav: row.receipt_id for row in connection.execute(paid.order_by(option.nav))}
    return {**left, "paid": by} if by else left
