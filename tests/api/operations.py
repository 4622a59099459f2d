"""Every operation of the admin face, for the tests that hold for all of them."""

from typing import Any, NamedTuple

from gpd_soap.store.access.keys import Role
from tests.api import paying
from tests.api.office import ALL, ENTRY, ONE, OPTIONS, ORGANIZATION, ROUTE, SECOND
from tests.validation.bodies import body, iuv, nav


class Operation(NamedTuple):
    """A request to a back office that has POSIZIONE-1 and the messages of `paying.keep`.

    `role` is the lowest that may read it.  With `names_none`, it needs a key of every organization.

    """

    method: str
    path: str
    content: object = None
    role: Role = Role.READER
    names_none: bool = False


POSITIONS = [
    Operation("GET", ALL),
    Operation("GET", ONE),
    Operation("GET", f"{OPTIONS}/{iuv(1)}/debtposition"),
    Operation("GET", f"{OPTIONS}/{nav(1)}"),
    Operation("POST", ALL, body()),
    Operation("POST", f"{ALL}/bulk", {"paymentPositions": [body()]}),
    Operation("PUT", ALL, {"paymentPositions": [body()]}),
    Operation("DELETE", ALL, {"paymentPositionIUPDs": ["POSIZIONE-1"]}),
    Operation("GET", SECOND),
    Operation("POST", SECOND, {"paymentPositions": [body()]}),
    Operation("PUT", SECOND, {"paymentPositions": [body()]}),
    Operation("DELETE", SECOND, {"paymentPositionIUPDs": ["POSIZIONE-1"]}),
    Operation("PUT", ONE, body()),
    Operation("DELETE", ONE),
    Operation("POST", f"{ONE}/publish"),
    Operation("POST", f"{ONE}/invalidate"),
    Operation("POST", f"{ONE}/restore", {"reason": "errore"}),
    Operation("GET", f"{ONE}/history"),
    Operation("POST", f"{OPTIONS}/{iuv(1)}/transfers/1/report"),
    Operation("PUT", f"{OPTIONS}/{nav(1)}/notificationfee", {"notificationFee": 250}),
    Operation("POST", f"{OPTIONS}/paids/{nav(1)}", {}),
    Operation("POST", f"/v2{OPTIONS}/paids/{nav(1)}", {}),
    Operation("PATCH", f"{ALL}/transfers?oldIban=X", {"newIban": "IT60X0542811101000000123456"}),
]

#: Those without an organization need a key of every organization.
JOURNAL = [
    Operation("GET", f"/organizations/{ORGANIZATION}/journal"),
    Operation("GET", f"/organizations/{ORGANIZATION}/journal/{ENTRY.key.reference}"),
    Operation("GET", f"/organizations/{ORGANIZATION}/tally"),
    Operation("GET", "/tally", role=Role.ADMIN),
    Operation("GET", "/journal", role=Role.ADMIN),
    Operation("GET", f"/journal/{ENTRY.key.reference}", role=Role.ADMIN),
]

OFFER: dict[str, Any] = {
    "kind": "declared",
    "settings": {
        "amount": 500,
        "description": "Diritti di segreteria",
        "category": "0101002IM",
        "iban": "IT60X0542811101000000123456",
        "segregationCode": "47",
    },
}
US = f"/organizations/{ORGANIZATION}"
#: An organization that is not registered.
NEW = "/organizations/12345678901"
SERVED = f"{US}/stations/{ROUTE.station}"
SERVICE = f"{US}/services/00001/00009"


def offer(**more: Any) -> dict[str, Any]:
    """A valid service with these settings changed."""
    return {"kind": "declared", "settings": {**OFFER["settings"], **more}}


#: Operations on one organization, for its administrator.
OURS = [
    Operation("GET", US, role=Role.ADMIN),
    Operation("PUT", US, {"name": "Comune di Prova"}, Role.ADMIN),
    Operation("DELETE", US, role=Role.ADMIN),
    Operation("GET", f"{US}/stations", role=Role.ADMIN),
    Operation("PUT", SERVED, {"segregationCode": "47"}, Role.ADMIN),
    Operation("DELETE", SERVED, role=Role.ADMIN),
    Operation("GET", f"{US}/printing", role=Role.ADMIN),
    Operation("PUT", f"{US}/printing", {"cbill": "A0EDT"}, Role.ADMIN),
    Operation("GET", f"{US}/services", role=Role.ADMIN),
    Operation("GET", SERVICE, role=Role.ADMIN),
    Operation("PUT", SERVICE, OFFER, Role.ADMIN),
    Operation("DELETE", SERVICE, role=Role.ADMIN),
]
#: Operations on no single organization, for an administrator of all.
EVERYBODYS = [
    Operation("GET", "/organizations", role=Role.ADMIN),
    Operation("GET", "/brokers", role=Role.ADMIN),
    Operation("PUT", f"/brokers/{ROUTE.broker}", role=Role.ADMIN),
    Operation("DELETE", f"/brokers/{ROUTE.broker}", role=Role.ADMIN),
    Operation("GET", "/stations", role=Role.ADMIN),
    Operation("GET", f"/stations/{ROUTE.station}", role=Role.ADMIN),
    Operation("PUT", f"/stations/{ROUTE.station}", {"broker": ROUTE.broker}, Role.ADMIN),
    Operation("DELETE", f"/stations/{ROUTE.station}", role=Role.ADMIN),
    Operation("GET", "/keys", role=Role.ADMIN),
    Operation("POST", "/keys", {"name": "Prova", "role": "admin"}, Role.ADMIN),
    Operation("DELETE", "/keys/0123456789ab", role=Role.ADMIN),
]

AUDIT = [
    Operation("GET", f"{US}/audit", role=Role.ADMIN),
    Operation("GET", "/audit", role=Role.ADMIN),
]

SEARCHES = [
    Operation("GET", f"{US}/notices?nav={nav(1)}"),
    Operation("GET", f"{US}/search?text={nav(1)}"),
]

RECEIPTS = [
    Operation("GET", paying.RECEIPTS),
    Operation("GET", f"{paying.RECEIPTS}/{iuv(90)}"),
    Operation("GET", f"{US}/receipts?iuv={iuv(90)}"),
    Operation("GET", f"{US}/receipts/r-90"),
    Operation("GET", f"{US}/receipts/r-90/xml"),
    Operation("POST", f"{US}/receipts/r-90/case", {"cause": "paid-by-mistake"}),
]


def worklist(path: str, case: str, *, names_none: bool) -> list[Operation]:
    """Operations on a worklist that has this case."""
    one = f"{path}/{case}"
    requests: list[tuple[str, str, object]] = [
        ("GET", path, None),
        ("GET", one, None),
        ("GET", f"{one}/raw", None),
        ("POST", f"{one}/claim", None),
        ("POST", f"{one}/release", None),
        ("POST", f"{one}/resolve", {"note": "Restituito"}),
        ("POST", f"{one}/rematch", {}),
    ]
    return [Operation(*each, names_none=names_none) for each in requests]


OPERATIONS = [
    *POSITIONS,
    *OURS,
    *EVERYBODYS,
    *SEARCHES,
    *RECEIPTS,
    *JOURNAL,
    *AUDIT,
    Operation("GET", f"{US}/events"),
    Operation("GET", f"{US}/documents"),
    *worklist(paying.WORKLIST, "r-90", names_none=False),
    *worklist("/worklist", paying.quarantined(paying.NOBODYS), names_none=True),
]

SUBSCRIPTIONS = f"{US}/subscriptions"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/sub_0f8fad5bd9cb469fa16570867728950e"
SUBSCRIBED = {"url": "https://ente.example.it/eventi"}

JOBS, JOB = f"{US}/jobs", "job_0f8fad5bd9cb469fa16570867728950e"
DOCUMENT = f"{US}/documents/{64 * '0'}"
BATCHES = f"{US}/notices/batches"
BATCH = f"{BATCHES}/bat_0f8fad5bd9cb469fa16570867728950e"

PRINT_SERVICE = "/print-payment-notice-service/external/v1/notices"
FOLDER = f"{PRINT_SERVICE}/folder/{ORGANIZATION}-bat_0f8fad5bd9cb469fa16570867728950e"
ITEM = {
    "templateId": "TemplateSingleInstalment",
    "data": {
        "notice": {"subject": "Tributo 1", "code": nav(1)},
        "creditorInstitution": {"taxCode": ORGANIZATION},
        "debtor": {
            "fullName": "Maria Esempio", "address": "", "buildingNumber": "", "postalCode": "",
            "city": "", "province": "",
        },
    },
}  # fmt: skip

LOADS = f"{US}/loads"
LOAD = f"{LOADS}/load_0f8fad5bd9cb469fa16570867728950e"

#: Operations that answer every key, or need webhooks, a job or a published position: `test_feed`,
#: `test_subscriptions`, `test_jobs`, `test_documents`, `test_loads` and those of `print_service`
#: try their rights.
APART = [
    Operation("GET", "/feeds"),
    Operation("GET", f"{US}/notices/{nav(1)}.pdf"),
    Operation("GET", f"{US}/receipts/r-1.pdf"),
    Operation("GET", f"{ONE}/notices.pdf"),
    Operation("GET", f"/avvisi/{ORGANIZATION}/{nav(1)}"),
    Operation("GET", f"/documenti/{ORGANIZATION}/POSIZIONE-1/avvisi"),
    Operation("GET", DOCUMENT),
    Operation("GET", f"{DOCUMENT}/pdf"),
    Operation("POST", BATCHES, {"navs": [nav(1)]}),
    Operation("GET", BATCHES),
    Operation("GET", BATCH),
    Operation("GET", f"{BATCH}/lines"),
    Operation("GET", f"{BATCH}/zip"),
    Operation("POST", f"{BATCH}/resume"),
    Operation("POST", f"{PRINT_SERVICE}/generate", ITEM),
    Operation("POST", f"{PRINT_SERVICE}/generate-massive", {"notices": [ITEM]}),
    *(Operation("GET", f"{FOLDER}/{name}") for name in ("status", "url", "error/1", "file/1/url")),
    Operation("DELETE", FOLDER),
    Operation("GET", f"{PRINT_SERVICE}/templates"),
    Operation("GET", f"{PRINT_SERVICE}/templates/TemplateSingleInstalment"),
    Operation("GET", f"{PRINT_SERVICE}/signed/{ORGANIZATION}-bat_{32 * '0'}/a.pdf"),
    Operation("GET", "/webhook-keys"),
    Operation("GET", SUBSCRIPTIONS),
    Operation("POST", SUBSCRIPTIONS, SUBSCRIBED),
    Operation("GET", SUBSCRIPTION),
    Operation("PUT", SUBSCRIPTION, SUBSCRIBED),
    Operation("DELETE", SUBSCRIPTION),
    *(Operation("POST", f"{SUBSCRIPTION}/{n}") for n in ("test", "pause", "resume", "rotate")),
    Operation("POST", f"{SUBSCRIPTION}/replay", {"dead": True}),
    Operation("GET", f"{SUBSCRIPTION}/parked"),
    Operation("DELETE", f"{SUBSCRIPTION}/parked/1"),
    Operation("GET", LOADS),
    Operation("POST", LOADS),
    *(Operation("GET", path) for path in (LOAD, f"{LOAD}/lines", f"{LOAD}/rows")),
    Operation("POST", f"{LOAD}/answer", {"amounts": "euro"}),
    Operation("POST", f"{LOAD}/load", {"reading": "0123456789abcdef"}),
    Operation("POST", f"{LOAD}/undo", {"way": "delete"}),
    *(Operation("POST", f"{LOAD}/{name}") for name in ("cancel", "resume")),
    *(Operation("GET", path) for path in (JOBS, f"{JOBS}/{JOB}", "/jobs", f"/jobs/{JOB}")),
    *(Operation("POST", f"{JOBS}/{JOB}/{name}") for name in ("retry", "cancel")),
    *(Operation("POST", f"/jobs/{JOB}/{name}") for name in ("retry", "cancel")),
]
