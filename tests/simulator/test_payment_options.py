"""The simulated service for payment options (OdP): its judging of good and faulty answers."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.core.payment_options import ODP_ERRORS
from gpd_soap.simulator.judging import Reply
from gpd_soap.simulator.payment_options import ask, judge
from gpd_soap.simulator.request import Endpoint
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.simulator.endpoints import NAV, SHORT, Scripted, institution, late, serving, silent

PATH = f"/payment-options/organizations/{world.ORGANIZATION}/notices/{NAV}"
INSTALLMENT: dict[str, Any] = {
    "nav": NAV,
    "iuv": NAV[1:],
    "amount": 10000,
    "description": "Tributo",
    "dueDate": "2026-04-30T23:59:59",
    "status": "POI_UNPAID",
}
OPTION: dict[str, Any] = {
    "amount": 10000,
    "dueDate": "2026-04-30T23:59:59",
    "validFrom": "2026-04-01T00:00:00.123",
    "status": "PO_UNPAID",
    "statusReason": "x",
    "allCCP": True,
    "installments": [INSTALLMENT],
}
DUE: dict[str, Any] = {
    "organizationFiscalCode": world.ORGANIZATION,
    "companyName": "Comune di Esempio",
    "paymentOptions": [OPTION],
}


def judged(content: object, status: int = 200) -> tuple[bool, list[str]]:
    """Return the judged answer."""
    return judge(Reply(status, json.dumps(content).encode()))


def run(*arguments: str) -> Result:
    """Run the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["node", "options", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_valid_answer_has_a_line_for_each_option_and_installment() -> None:
    """The lines have amounts in euros, dates as received, and the states with their reasons."""
    assert judged(DUE) == (
        True,
        [
            "OK  Comune di Esempio, options: 1",
            "  PO_UNPAID  100.00 EUR, due 2026-04-30T23:59:59, x, installments: 1, all CCP: yes",
            f"    {NAV}  POI_UNPAID  100.00 EUR, due 2026-04-30T23:59:59, Tributo",
        ],
    )


def test_answer_with_missing_or_unknown_fields_is_valid() -> None:
    """The contract requires no field and forbids none."""
    assert judged({})[0]
    assert judged({"paymentOptions": [{"installments": [{}]}], "standin": False, "more": [1]})[0]
    assert judged({**DUE, "officeName": None})[0]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ([], "an object"),
        ("x", "an object"),
        ({**DUE, "companyName": 1}, "companyName"),
        ({**DUE, "standin": "no"}, "standin"),
        ({**DUE, "paymentOptions": {}}, "paymentOptions"),
        ({**DUE, "paymentOptions": [None]}, "an object"),
        ({**DUE, "paymentOptions": [{**OPTION, "status": "PO_REPORTED"}]}, "status"),
        ({**DUE, "paymentOptions": [{**OPTION, "status": []}]}, "status"),
        ({**DUE, "paymentOptions": [{**OPTION, "amount": 100.5}]}, "amount"),
        ({**DUE, "paymentOptions": [{**OPTION, "amount": True}]}, "amount"),
        ({**DUE, "paymentOptions": [{**OPTION, "amount": -1}]}, "amount"),
        ({**DUE, "paymentOptions": [{**OPTION, "dueDate": "2026-04-30"}]}, "dueDate"),
        (
            {**DUE, "paymentOptions": [{**OPTION, "dueDate": "2026-04-30T23:59:59+02:00"}]},
            "dueDate",
        ),
        (
            {**DUE, "paymentOptions": [{**OPTION, "installments": [{"status": "PO_PAID"}]}]},
            "status",
        ),
    ],
)
def test_answer_that_breaks_the_contract_is_a_system_error(content: object, wrong: str) -> None:
    """The platform reports no more than that, and we name the field."""
    good, [line] = judged(content)

    assert not good
    assert line.startswith(f"ODP_ERRORE_EMESSO_DA_PAA PAA_SYSTEM_ERROR: {wrong}")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"<html>", b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_answer_that_is_not_json_is_a_system_error(body: bytes, status: int) -> None:
    """The HTTP status makes no difference."""
    good, [line] = judge(Reply(status, body))

    assert not good
    assert line.startswith("ODP_ERRORE_EMESSO_DA_PAA PAA_SYSTEM_ERROR: ")


def test_error_is_passed_on_only_if_its_code_belongs_to_the_status() -> None:
    """Each of the eleven codes belongs to one status."""
    for name, (code, status) in ODP_ERRORS.items():
        error = {"appErrorCode": code, "errorMessage": f"{name} Spiegazione."}
        passed_on = f"ODP_ERRORE_EMESSO_DA_PAA {code} {name} Spiegazione."

        assert judged(error, status) == (False, [passed_on])
        for other in {400, 404, 409, 418, 422, 500, 503} - {status}:
            assert "PAA_SYSTEM_ERROR: " in judged(error, other)[1][0]
    assert "PAA_SYSTEM_ERROR: " in judged({"appErrorCode": "ODP-100"}, 400)[1][0]


@pytest.mark.parametrize(
    "scripted", [Scripted(b"", manner=late), Scripted(b"", manner=silent)], ids=["late", "silent"]
)
def test_institution_that_does_not_answer_is_unreachable(scripted: Scripted) -> None:
    """A late answer and a closed connection have the same code."""
    with institution({PATH: scripted}) as made:
        endpoint = Endpoint(made.url.removesuffix("/partner"))
        options = ask(endpoint, world.ORGANIZATION, NAV, SHORT)

    assert (options.good, options.reply) == (False, None)
    assert "ODP_STAZIONE_INT_PA_IRRAGGIUNGIBILE: " in options.lines[0]


def test_answer_with_control_characters_is_printed_without_them() -> None:
    """No text of an institution can control the terminal."""
    tricky = {**DUE, "companyName": "Comune\r\n\x1b[2J\u202e di Esempio"}
    with institution({PATH: Scripted(json.dumps(tricky).encode())}) as made:
        result = run(NAV, "--url", made.url.removesuffix("/partner"))

    assert result.output.count("\n") == 3
    assert all(line.isprintable() for line in result.output.splitlines())


def test_request_is_an_empty_post_without_content_type() -> None:
    """It has no SOAPAction either, and the address may end with a slash."""
    with institution({PATH: Scripted(json.dumps(DUE).encode())}) as made:
        result = run(NAV, "--url", made.url.removesuffix("partner"), "--show")

    [(headers, body)] = made.requests
    assert (result.exit_code, body) == (0, b"")
    assert {"SOAPAction", "Content-Type"}.isdisjoint(headers)
    assert '"companyName": "Comune di Esempio"' in result.output


@pytest.mark.parametrize("arguments", [["1"], [NAV, "--organization", "7"], [NAV, "--url", "x"]])
def test_options_with_unusable_arguments_ends_with_2(arguments: list[str]) -> None:
    """Exit code 1 always means a failure of the endpoint."""
    assert run(*arguments).exit_code == 2


def test_options_of_our_own_server_are_valid(fresh_database: FreshDatabase) -> None:
    """The platform can use each of our answers and errors."""
    store = Store(fresh_database("sqlite", world.prepare))
    results = {}
    with serving(world.face(store)) as url:
        for serial in (*range(1, 33), 99):
            results[serial] = run(world.nav(serial), "--url", url.removesuffix("/partner"))
        stranger = run(NAV, "--organization", world.STRANGER, "--url", url.removesuffix("/partner"))
    store.close()

    failed = {serial: result for serial, result in results.items() if result.exit_code}
    assert set(failed) == {15, 16, 99}
    assert all("ODP-107 PAA_PAGAMENTO_SCONOSCIUTO " in each.output for each in failed.values())
    assert "ODP-104 PAA_ID_DOMINIO_ERRATO " in stranger.output
    assert results[3].output.count("\n") == 1 + 2 + 4
