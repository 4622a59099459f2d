"""Payment options say of each notice what verify would say of it, for any facts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from gpd_soap.core.debt import Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.payable import payable
from gpd_soap.core.payment import due
from gpd_soap.core.payment_options import OptionsDue, payment_options
from gpd_soap.store.node.queries import Debt, debt_of, debt_question, notice_question
from gpd_soap.store.rows import STANDING, notice_of
from gpd_soap.store.store import Store
from tests.store.facts import POSITIONS, Pos, store_all
from tests.store.samples import (
    CLAIM,
    NOW,
    ORGANIZATION,
    OTHER,
    STRANGER,
    add,
    nav,
    option,
    position,
    share,
)

#: What verify refuses with, and the states in which an installment is then shown.
SHOWN = {
    None: {"POI_UNPAID", "POI_EXPIRED_UNPAID"},
    PaaFault.PAA_PAGAMENTO_DUPLICATO: {"POI_PAID"},
    PaaFault.PAA_PAGAMENTO_SCADUTO: {"POI_EXPIRED_NOT_PAYABLE"},
    PaaFault.PAA_PAGAMENTO_ANNULLATO: {"POI_INVALID"},
    PaaFault.PAA_PAGAMENTO_SCONOSCIUTO: {"POI_INVALID"},
}
#: The states of a whole in which a payer may believe that something can be paid.
PAYABLE_WHOLE = {"PO_UNPAID", "PO_EXPIRED_UNPAID"}


def debt(connection: Connection, nav: str, organization: str = ORGANIZATION) -> Debt:
    """What the question of options reads."""
    asked = {"idpa": organization, "nav": nav}
    return debt_of([tuple(row) for row in connection.execute(debt_question(), asked)])


def verify(connection: Connection, nav: str) -> PaaFault | None:
    """What verify would refuse this notice with; it has a question of its own."""
    asked = {"idpa": ORGANIZATION, "broker": CLAIM.broker, "station": CLAIM.station, "nav": nav}
    rows = [tuple(row) for row in connection.execute(notice_question(), asked)]
    refusal = payable(notice_of(rows, STANDING), NOW)
    return None if refusal is None else refusal.fault


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(every=st.lists(POSITIONS, min_size=1, max_size=10))
def test_an_installment_is_shown_as_verify_would_answer_for_it(store: Store, every: list[Pos]):
    """Whatever happened to a debt, its options promise nothing that verify would refuse."""
    with store.engine.connect() as connection:
        for nav in store_all(connection, every):
            found = debt(connection, nav)
            outcome = payment_options(ORGANIZATION, nav, found.notices, NOW)
            verified = {
                each.notice.nav: verify(connection, each.notice.nav) for each in found.notices
            }

            assert nav in verified
            if isinstance(outcome, Refusal):
                assert set(verified.values()) == {outcome.fault}
            else:
                agree(outcome, verified)
        connection.rollback()


def agree(outcome: OptionsDue, verified: dict[str, PaaFault | None]) -> None:
    """Each installment, and each whole, is shown as its notices' refusals allow."""
    shown = [each for option in outcome.options for each in option.installments]
    assert sorted(each.notice.nav for each in shown) == sorted(verified)
    for each in shown:
        assert each.status in SHOWN[verified[each.notice.nav]]
        assert (each.status == "POI_EXPIRED_UNPAID") <= (each.notice.due_at < NOW)
    for whole in outcome.options:
        some = any(verified[each.notice.nav] is None for each in whole.installments)
        assert (whole.status in PAYABLE_WHOLE) <= some


BANK, POSTAL = share(), share()._replace(iban=None, postal_iban="IT46X0760103200000000123456")
EMPTY = BANK._replace(postal_iban="")


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([POSTAL, POSTAL], True),
        ([POSTAL, BANK], False),
        ([POSTAL, EMPTY], False),
        ([BANK], False),
        ([], True),
    ],
)
def test_accounts_are_all_postal_where_verify_says_so(
    store: Store, shares: list[Transfer], *, expected: bool
):
    """Both questions give the contract's allCCP one sense."""
    transfers = tuple(each._replace(number=at) for at, each in enumerate(shares, 1))
    add(store, position("ONE", option(1)._replace(transfers=transfers), option(2)))

    told = {each.notice.nav: each.all_ccp for each in store.debt(ORGANIZATION, nav(2)).notices}
    notice = store.notice(CLAIM, nav(1)).notice

    assert notice is not None
    assert told == {nav(1): expected, nav(2): False}
    assert due(ORGANIZATION, notice).all_ccp == expected


def test_a_debt_is_found_by_any_of_its_notices_and_by_no_other(store: Store):
    """No other position's notices come with it, nor another organization's of like number."""
    add(store, position("ONE", option(1), option(2)), position("TWO", option(3)))
    add(store, position("ONE", option(2), option(4), organization=OTHER))

    def found(organization: str, serial: int) -> tuple[bool, set[str]]:
        known, notices = store.debt(organization, nav(serial))
        return known, {each.notice.nav for each in notices}

    assert found(ORGANIZATION, 1) == found(ORGANIZATION, 2) == (True, {nav(1), nav(2)})
    assert found(ORGANIZATION, 3) == (True, {nav(3)})
    assert found(OTHER, 2) == (True, {nav(2), nav(4)})
    assert found(ORGANIZATION, 4) == found(OTHER, 1) == (True, set())
    assert found(STRANGER, 1) == (False, set())
