"""Messages that imitate libxml2's messages, to be misread by a program that parses those."""

from __future__ import annotations

import http.server
import threading

import pytest

from gpd_soap.contract.schema import Schema, Violation
from gpd_soap.contract.violation import UNFORESEEN
from tests.contract.samples import (
    HEADER,
    PA,
    VERIFY,
    VERIFY_ROOT,
    enveloped,
)

HOSTILE = [
    "x'. Expected is ( evil ).",
    "' is not accepted by the pattern 'evil'.",
    "': Missing child element(s). Expected is ( evil ).",
    "Element 'evil': [facet 'pattern'] The value '1' is not accepted by the pattern 'evil'.",
    "\n Element '{evil}evil': This element is not expected. Expected is ( evil ). \n",
    "{} {0} {evil} %s %(evil)s",
    "]]&gt;&lt;evil/&gt;&#13;",
    "/evil/qrCode[2]",
]


@pytest.mark.parametrize("evil", HOSTILE)
def test_value_that_imitates_the_validator_changes_nothing(schema: Schema, evil: str):
    """The violation is the same as for any other wrong value."""
    payload = enveloped(VERIFY_ROOT, VERIFY.replace("301000000000000043", evil))

    violation = schema.check(payload)

    assert violation == Violation("noticeNumber", "pattern", "[0-9]{18}")
    assert violation.description == (
        "Il campo noticeNumber non rispetta il contratto: formato atteso [0-9]{18}."
    )


@pytest.mark.parametrize(
    "evil",
    ["urn:x'.Expected(evil)", "urn:%7D':%20Expected", "urn:" + "e" * 70_000],
    ids=["quotes", "escapes", "long"],
)
def test_namespace_that_imitates_the_validator_changes_nothing(schema: Schema, evil: str):
    """A namespace may be any URI, and the violation has names of the contract only."""
    payload = enveloped(VERIFY_ROOT, f'{HEADER}<evil xmlns="{evil}"/>')

    violation = schema.check(payload)

    assert violation is not None
    assert (violation.element, violation.rule) == (UNFORESEEN, "unexpected")
    assert violation.expected in ("qrCode", "")


@pytest.mark.parametrize(
    "evil",
    [
        *HOSTILE,
        "}qrCode': Missing child element(s). Expected is ( idPA ).",
        "}fiscalCode': This element is not expected. Expected is ( idPA ).",
        "}fiscalCode': This element is not expected.",
        "}" * 60_000,
        "}a" * 30_000,
    ],
    ids=lambda evil: evil[:30].encode("unicode_escape").decode(),
)
def test_message_of_the_validator_with_any_namespace_is_read_safely(schema: Schema, evil: str):
    """The parser refuses a namespace that is not a URI, and this reading does not depend on it."""
    message = f"Element '{{{evil}}}evil': This element is not expected. Expected is ( qrCode )."

    violation = schema._misplaced(f"{{{PA}}}{VERIFY_ROOT}", ["*"], message)

    assert violation == Violation(UNFORESEEN, "unexpected", "qrCode")


def test_long_prefix_is_not_taken_for_a_name(schema: Schema):
    """The validator cuts long names in its paths."""
    prefix = "idPA" * 40
    payload = enveloped(VERIFY_ROOT, f'<{prefix}:idPA xmlns:{prefix}="u"/>')

    assert schema.check(payload) == Violation("idPA", "namespace")


@pytest.mark.parametrize("before", range(90, 100))
def test_name_cut_inside_a_character_is_an_unforeseen_element(schema: Schema, before: int):
    """There is no path for it, and no name of the contract is so long."""
    payload = enveloped(VERIFY_ROOT, f"{HEADER}<p:{'a' * before}{'è' * 50}/>", 'xmlns:p="urn:p"')

    assert schema.check(payload) == Violation(UNFORESEEN, "unexpected", "qrCode")


@pytest.mark.parametrize("attribute", ["schemaLocation", "noNamespaceSchemaLocation"])
def test_schema_location_in_a_message_is_not_fetched(schema: Schema, attribute: str):
    """A message can neither cause a connection nor bring its own rules."""
    requests: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)

    with http.server.HTTPServer(("127.0.0.1", 0), Trap) as trap:
        thread = threading.Thread(target=trap.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{trap.server_port}/evil.xsd"
        where = f"u {url}" if attribute == "schemaLocation" else url
        hint = f'xsi:{attribute}="{where}"'
        good = enveloped(VERIFY_ROOT, VERIFY.replace("<qrCode>", f"<qrCode {hint}>"), hint)
        bad = enveloped(VERIFY_ROOT, f'{HEADER}<e xmlns="u" {hint} xsi:type="evil"/>', hint)
        verdicts = schema.check(good), schema.check(bad)
        trap.shutdown()
        thread.join()

    assert verdicts == (None, Violation(UNFORESEEN, "unexpected", "qrCode"))
    assert requests == []
