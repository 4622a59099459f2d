"""Every no of the admin face: GPD's titles and statuses, told as RFC 9457 problems.

Source of the titles: spec/gpd-reference.md 3.1.  No detail says whether something exists that the
caller may not see, and none repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gpd_soap.usecases import refusals
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError

KIND = "application/problem+json"


class Problem(NamedTuple):
    """What is wrong, for a program by status and title, for a person by detail."""

    status: int
    title: str
    detail: str

    def body(self, errors: Iterable[FieldError] = ()) -> dict[str, Any]:
        """The JSON of an answer."""
        told: dict[str, Any] = self._asdict()
        found = [error._asdict() for error in errors]
        return {**told, "errors": found} if found else told


class Refused(Exception):
    """Raised where a request cannot be followed; leaving a transaction by it undoes everything."""

    def __init__(
        self,
        problem: Problem,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say which no, what is wrong in which field, and what the answer's headers add."""
        super().__init__(problem.title)
        self.problem, self.errors, self.headers = problem, tuple(errors), dict(headers or {})


BAD_REQUEST = Problem(400, "BAD REQUEST", "The request is not of the form that is expected.")
DATA_ERROR = Problem(
    400,
    "Error in the debt position request data",
    "What the request says breaks a rule: see errors.",
)
NOT_RECOVERABLE = Problem(
    400,
    "The debt positions cannot be recovered",
    "Expected the first date not after the second, and at most 30 days between them.",
)
NO_KEY = Problem(
    401,
    "Unauthorized",
    "Expected a key that works in Ocp-Apim-Subscription-Key, X-Api-Key or Authorization: Bearer.",
)
FORBIDDEN = Problem(
    403, "The payment position is forbidden", "The key is not for this organization."
)
READ_ONLY = Problem(403, "The payment position is forbidden", "The key is for reading alone.")
LENIENT = Problem(
    403, "The payment position is forbidden", "Only a key of an administrator may be lenient."
)
ADMINISTRATORS = Problem(403, "Forbidden", "Expected the key of an administrator.")
EVERY_ORGANIZATION = Problem(
    403, "Forbidden", "Expected a key for every organization to register or remove one."
)
ORGANIZATION_NOT_FOUND = Problem(
    404, "Not found the organization", "The organization is not registered here."
)
NOT_FOUND = Problem(404, "Not found the debt position", "There is no position of this name.")
OPTION_NOT_FOUND = Problem(
    404, "Not found the payment option", "There is no notice of this number to be found."
)
TRANSFER_NOT_FOUND = Problem(
    404, "Not found the transfer", "There is no transfer of this number of a notice of this IUV."
)
ENTRY_NOT_FOUND = Problem(404, "Not found the journal entry", "There is no entry of this id.")
NOT_UNIQUE = Problem(
    409,
    "The debt position violated constraints of uniqueness",
    "An IUPD is in use, or an IUV or a notice number is or was: see errors.",
)
PAYMENT_FOUND = Problem(
    409, "Existing related payment found", "Some of the position was paid or reported."
)
ALREADY_PAID = Problem(
    409, "Existing related payment found", "The notice, or what excludes it, was paid already."
)
NOT_UPDATABLE = Problem(
    409,
    "Existing related payment found or not in updatable state",
    "The position was withdrawn, or some of it was paid or reported.",
)
NOT_PUBLISHABLE = Problem(
    409,
    "Existing related payment found or not in publishable state",
    "Only a draft can be published.",
)
NOT_INVALIDABLE = Problem(
    409,
    "Existing related payment found or not in invalidable state",
    "Only a position that is published or valid can be withdrawn.",
)
DUE_BEFORE_VALIDITY = Problem(
    409,
    "The due date of a payment option is before the validity date",
    "A notice would be due before it can be paid.",
)
PUBLISHED_AFTER_DUE = Problem(
    409,
    "Publish request occurred after the due date of a payment options has expired",
    "A notice is past its due date.",
)
PUBLISHED_AFTER_VALIDITY = Problem(
    409,
    "Publish request occurred after the validity date began",
    "The position should have been published before it became valid.",
)
BAD_CONFIGURATION = Problem(
    400,
    "Error in the configuration data",
    "What the request says breaks a rule: see errors.",
)
BROKER_NOT_FOUND = Problem(404, "Not found the broker", "The broker is not registered here.")
STATION_NOT_FOUND = Problem(404, "Not found the station", "The station is not registered here.")
NOT_SERVING = Problem(404, "Not found the station", "The station does not serve the organization.")
SERVICE_NOT_FOUND = Problem(
    404, "Not found the service", "The organization offers no service of these identifiers."
)
KEY_NOT_FOUND = Problem(404, "Not found the key", "No key of this id works.")
IN_USE = Problem(409, "In use", "Something else would lose what it needs: see errors.")
UNDER_WAY = Problem(
    409, "Conflict", "The request of this Idempotency-Key is under way: ask again for its answer."
)
OTHER_REQUEST = Problem(
    422, "Unprocessable Content", "This Idempotency-Key is of another request: give a new one."
)
RECEIPT_FORBIDDEN = Problem(
    403, "The receipt retrieve is forbidden", "The IUV is of none of the segregation codes."
)
RECEIPT_NOT_FOUND = Problem(
    404, "Not found the receipt", "No receipt of a payment of this IUV is kept."
)
INVALID_DATE_RANGE = Problem(
    400, "Invalid date range", "Expected dates or date-times, the first not after the second."
)
NOT_ENOUGH = Problem(400, "Not enough elements", "There are fewer pages.")
CASE_NOT_FOUND = Problem(404, "Not found the case", "Nothing of this id is kept.")
NOT_OPEN = Problem(
    409, "The case is not open", "It was resolved already, or there is nothing to decide."
)
NOT_WAITING = Problem(
    409, "The case has no notice to find", "Only what has paid no notice yet can be matched."
)
NOT_MATCHED = Problem(409, "The case has found no notice", "There is no notice of its number.")
NOT_PAYABLE = Problem(
    409, "The notice cannot be paid by this case", "It, or what excludes it, was paid already."
)
NOT_TAKEN = Problem(409, "The message was refused again", "It was answered {}.")
NOT_ACCOUNTABLE = Problem(
    409, "transfer is not in accountable state", "The notice of the transfer is not paid."
)
CHANGED = Problem(
    412, "Precondition Failed", "The position is not any more what If-Match says: read it again."
)
TOO_LARGE = Problem(413, "Request Entity Too Large", "Expected a body of at most 1 MiB.")
TOO_FAST = Problem(
    429, "Too Many Requests", "The key asks more often than it may: wait as Retry-After says."
)
KEY_BUSY = Problem(
    429,
    "Too Many Requests",
    "The key has as many requests under way as it may: wait as Retry-After says.",
)
FACE_BUSY = Problem(
    429,
    "Too Many Requests",
    "As many requests are under way as there may be: wait as Retry-After says.",
)
NOT_JSON = Problem(
    415, "Unsupported Media Type", "Expected application/json in UTF-8, not compressed."
)
BROKEN = Problem(500, "INTERNAL SERVER ERROR", "Something failed here, and it has been logged.")
UNAVAILABLE = Problem(
    503, "Service Unavailable", "The database could not take the request now: try again."
)

#: What each refusal of a use case is over HTTP.
PROBLEMS: dict[type[Refusal], Problem] = {
    refusals.Malformed: BAD_REQUEST,
    refusals.InvalidPosition: DATA_ERROR,
    refusals.InvalidConfiguration: BAD_CONFIGURATION,
    refusals.InvalidDateRange: INVALID_DATE_RANGE,
    refusals.MayNotRegister: EVERY_ORGANIZATION,
    refusals.OrganizationNotFound: ORGANIZATION_NOT_FOUND,
    refusals.BrokerNotFound: BROKER_NOT_FOUND,
    refusals.StationNotFound: STATION_NOT_FOUND,
    refusals.StationNotServing: NOT_SERVING,
    refusals.ServiceNotFound: SERVICE_NOT_FOUND,
    refusals.InUse: IN_USE,
    refusals.PositionNotFound: NOT_FOUND,
    refusals.NoticeNotFound: OPTION_NOT_FOUND,
    refusals.TransferNotFound: TRANSFER_NOT_FOUND,
    refusals.PositionChanged: CHANGED,
    refusals.NotUnique: NOT_UNIQUE,
    refusals.PaymentFound: PAYMENT_FOUND,
    refusals.AlreadyPaid: ALREADY_PAID,
    refusals.NotUpdatable: NOT_UPDATABLE,
    refusals.NotPublishable: NOT_PUBLISHABLE,
    refusals.NotInvalidable: NOT_INVALIDABLE,
    refusals.DueBeforeValidity: DUE_BEFORE_VALIDITY,
    refusals.PublishedAfterDue: PUBLISHED_AFTER_DUE,
    refusals.PublishedAfterValidity: PUBLISHED_AFTER_VALIDITY,
    refusals.TransferNotPaid: NOT_ACCOUNTABLE,
    refusals.ReceiptForbidden: RECEIPT_FORBIDDEN,
    refusals.ReceiptNotFound: RECEIPT_NOT_FOUND,
    refusals.CaseNotFound: CASE_NOT_FOUND,
    refusals.CaseNotOpen: NOT_OPEN,
    refusals.CaseNotWaiting: NOT_WAITING,
    refusals.CaseNotMatched: NOT_MATCHED,
    refusals.NoticeNotPayable: NOT_PAYABLE,
    refusals.EntryNotFound: ENTRY_NOT_FOUND,
    refusals.MessageRefusedAgain: NOT_TAKEN,
    refusals.MessageNotTaken: UNAVAILABLE,
}


def problem_of(refusal: Refusal) -> Problem:
    """The problem that a refusal of a use case is over HTTP."""
    problem = PROBLEMS[type(refusal)]
    if isinstance(refusal, refusals.MessageRefusedAgain):
        answered = refusal.answer or "a SOAP Fault"
        return problem._replace(detail=problem.detail.format(answered))
    return problem
