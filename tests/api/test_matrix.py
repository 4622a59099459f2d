"""Which operation a position in which state allows: the table of gpd-reference.md 2.5.

Ours differs from it in one cell: what is reported already may be reported again.
"""

import pytest

from tests.api.office import ALL, DAY, ONE, OPTIONS, Answer, Office
from tests.validation.bodies import body, iuv, nav, option

OPERATIONS = "update delete publish invalidate paids report".split()
#: An operation that is allowed is marked +.
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
    """One notice, or two installments where only a part is to be paid."""
    options = [option(1, **more)]
    if state == "PARTIALLY_PAID":
        options = [option(serial, isPartialPayment=True, **more) for serial in (1, 2)]
    validity = {"validityDate": "2026-03-20T08:00:00"} if state == "PUBLISHED" else {}
    return body(*options, **validity)


def reach(office: Office, state: str) -> None:
    """Bring a position into a state."""
    office.create(plan(state), "" if state == "DRAFT" else "?toPublish=true")
    if state == "EXPIRED":
        office.clock.now += 60 * DAY
    if state == "INVALID":
        office.post(f"{ONE}/invalidate")
    if state in ("PARTIALLY_PAID", "PAID", "REPORTED"):
        office.pay()
    if state == "REPORTED":
        do(office, state, "report")
    assert office.status() == state


def do(office: Office, state: str, operation: str) -> Answer:
    """Ask an operation of it; what could be paid still is what is called paid."""
    if operation == "update":
        return office.put(ONE, plan(state, dueDate="2026-12-31"))
    if operation == "delete":
        return office.ask("DELETE", ONE)
    if operation == "report":
        return office.post(f"{OPTIONS}/{iuv(1)}/transfers/1/report")
    if operation == "paids":
        return office.post(f"{OPTIONS}/paids/{nav(2 if state == 'PARTIALLY_PAID' else 1)}")
    return office.post(f"{ONE}/{operation}")


@pytest.mark.parametrize(("state", "operation", "allowed"), CELLS)
def test_a_state_allows_what_it_allows_at_gpd(
    quick: Office, state: str, operation: str, *, allowed: bool
):
    """Else it is a conflict under GPD's title, and everything stays as it was."""
    reach(quick, state)
    before = quick.get(ALL).body

    answer = do(quick, state, operation)

    if allowed:
        assert answer.status == 200
    else:
        assert (answer.status, answer.title) == (409, TITLES[operation])
        assert quick.get(ALL).body == before
