"""Messages written to be misread by whoever reads what libxml2 says of them."""

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
def test_a_value_written_to_be_misread_is_not_believed(schema: Schema, evil: str):
    """A value that imitates the validator's sentence changes nothing in ours."""
    payload = enveloped(VERIFY_ROOT, VERIFY.replace("301000000000000043", evil))

    said = schema.check(payload)

    assert said == Violation("noticeNumber", "pattern", "[0-9]{18}")
    assert said.description == (
        "Il campo noticeNumber non rispetta il contratto: formato atteso [0-9]{18}."
    )


@pytest.mark.parametrize(
    "evil",
    ["urn:x'.Expected(evil)", "urn:%7D':%20Expected", "urn:" + "e" * 70_000],
    ids=["quotes", "escapes", "long"],
)
def test_a_namespace_written_to_be_misread_is_not_believed(schema: Schema, evil: str):
    """A namespace may be any URI; only names of the contract come out."""
    payload = enveloped(VERIFY_ROOT, f'{HEADER}<evil xmlns="{evil}"/>')

    said = schema.check(payload)

    assert said is not None
    assert (said.element, said.rule) == (UNFORESEEN, "unexpected")
    assert said.expected in ("qrCode", "")


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
def test_even_a_parser_that_lets_any_namespace_through_is_safe(schema: Schema, evil: str):
    """Ours refuses a namespace that is no URI; the reading of the sentence does not lean on it."""
    message = f"Element '{{{evil}}}evil': This element is not expected. Expected is ( qrCode )."

    said = schema._misplaced(f"{{{PA}}}{VERIFY_ROOT}", ["*"], message)

    assert said == Violation(UNFORESEEN, "unexpected", "qrCode")


def test_a_long_prefix_is_not_mistaken_for_a_name(schema: Schema):
    """The validator cuts long names in its paths; a cut one is nobody's."""
    prefix = "idPA" * 40
    payload = enveloped(VERIFY_ROOT, f'<{prefix}:idPA xmlns:{prefix}="u"/>')

    assert schema.check(payload) == Violation("idPA", "namespace")


@pytest.mark.parametrize("before", range(90, 100))
def test_a_name_that_libxml2_cuts_inside_a_character_is_not_told(schema: Schema, before: int):
    """It cannot say where it was; we say that it is none of ours."""
    payload = enveloped(VERIFY_ROOT, f"{HEADER}<p:{'a' * before}{'è' * 50}/>", 'xmlns:p="urn:p"')

    assert schema.check(payload) == Violation(UNFORESEEN, "unexpected", "qrCode")


@pytest.mark.parametrize("attribute", ["schemaLocation", "noNamespaceSchemaLocation"])
def test_a_schema_that_a_message_names_is_never_fetched(schema: Schema, attribute: str):
    """A message cannot make us call anyone, nor bring its own rules."""
    asked: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

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
    assert asked == []
