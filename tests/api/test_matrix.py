"""Operations that each status of a position allows.

SPEC: GPD, its state machine.  Ours differs in one cell: a transfer can be reported again.

"""

import pytest

from tests.api.office import ALL, DAY, ONE, OPTIONS, Answer, BackOffice
from tests.validation.bodies import body, iuv, nav, option

OPERATIONS = "update delete publish invalidate paids report".split()
#: "+" marks an operation that is allowed.
TABLE = {
    "DRAFT":          "+ + + - + -",
    "PUBLISHED":      "+ + - + + -",
    "VALID":          "+ + - + + -",
    "EXPIRED":        "+ + - - + -",
    "INVALID":        "- + - - + -",
    "PARTIALLY_PAID": "- - - - + +",
    "PAID":           "- - - - - +",
    "REPORTED":       "- - - - - +",
}  # fmt: skip
TITLES = {
    "update": "Existing related payment found or not in updatable state",
    "delete": "Existing related payment found",
    "publish": "Existing related payment found or not in publishable state",
    "invalidate": "Existing related payment found or not in invalidable state",
    "paids": "Existing related payment found",
    "report": "transfer is not in accountable state",
}
CELLS = [
    (state, operation, mark == "+")
    for state, row in TABLE.items()
    for operation, mark in zip(OPERATIONS, row.split(), strict=True)
]


def plan(state: str, **more: object) -> dict[str, object]:
    """Body of a position: one notice, or two installments for PARTIALLY_PAID."""
    options = [option(1, **more)]
    if state == "PARTIALLY_PAID":
        options = [option(serial, isPartialPayment=True, **more) for serial in (1, 2)]
    validity = {"validityDate": "2026-03-20T08:00:00"} if state == "PUBLISHED" else {}
    return body(*options, **validity)


def reach(office: BackOffice, state: str) -> None:
    """Bring a position to a status."""
    office.create(plan(state), "" if state == "DRAFT" else "?toPublish=true")
    if state == "EXPIRED":
        office.clock.now += 60 * DAY
    if state == "INVALID":
        office.post(f"{ONE}/invalidate")
    if state in ("PARTIALLY_PAID", "PAID", "REPORTED"):
        office.pay()
    if state == "REPORTED":
        request_operation(office, state, "report")
    assert office.status() == state


def request_operation(office: BackOffice, state: str, operation: str) -> Answer:
    """Request an operation; "paids" is requested for a notice that is unpaid, if there is one."""
    if operation == "update":
        return office.put(ONE, plan(state, dueDate="2026-12-31"))
    if operation == "delete":
        return office.request("DELETE", ONE)
    if operation == "report":
        return office.post(f"{OPTIONS}/{iuv(1)}/transfers/1/report")
    if operation == "paids":
        return office.post(f"{OPTIONS}/paids/{nav(2 if state == 'PARTIALLY_PAID' else 1)}")
    return office.post(f"{ONE}/{operation}")


@pytest.mark.parametrize(("state", "operation", "allowed"), CELLS)
def test_operation_is_200_or_409_by_status_as_at_gpd(
    quick: BackOffice, state: str, operation: str, *, allowed: bool
):
    """A refused operation has GPD's title and changes nothing."""
    reach(quick, state)
    before = quick.get(ALL).body

    answer = request_operation(quick, state, operation)

    if allowed:
        assert answer.status == 200
    else:
        assert (answer.status, answer.title) == (409, TITLES[operation])
        assert quick.get(ALL).body == before
