"""Payment options and verify give the same result for every notice, for any facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from gpd_soap.core.debt import Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.payable import payable
from gpd_soap.core.payment import due
from gpd_soap.core.payment_options import OptionsDue, payment_options
from gpd_soap.store.node.queries import Debt, debt_of, select_debt, select_notice
from gpd_soap.store.rows import ROUTE_CHECK_WIDTH, notice_of
from gpd_soap.store.store import Store
from tests.drawn import draws
from tests.store.facts import BOUNDARIES, POSITIONS, Pos, store_all
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    ROUTE,
    STRANGER,
    add,
    nav,
    option,
    position,
    transfer,
)

#: By fault of verify, the statuses that an installment may then have.
SHOWN = {
    None: {"POI_UNPAID", "POI_EXPIRED_UNPAID"},
    PaaFault.PAA_PAGAMENTO_DUPLICATO: {"POI_PAID"},
    PaaFault.PAA_PAGAMENTO_SCADUTO: {"POI_EXPIRED_NOT_PAYABLE"},
    PaaFault.PAA_PAGAMENTO_ANNULLATO: {"POI_INVALID"},
    PaaFault.PAA_PAGAMENTO_SCONOSCIUTO: {"POI_INVALID"},
}
#: Statuses of a payment option that tell a payer that it can be paid.
PAYABLE_STATUSES = {"PO_UNPAID", "PO_EXPIRED_UNPAID"}


def debt(connection: Connection, nav: str, organization: str = ORGANIZATION) -> Debt:
    """Returns the debt as the query of payment options reads it."""
    values = {"idpa": organization, "nav": nav}
    return debt_of([tuple(row) for row in connection.execute(select_debt(), values)])


def verify(connection: Connection, nav: str) -> PaaFault | None:
    """Returns the fault with which verify refuses this notice, from its own query."""
    values = {"idpa": ORGANIZATION, "broker": ROUTE.broker, "station": ROUTE.station, "nav": nav}
    rows = [tuple(row) for row in connection.execute(select_notice(), values)]
    refusal = payable(notice_of(rows, ROUTE_CHECK_WIDTH), NOW)
    return None if refusal is None else refusal.fault


@draws(15)
@given(every=st.lists(POSITIONS, min_size=1, max_size=10))
def test_installment_status_agrees_with_the_answer_of_verify(store: Store, every: list[Pos]):
    """For any facts of a debt, its options show as payable only what verify accepts."""
    compare(store, every)


def test_installment_status_at_each_boundary_agrees_with_the_answer_of_verify(store: Store):
    """No draw decides whether an instant that is just now is tried."""
    compare(store, BOUNDARIES)


def compare(store: Store, every: list[Pos]) -> None:
    """Holds the options of each position against the answers of verify."""
    with store.engine.connect() as connection:
        for nav in store_all(connection, every):
            notices = debt(connection, nav).notices
            outcome = payment_options(ORGANIZATION, nav, notices, NOW)
            verified = {each.notice.nav: verify(connection, each.notice.nav) for each in notices}

            assert nav in verified
            if isinstance(outcome, Refusal):
                assert set(verified.values()) == {outcome.fault}
            else:
                agree(outcome, verified)
        connection.rollback()


def agree(outcome: OptionsDue, verified: dict[str, PaaFault | None]) -> None:
    """Asserts that each installment, and each option, agrees with the faults of verify."""
    shown = [each for option in outcome.options for each in option.installments]
    assert sorted(each.notice.nav for each in shown) == sorted(verified)
    for each in shown:
        assert each.status in SHOWN[verified[each.notice.nav]]
        assert (each.status == "POI_EXPIRED_UNPAID") <= (each.notice.due_at < NOW)
    for due_option in outcome.options:
        accepted = any(verified[each.notice.nav] is None for each in due_option.installments)
        assert (due_option.status in PAYABLE_STATUSES) <= accepted


BANK, POSTAL = transfer(), transfer()._replace(iban=None, postal_iban="IT46X0760103200000000123456")
EMPTY = BANK._replace(postal_iban="")


@pytest.mark.parametrize(
    ("transfers", "expected"),
    [
        ([POSTAL, POSTAL], True),
        ([POSTAL, BANK], False),
        ([POSTAL, EMPTY], False),
        ([BANK], False),
        ([], True),
    ],
)
def test_all_ccp_of_a_debt_equals_that_of_verify(
    store: Store, transfers: list[Transfer], *, expected: bool
):
    """Both queries give allCCP of the contract the same meaning."""
    numbered = tuple(each._replace(number=n) for n, each in enumerate(transfers, 1))
    add(store, position("ONE", option(1)._replace(transfers=numbered), option(2)))

    all_ccp = {each.notice.nav: each.all_ccp for each in store.debt(ORGANIZATION, nav(2)).notices}
    notice = store.notice(ROUTE, nav(1)).notice

    assert notice is not None
    assert all_ccp == {nav(1): expected, nav(2): False}
    assert due(ORGANIZATION, notice).all_ccp == expected


def test_debt_is_returned_for_each_of_its_notices_only(store: Store):
    """The debt has no notices of another position or of another organization."""
    add(store, position("ONE", option(1), option(2)), position("TWO", option(3)))
    add(store, position("ONE", option(2), option(4), organization=OTHER))

    def navs(organization: str, serial: int) -> tuple[bool, set[str]]:
        is_ours, notices = store.debt(organization, nav(serial))
        return is_ours, {each.notice.nav for each in notices}

    assert navs(ORGANIZATION, 1) == navs(ORGANIZATION, 2) == (True, {nav(1), nav(2)})
    assert navs(ORGANIZATION, 3) == (True, {nav(3)})
    assert navs(OTHER, 2) == (True, {nav(2), nav(4)})
    assert navs(ORGANIZATION, 4) == navs(OTHER, 1) == (True, set())
    assert navs(STRANGER, 1) == (False, set())
