"""GPD's public integration tests pass here with another base URL and key, or README says why."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.gpd_scenarios import (
    DIFFERENCES,
    OF_THE_NODE,
    POSITION_SCENARIOS,
    RECEIPT_SCENARIOS,
    SCENARIOS,
)
from tests.api.gpd_steps import Session, Step, position
from tests.api.office import ALL, BackOffice
from tests.calling import call

README = Path(__file__).parents[2] / "gpd_soap/api/README.md"
#: Scenarios in the two repositories, comments included.
COUNTS = (20, 11)


def answered(office: BackOffice, step: Step, session: Session) -> tuple[int, Any]:
    """Send the request of a step; return the status and the content of the answer."""
    office.clock.now += step.wait
    names = {name: getattr(session, name) for name in ("iupd", "iuv", "nav", "code")}
    path = step.path.format(**names)
    content = step.content(session) if step.content else None
    if step.method == "SOAP" or path.startswith("/payment-options/"):
        sent = (content or "").encode()
        answer = call(office.node, "POST", path, sent, CONTENT_TYPE="text/xml")
        return answer.status, answer.body.decode()
    # WHY: the reference sends an empty text where it has nothing to say.
    more = {} if content is not None or step.method == "GET" else {"data": '""'}
    kind = {"content_type": "application/json"} if more else {}
    received = office.request(step.method, path, content, **more, **kind)
    if step.method == "POST" and received.status == 201:
        session.created = received.body
    return received.status, received.body


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_of_the_reference_passes_or_differs_as_declared(office: BackOffice, name: str):
    """Each step before a difference passes, and the step that differs is answered as declared."""
    for serial in (101, 102):
        office.create(position(Session(serial)))
    session, difference = Session(7), DIFFERENCES.get(name)

    for index, step in enumerate(SCENARIOS[name]):
        status, body = answered(office, step, session)
        if difference is not None and index == difference.step:
            assert status == difference.status, body
            assert difference.text in str(body)
            assert status != step.status or (step.facts and not step.facts(body, session))
            return
        assert status == step.status, (index, body)
        assert step.facts is None or step.facts(body, session), (index, body)


def test_every_scenario_of_the_reference_is_here():
    """Those that only the Node answers are named too."""
    assert len(POSITION_SCENARIOS) == COUNTS[0]
    assert len(RECEIPT_SCENARIOS) + len(OF_THE_NODE) == COUNTS[1]
    assert DIFFERENCES.keys() <= SCENARIOS.keys()


def test_readme_names_each_scenario_that_differs_with_its_reason():
    """The table and its counts are those of these tests."""
    text = README.read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `((?:v\d|options|node|receipts): .*?)` \| (.*?) \|$", text, re.MULTILINE
    )
    passing = [len(group.keys() - DIFFERENCES.keys())
               for group in (POSITION_SCENARIOS, RECEIPT_SCENARIOS)]  # fmt: skip

    assert dict(rows) == {name: each.why for name, each in DIFFERENCES.items()}
    assert f"{passing[0]} of the {COUNTS[0]} scenarios for positions" in text
    assert f"{passing[1]} of the {COUNTS[1]} for receipts" in text


def test_sent_data_is_json_of_the_reference():
    """The amounts are what JavaScript computes, and become whole cents."""
    assert '"amount": 30000.0' in json.dumps(position(Session(1)))
    assert ALL.endswith("/debtpositions")
