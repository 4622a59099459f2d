"""Each folder below tests/messages is a case: a question, the promised answer, what is kept.

`ask.xml` is posted as it is, byte for byte.  `answer.xml` is the promised answer, compared by its
elements and texts.  `case.toml` says the promise in a sentence and, where they matter, the HTTP
headers of the question and the status of the answer, settings, and under `then` what the store
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
from tests.calling import Answered, call
from tests.conftest import KINDS, WorldOf
from tests.messages import make
from tests.messages.case import write

HERE = Path(__file__).parent / "messages"
CASES = sorted(path.parent for path in HERE.glob("*/*/ask.xml"))
CONTRACT = Schema()

#: What `then` may speak of: the columns of each row that the case left behind.
KEPT = {
    "receipt": (
        "receipt_id", "variant", "nav", "kept", "reasons", "drift", "copies", "stand_in",
    ),
    "quarantine": ("organization", "primitive", "reason", "copies"),
    "probe": ("organization", "station"),
}  # fmt: skip

#: What issuing a notice writes.
ISSUED = {"position", "payment_option", "transfer", "demand", "iuv_serial"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_answer_is_the_one_on_file(case: Path, kind: str, shared_world: WorldOf) -> None:
    """Each question gets its promised answer, and leaves behind what it should."""
    facts = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    shared = shared_world(kind)
    message = (case / "ask.xml").read_bytes()

    for _ in range(facts.get("times", 1)):
        answered = post_case(shared.face, facts, message)

    _check_answer(answered, facts, case / "answer.xml")
    assert facts.get("then", {}) == stored_rows(shared.store, message)
    assert shared.changed() <= _may_change(case, facts)


def test_the_folders_are_what_their_maker_writes(tmp_path: Path) -> None:
    """No case is edited by hand and lost with the next making, or left behind by an older one."""
    write(make.CASES, tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()}
    there = {
        p.relative_to(HERE): p.read_bytes()
        for p in HERE.glob("*/*/*")
        if p.name in ("ask.xml", "answer.xml", "case.toml")
    }

    assert there == made


def test_every_case_says_its_promise() -> None:
    """A reader learns from a case what it is for."""
    for case in CASES:
        facts = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))

        assert facts["promise"].endswith("."), case


def post_case(face_with: Callable[..., Wsgi], facts: dict[str, Any], message: bytes) -> Answered:
    headers = {"CONTENT_TYPE": "text/xml", **facts.get("headers", {})}
    headers = {name: value for name, value in headers.items() if value}
    face = face_with(**facts.get("settings", {}))
    return call(face, "POST", "/partner", message, **headers)


def _check_answer(answered: Answered, facts: dict[str, Any], promise: Path) -> None:
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
    """Return the tables that a case may write: those it speaks of, and what a demand issues."""
    tables = set(facts.get("then", {}))
    if "paid" in tables:
        tables |= {"payment_option", "position"}
    return tables | ISSUED if case.parent.name == "paDemandPaymentNotice" else tables


def stored_rows(store: Store, message: bytes) -> dict[str, Any]:
    """What the case changed: rows of each kind, and the notices that are paid by a receipt."""
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
