"""The rules of one position as a model: an operation gives an answer and another state.

`gpd_soap.core.receipt` decides receipts, and `gpd_soap.core.payable` questions.  The rules of the
admin API are written here again, so that no mistake of the program is repeated.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

from gpd_soap.core.debt import Debtor, NodeRoute, Notice, RouteCheck
from gpd_soap.core.payable import payable
from gpd_soap.core.receipt import Receipt, ReceiptFacts, ReceiptStatus, settle
from gpd_soap.core.state import OptionFacts, PositionFacts, PositionState, position_state
from tests.drills.operations import (
    CHANGED,
    CREATED,
    DONE,
    FEE_REFUSED,
    FEE_SET,
    OK,
    REFUSED,
    UNKNOWN,
    ChangeAccount,
    ConditionalChange,
    Create,
    Decided,
    Delete,
    Operation,
    Option,
    PayElsewhere,
    Position,
    Publish,
    Receive,
    Replace,
    Restore,
    SetFee,
    State,
    Verify,
    Withdraw,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUBLISHED, DUE = NOW.replace(year=2025), NOW.replace(year=2199)
ORGANIZATION = "77777777777"
ROUTE, ROUTE_CHECK = (
    NodeRoute(ORGANIZATION, "", ""),
    RouteCheck("", broker_known=True, station_serves=True),
)
BLANK = Notice(
    iupd="", version=1, published_at=PUBLISHED, withdrawn_at=None, company_name="",
    office_name=None, debtor=Debtor("F", "", ""), nav="", iuv="", revision=1, amount=0,
    description="", plan=None, valid_from=None, due_at=DUE, switch_to_expired=True,
    retention_at=None, last_payment=None, metadata=(), paid_at=None, reported_at=None,
    alternative_paid=False,
)  # fmt: skip
#: The receiptId of a notice that the organization declares as paid.
ELSEWHERE = "CLOSED_AS_ALREADY_PAID_BY_EC"

NOT_UPDATABLE = {PositionState.INVALID, PositionState.PARTIALLY_PAID, PositionState.PAID,
                 PositionState.REPORTED}  # fmt: skip
NOT_DELETABLE = NOT_UPDATABLE - {PositionState.INVALID}
WITHDRAWABLE = {PositionState.PUBLISHED, PositionState.VALID}
SETTLED = {PositionState.PAID, PositionState.REPORTED}
#: The states whose accounts a change of the IBAN leaves as they are.
CLOSED = SETTLED | {PositionState.INVALID}

Steps = Iterator[tuple[str, State]]


def apply(state: State, operation: Operation) -> Steps:
    """Yield every answer to an operation with the state after it; a match has several."""
    match operation:
        case Receive():
            yield OK, _receive(state, operation)
        case Verify(nav):
            refusal = payable(_notice(state.position, nav), NOW)
            option = _option(state.position, nav)
            known = str(option.amount + option.fee) if option else ""
            yield known if refusal is None else refusal.fault.code, state
        case Create(options):
            if state.position is not None or _reuse_retired(state, options):
                yield REFUSED, state
            else:
                made = state._replace(position=Position(options), moves=state.moves + 1)
                yield from ((CREATED, after) for after in _match_waiting(made))
        case ChangeAccount(old, new):
            yield _change_account(state, old, new)
        case PayElsewhere(nav):
            yield _pay_elsewhere(state, nav)
        case SetFee(nav, fee):
            yield _set_fee(state, nav, fee)
        case _:
            yield from _change(state, operation)


def _change(state: State, change: ConditionalChange) -> Steps:
    """Yield the answer to a change of the position that exists, and the state after it."""
    position = state.position
    if position is None:
        yield UNKNOWN, state
    elif change.conditional and state.moves:
        yield CHANGED, state
    else:
        current, moved = _state_of(position), state._replace(moves=state.moves + 1)
        match change:
            case Replace(options):
                yield from _replace(state, position, options)
            case Delete() if current not in NOT_DELETABLE:
                gone = {option.nav for option in position.options}
                yield DONE, moved._replace(position=None, retired=state.retired | gone)
            case Publish() if current is PositionState.DRAFT:
                yield DONE, moved._replace(position=position._replace(published=True))
            case Withdraw() if current in WITHDRAWABLE:
                yield DONE, moved._replace(position=position._replace(withdrawn=True))
            case Restore() if position.withdrawn and current not in SETTLED:
                yield DONE, moved._replace(position=position._replace(withdrawn=False))
            case _:
                yield REFUSED, state


def _replace(state: State, position: Position, options: tuple[Option, ...]) -> Steps:
    if _state_of(position) in NOT_UPDATABLE or _reuse_retired(state, options):
        yield REFUSED, state
        return
    gone = {option.nav for option in position.options} - {option.nav for option in options}
    fees = {option.nav: option.fee for option in position.options}
    options = tuple(each._replace(fee=fees.get(each.nav, 0)) for each in options)
    replaced = State(
        position._replace(options=options), state.receipts, state.retired | gone, state.moves + 1
    )
    yield from ((DONE, after) for after in _match_waiting(replaced))


def _match_waiting(state: State) -> Iterator[State]:
    """Yield the states after unmatched receipts are settled, in each possible order."""
    position = state.position
    assert position is not None
    navs = {option.nav for option in position.options}
    waiting = [
        each for each in state.receipts
        if each.status == ReceiptStatus.UNMATCHED and each.receipt.nav in navs
    ]  # fmt: skip
    others = tuple(each for each in state.receipts if each not in waiting)
    for order in itertools.permutations(waiting):
        after = state._replace(receipts=others)
        for each in order:
            after = _receive(after, each.receipt)
        yield after


def _receive(state: State, receipt: Receive) -> State:
    """Return the state with a receipt; one whose receiptId is stored changes its copies alone."""
    if any(each.receipt.receipt_id == receipt.receipt_id for each in state.receipts):
        return state
    notice = _notice(state.position, receipt.nav)
    known = ReceiptFacts(ROUTE_CHECK, notice, None, None, is_only_option=False)
    verdict = settle(_receipt(receipt), known, NOW)
    decided = Decided(receipt, str(verdict.status), "; ".join(verdict.reasons))
    after = state._replace(receipts=tuple(sorted([*state.receipts, decided])))
    return _paid(after, receipt.nav, receipt.receipt_id) if verdict.pays else after


def _pay_elsewhere(state: State, nav: str) -> tuple[str, State]:
    option, position = _option(state.position, nav), state.position
    if option is None or position is None:
        return UNKNOWN, state
    paid = [each for each in position.options if each.paid_by is not None]
    if _state_of(position) in SETTLED or option.paid_by is not None:
        return REFUSED, state
    if any(each.plan is None for each in paid):
        return REFUSED, state
    if paid and (option.plan is None or any(each.plan != option.plan for each in paid)):
        return UNKNOWN, state
    return DONE, _paid(state, nav, ELSEWHERE)


def _set_fee(state: State, nav: str, fee: int) -> tuple[str, State]:
    option, position = _option(state.position, nav), state.position
    if option is None or position is None:
        return UNKNOWN, state
    if option.paid_by is not None:
        return FEE_REFUSED, state
    options = tuple(
        each._replace(fee=fee) if each.nav == nav else each for each in position.options
    )
    moves = state.moves + (option.fee != fee)
    return FEE_SET, state._replace(position=position._replace(options=options), moves=moves)


def _change_account(state: State, old: str, new: str) -> tuple[str, State]:
    position = state.position
    if position is None or _state_of(position) in CLOSED:
        return f"{DONE} 0", state
    moved = [each.iban == old and each.paid_by is None for each in position.options]
    options = tuple(
        each._replace(iban=new) if moves else each
        for each, moves in zip(position.options, moved, strict=True)
    )
    after = state._replace(position=position._replace(options=options), moves=state.moves + 1)
    return f"{DONE} {sum(moved)}", after if any(moved) else state


def _paid(state: State, nav: str, by: str) -> State:
    assert state.position is not None
    options = tuple(
        each._replace(paid_by=by) if each.nav == nav else each for each in state.position.options
    )
    position = state.position._replace(options=options)
    return state._replace(position=position, moves=state.moves + 1)


def _reuse_retired(state: State, options: tuple[Option, ...]) -> bool:
    """Return whether one of these numbers was retired."""
    return any(option.nav in state.retired for option in options)


def _state_of(position: Position) -> PositionState:
    options = tuple(
        OptionFacts(each.plan, None, DUE, True, each.paid_by is not None, (False,))
        for each in position.options
    )
    published = PUBLISHED if position.published else None
    facts = PositionFacts(published, NOW if position.withdrawn else None, options)
    return position_state(facts, NOW)


def _option(position: Position | None, nav: str) -> Option | None:
    options = () if position is None else position.options
    return next((each for each in options if each.nav == nav), None)


def _notice(position: Position | None, nav: str) -> Notice | None:
    option = _option(position, nav)
    if option is None or position is None:
        return None
    others = [each for each in position.options if each.nav != nav and each.paid_by is not None]
    return BLANK._replace(
        published_at=PUBLISHED if position.published else None,
        withdrawn_at=NOW if position.withdrawn else None,
        nav=nav,
        iuv=nav[1:],
        amount=option.amount + option.fee,
        plan=option.plan,
        paid_at=None if option.paid_by is None else NOW,
        alternative_paid=any(each.plan is None or each.plan != option.plan for each in others),
    )


def _receipt(receipt: Receive) -> Receipt:
    return Receipt(
        ROUTE, receipt.receipt_id, digest="", issuer=ORGANIZATION, nav=receipt.nav,
        iuv=receipt.nav[1:], outcome="OK", amount=receipt.amount, psp="", psp_name="",
        psp_fiscal_code=None, channel="", method=None, fee=None, paid_at=None, stand_in=False,
        debtor_code="",
    )  # fmt: skip
