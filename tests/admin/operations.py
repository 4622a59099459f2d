"""Every operation of the admin face, for the tests that hold for all of them."""

from typing import NamedTuple

from gpd_soap.store.keys import Role
from tests.admin.office import ALL, ENTRY, ONE, OPTIONS, ORGANIZATION
from tests.intake.bodies import body, iuv, nav


class Operation(NamedTuple):
    """What is asked, of a back office that has POSIZIONE-1; `role` is the least that may read."""

    method: str
    path: str
    told: object = None
    role: Role = Role.READER


POSITIONS = [
    Operation("GET", ALL),
    Operation("GET", ONE),
    Operation("GET", f"{OPTIONS}/{iuv(1)}/debtposition"),
    Operation("GET", f"{OPTIONS}/{nav(1)}"),
    Operation("POST", ALL, body()),
    Operation("POST", f"{ALL}/bulk", {"paymentPositions": [body()]}),
    Operation("PUT", ONE, body()),
    Operation("DELETE", ONE),
    Operation("POST", f"{ONE}/publish"),
    Operation("POST", f"{ONE}/invalidate"),
    Operation("POST", f"{OPTIONS}/paids/{nav(1)}", {}),
    Operation("PATCH", f"{ALL}/transfers?oldIban=X", {"newIban": "IT60X0542811101000000123456"}),
]

#: The last two are for the keys of every organization.
JOURNAL = [
    Operation("GET", f"/organizations/{ORGANIZATION}/journal"),
    Operation("GET", f"/organizations/{ORGANIZATION}/journal/{ENTRY.place.reference}"),
    Operation("GET", "/journal", role=Role.ADMIN),
    Operation("GET", f"/journal/{ENTRY.place.reference}", role=Role.ADMIN),
]

OPERATIONS = [*POSITIONS, *JOURNAL]
