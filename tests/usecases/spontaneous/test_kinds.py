"""Kinds of service in installed distributions, which are found by their entry points."""

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gpd_soap.core.debt import Debtor, Transfer
from gpd_soap.core.faults import PaaFault
from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous.issue import BadQuote, SpontaneousNotices
from gpd_soap.usecases.spontaneous.kinds import UnknownKind, kind_of, problem_with
from tests.usecases.spontaneous.conftest import Install
from tests.usecases.spontaneous.samples import (
    FIXED,
    NOW,
    ORGANIZATION,
    WINDOW,
    count,
    demand,
    issued,
    refused,
)

PARKING = '''
"""A service that somebody else has written."""
from datetime import timedelta

from gpd_soap.contract.parsing import parse
from gpd_soap.core.debt import Debtor, Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.services.quote import Account, Quote

made = []
calls = []


class Parking:
    def __init__(self):
        made.append(self)

    def problem_with(self, settings):
        return None if "rate" in settings else "rate: expected"

    def quote(self, data, settings, now):
        calls.append(data)
        root = parse(data)
        hours = int(root.findtext("hours"))
        if hours > 24:
            return Refusal(PaaFault.PAA_SEMANTICA, "Al massimo 24 ore.", "parking: too long")
        amount = hours * settings["rate"]
        transfers = [
            Transfer(n, part, code, None, "IT60X0542811101000000123456", None, None, "Sosta",
                     "0101002IM", ())
            for n, part, code in ((1, amount - 50, "77777777777"), (2, 50, "88888888888"))
        ]
        return Quote(amount, "Sosta", now + timedelta(days=1), "01", tuple(transfers),
                     Debtor("F", "RSSMRA00A01A000A", "Maria Esempio"), office_name="Sosta")
'''
#: A kind of service; the test replaces `return {}` by its answer.
ANSWERING = """
from datetime import datetime, timedelta
from gpd_soap.core.debt import *
from gpd_soap.services.quote import *

class Kind:
    def quote(self, data, settings, now):
        account = Account("0101002IM", "IT60X0542811101000000123456")
        good = Quote(500, "Sosta", now + timedelta(1), "01", account)
        first = Transfer(1, 500, "77777777777", None, "IT60X0542811101000000123456", None, None,
                         "Sosta", "0101002IM", ())
        return {}
"""


def parking(hours: object) -> str:
    """Return service data for the service above."""
    return f"<parking><hours>{hours}</hours></parking>"


@pytest.fixture
def installed(install: Install) -> Callable[[], Any]:
    """Install the parking service, and return a function that gives its loaded module."""
    install("our_parking", PARKING, parking="our_parking:Parking")
    return lambda: sys.modules["our_parking"]


@pytest.mark.usefixtures("installed")
def test_installed_kind_issues_a_notice(store: Store):
    """The position has the quote unchanged, with every transfer."""
    notice = issued(store, demand("ALIEN", parking(2))).due.notice

    assert (notice.amount, notice.description, notice.office_name) == (300, "Sosta", "Sosta")
    assert notice.debtor == Debtor("F", "RSSMRA00A01A000A", "Maria Esempio")
    assert notice.due_at == NOW + timedelta(days=1)
    account = ("IT60X0542811101000000123456", None, None, "Sosta", "0101002IM", ())
    assert notice.transfers == (
        Transfer(1, 250, ORGANIZATION, None, *account),
        Transfer(2, 50, "88888888888", None, *account),
    )


@pytest.mark.usefixtures("installed")
def test_installed_kind_may_refuse(store: Store):
    """The answer has its fault and its text."""
    refusal = refused(store, demand("ALIEN", parking(25)))

    assert (refusal.fault, refusal.description) == (PaaFault.PAA_SEMANTICA, "Al massimo 24 ore.")
    assert count(store, "demand") == 0


@pytest.mark.usefixtures("installed")
def test_quote_out_of_range_is_a_semantic_fault(store: Store):
    """It is the same fault as for the built-in kind."""
    assert refused(store, demand("ALIEN", parking(0))).fault is PaaFault.PAA_SEMANTICA


@pytest.mark.usefixtures("installed")
def test_exception_of_an_installed_kind_is_raised(store: Store):
    """Nothing is stored."""
    with pytest.raises(ValueError, match="invalid literal"):
        SpontaneousNotices(store, WINDOW)(demand("ALIEN", parking("two")), NOW)

    assert count(store, "demand") == 0


def test_repeated_demand_does_not_call_the_kind_again(store: Store, installed: Callable[[], Any]):
    """The quote is asked for once."""
    numbers = {issued(store, demand("ALIEN", parking(2))).due.notice.nav for _ in range(3)}

    assert len(numbers) == 1
    assert len(installed().calls) == 1


def test_installed_kind_is_called_only_with_xml(store: Store, installed: Callable[[], Any]):
    """Data that is no XML, or has a DOCTYPE, is refused before."""
    issued(store, demand("ALIEN", parking(2)))

    refused(store, demand("ALIEN", "<!DOCTYPE a><a/>"))

    assert installed().calls == [parking(2).encode()]


def test_slow_kind_does_not_block_another_demand(
    store: Store, url: str, installed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
):
    """No transaction is open while it is called."""
    kind_of("parking")
    other = Store(url)

    def slow(hours: str) -> int:
        assert not issued(other, demand("FIXED")).again
        return int(hours)

    monkeypatch.setattr(installed(), "int", slow, raising=False)

    assert not issued(store, demand("ALIEN", parking(2))).again
    assert count(store, "position") == 2
    other.close()


def test_kind_is_made_once(installed: Callable[[], Any]):
    """Many threads ask for it at the same time."""
    together = threading.Barrier(8)

    def want() -> None:
        together.wait()
        kind_of("parking")

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(installed().made) == 1


def test_built_in_kind_cannot_be_replaced(install: Install):
    """An installed package of the same name has no effect."""
    install("taking_over", PARKING, declared="taking_over:Parking")

    assert problem_with("declared", {"rate": 1}) is not None
    assert problem_with("declared", FIXED) is None


def test_kind_of_two_distributions_is_unknown(install: Install):
    """The order of the path does not decide which one is used."""
    install("our_parking", PARKING, parking="our_parking:Parking")
    install("their_parking", PARKING, parking="their_parking:Parking")

    with pytest.raises(UnknownKind, match="several"):
        kind_of("parking")


def test_settings_are_checked_by_their_kind(install: Install):
    """A kind without the method accepts any settings."""
    install("our_parking", PARKING, parking="our_parking:Parking")
    install("mute", ANSWERING, mute="mute:Kind")

    assert problem_with("parking", {"rate": 1}) is None
    assert problem_with("parking", {}) == "rate: expected"
    assert problem_with("mute", {"whatever": 1}) is None
    assert (problem_with("declared", {}) or "").startswith("description: ")


def test_kind_that_cannot_be_loaded_is_a_problem(install: Install):
    """It is missing, not importable, without its method, or fails when it is made."""
    install("broken", "1 / 0", broken="broken:Kind")
    install("empty", "", empty="empty:Kind")
    install("useless", "class Kind: pass", useless="useless:Kind")

    for kind in ("nobody", "broken", "empty", "useless"):
        assert (problem_with(kind, {}) or "").startswith("kind: ")


UNSAYABLE = {
    "{}": "neither a Quote nor a Refusal",
    "None": "neither a Quote nor a Refusal",
    "good._replace(amount=5.0)": "amount",
    "good._replace(amount=True)": "amount",
    "good._replace(description='')": "description",
    "good._replace(description='x' * 141)": "description",
    "good._replace(description='a\\x00')": "description",
    "good._replace(due_at=now - timedelta(1))": "due_at",
    "good._replace(due_at=datetime(2030, 1, 1))": "due_at",
    "good._replace(segregation_code='1')": "segregation_code",
    "good._replace(company_name=' a')": "company_name",
    "good._replace(office_name='x' * 141)": "company_name, office_name",
    "good._replace(metadata=(('a', '1'), ('a', '2')))": "metadata",
    "good._replace(metadata=(('a', ''),))": "metadata",
    "good._replace(debtor=Debtor('X', 'AB', 'a'))": "debtor.kind",
    "good._replace(debtor=Debtor('F', 'A', 'a'))": "debtor.code",
    "good._replace(debtor=Debtor('F', 'AB', ''))": "debtor.full_name",
    "good._replace(debtor=Debtor('F', 'AB', 'a', city='x' * 36))": "debtor.city",
    "good._replace(debtor=Debtor('F', 'AB', 'a', country='XX'))": "debtor.country",
    "good._replace(debtor=Debtor('F', 'AB', 'a', email='a'))": "debtor.email",
    "good._replace(credit=account._replace(iban=None))": "iban, postal_iban",
    "good._replace(credit=account._replace(iban='IT'))": "iban",
    "good._replace(credit=account._replace(category=''))": "category",
    "good._replace(credit=account._replace(remittance_information=''))": "remittance_information",
    "good._replace(credit=())": "transfers",
    "good._replace(credit=(first, first))": "transfers",
    "good._replace(credit=(first._replace(number=2),))": "transfers",
    "good._replace(credit=(first, first._replace(number=6, amount=1)), amount=501)": "transfers",
    "good._replace(credit=(first._replace(amount=499),))": "transfers",
    "good._replace(credit=(first, first._replace(number=2, amount=0)))": "transfer.amount",
    "good._replace(credit=(first._replace(organization='7'),))": "transfer.organization",
    "good._replace(credit=(first._replace(company_name=''),))": "transfer.company_name",
    "good._replace(credit=(first._replace(remittance_information=''),))": "transfer.remittance",
    "good._replace(credit=(first._replace(iban=None),))": "transfer",
    "good._replace(credit=(first._replace(stamp=Stamp('YQ==', '01', 'RM')),))": "transfer",
    "good._replace(credit=(first._replace(iban=None, stamp=Stamp('YQ==', '02', 'RM')),))": "stamp",
    "good._replace(credit=(first._replace(iban=None, stamp=Stamp('YR==', '01', 'RM')),))": "stamp",
    "good._replace(credit=(first._replace(metadata=(('a', '1'),) * 2),))": "metadata",
}


@pytest.mark.parametrize(("answer", "rule"), UNSAYABLE.items(), ids=UNSAYABLE)
def test_quote_that_no_answer_can_carry_raises(
    install: Install, bare_store: Store, answer: str, rule: str
):
    """No position is stored."""
    install(
        "answering", ANSWERING.replace("return {}", f"return {answer}"), parking="answering:Kind"
    )

    with pytest.raises(BadQuote, match=f"'parking': .*{rule}"):
        SpontaneousNotices(bare_store, WINDOW)(demand("ALIEN"), NOW)

    assert count(bare_store, "position") == 0


SAYABLE = [
    "good",
    "good._replace(credit=(first,))",
    "good._replace(credit=account._replace(postal_iban=account.iban, iban=None))",
    "good._replace(credit=(first._replace(iban=None, stamp=Stamp('YQ==', '01', 'RM')),))",
    "good._replace(debtor=Debtor('G', 'AB', 'a', city='Roma', country='IT', email='a@b.it'))",
    "good._replace(metadata=(('a', '1'), ('b', '2')), company_name='a', office_name='b')",
]


@pytest.mark.parametrize("answer", SAYABLE)
def test_quote_at_the_limits_becomes_a_notice(install: Install, bare_store: Store, answer: str):
    """The limits refuse no valid quote."""
    install(
        "answering", ANSWERING.replace("return {}", f"return {answer}"), parking="answering:Kind"
    )

    assert issued(bare_store, demand("ALIEN")).due.notice.amount == 500
