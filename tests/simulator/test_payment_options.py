"""Playing the platform that asks for payment options: what it makes of good and faulty answers."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.core.payment_options import PAIRS
from gpd_soap.simulator.judging import Reply
from gpd_soap.simulator.payment_options import ask, judge
from gpd_soap.simulator.request import Endpoint
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.simulator.endpoints import NAV, SHORT, Said, institution, late, serving, silently

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
    """What is made of an answer."""
    return judge(Reply(status, json.dumps(content).encode()))


def run(*arguments: str) -> Result:
    """Run the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["node", "options", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_a_good_answer_has_a_line_for_each_option_and_installment() -> None:
    """Amounts in euros, dates as they came, and the states with their reasons."""
    assert judged(DUE) == (
        True,
        [
            "OK  Comune di Esempio, options: 1",
            "  PO_UNPAID  100.00 EUR, due 2026-04-30T23:59:59, x, installments: 1, all CCP: yes",
            f"    {NAV}  POI_UNPAID  100.00 EUR, due 2026-04-30T23:59:59, Tributo",
        ],
    )


def test_fields_may_be_missing_or_unknown_as_the_contract_allows() -> None:
    """It requires none, and forbids none."""
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
def test_what_the_platform_could_not_read_is_a_system_error(content: object, wrong: str) -> None:
    """It would tell whoever asked no more than that; we say which field it is."""
    good, [line] = judged(content)

    assert not good
    assert line.startswith(f"ODP_ERRORE_EMESSO_DA_PAA PAA_SYSTEM_ERROR: {wrong}")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"<html>", b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_is_no_json_is_a_system_error(body: bytes, status: int) -> None:
    """Whatever HTTP says."""
    good, [line] = judge(Reply(status, body))

    assert not good
    assert line.startswith("ODP_ERRORE_EMESSO_DA_PAA PAA_SYSTEM_ERROR: ")


def test_an_error_is_passed_on_only_if_code_and_status_are_a_pair() -> None:
    """Each of the eleven with its own status, and with no other."""
    for name, (code, status) in PAIRS.items():
        told = {"appErrorCode": code, "errorMessage": f"{name} Spiegazione."}
        passed_on = f"ODP_ERRORE_EMESSO_DA_PAA {code} {name} Spiegazione."

        assert judged(told, status) == (False, [passed_on])
        for other in {400, 404, 409, 418, 422, 500, 503} - {status}:
            assert "PAA_SYSTEM_ERROR: " in judged(told, other)[1][0]
    assert "PAA_SYSTEM_ERROR: " in judged({"appErrorCode": "ODP-100"}, 400)[1][0]


@pytest.mark.parametrize(
    "said", [Said(b"", manner=late), Said(b"", manner=silently)], ids=["late", "silent"]
)
def test_an_institution_that_does_not_answer_is_out_of_reach(said: Said) -> None:
    """Late or closed: the platform has one name for both."""
    with institution({PATH: said}) as made:
        endpoint = Endpoint(made.url.removesuffix("/partner"))
        found = ask(endpoint, world.ORGANIZATION, NAV, SHORT)

    assert (found.good, found.reply) == (False, None)
    assert "ODP_STAZIONE_INT_PA_IRRAGGIUNGIBILE: " in found.lines[0]


def test_what_an_institution_says_cannot_steer_the_terminal() -> None:
    """Control characters and line ends of its texts stay out of our lines."""
    tricky = {**DUE, "companyName": "Comune\r\n\x1b[2J\u202e di Esempio"}
    with institution({PATH: Said(json.dumps(tricky).encode())}) as made:
        result = run(NAV, "--url", made.url.removesuffix("/partner"))

    assert result.output.count("\n") == 3
    assert all(line.isprintable() for line in result.output.splitlines())


def test_an_empty_message_is_posted_as_the_platform_does() -> None:
    """Without a content, a type or a SOAPAction; a slash at the address' end is none too many."""
    with institution({PATH: Said(json.dumps(DUE).encode())}) as made:
        result = run(NAV, "--url", made.url.removesuffix("partner"), "--show")

    [(headers, body)] = made.asked
    assert (result.exit_code, body) == (0, b"")
    assert {"SOAPAction", "Content-Type"}.isdisjoint(headers)
    assert '"companyName": "Comune di Esempio"' in result.output


@pytest.mark.parametrize("arguments", [["1"], [NAV, "--organization", "7"], [NAV, "--url", "x"]])
def test_what_cannot_be_asked_is_exit_code_2(arguments: list[str]) -> None:
    """The caller's mistake, not the institution's."""
    assert run(*arguments).exit_code == 2


def test_our_own_server_is_understood(fresh_database: FreshDatabase) -> None:
    """Every answer that we give, good or not, is one that the platform can use."""
    store = Store(fresh_database("sqlite", world.prepare))
    told = {}
    with serving(world.face(store)) as url:
        for serial in (*range(1, 33), 99):
            told[serial] = run(world.nav(serial), "--url", url.removesuffix("/partner"))
        stranger = run(NAV, "--organization", world.STRANGER, "--url", url.removesuffix("/partner"))
    store.close()

    assert {at for at, result in told.items() if result.exit_code} == {15, 16, 99}
    assert all("ODP-107 PAA_PAGAMENTO_SCONOSCIUTO " in told[at].output for at in (15, 16, 99))
    assert "ODP-104 PAA_ID_DOMINIO_ERRATO " in stranger.output
    assert told[3].output.count("\n") == 1 + 2 + 4
