"""Every refusal of the admin API as a problem of RFC 9457, with GPD's titles and statuses.

SPEC: GPD, its published OpenAPI: the titles.  A detail never says whether something exists that
the caller may not see, and never repeats the content of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gpd_soap.validation.finding import FieldError

CONTENT_TYPE = "application/problem+json"


class Problem(NamedTuple):
    """A refusal: status and title for programs, detail for people."""

    status: int
    title: str
    detail: str

    def body(self, errors: Iterable[FieldError] = (), **members: str) -> dict[str, Any]:
        """Returns the JSON of an answer; `members` are those of this kind of problem alone."""
        fields: dict[str, Any] = {**self._asdict(), **members}
        details = [error._asdict() for error in errors]
        return {**fields, "errors": details} if details else fields


class Refused(Exception):
    """Raised to refuse a request; a transaction that it leaves is rolled back."""

    def __init__(
        self,
        problem: Problem,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Use a problem, the errors of its fields, and headers that the answer gets besides."""
        super().__init__(problem.title)
        self.problem, self.errors, self.headers = problem, tuple(errors), dict(headers or {})


BAD_REQUEST = Problem(400, "BAD REQUEST", "The request does not have the expected form.")
DATA_ERROR = Problem(
    400,
    "Error in the debt position request data",
    "The content of the request breaks a rule: see errors.",
)
NOT_RECOVERABLE = Problem(
    400,
    "The debt positions cannot be recovered",
    "Expected the first date not after the second, and at most 30 days between them.",
)
NO_KEY = Problem(
    401,
    "Unauthorized",
    "Expected an active key in Ocp-Apim-Subscription-Key, X-Api-Key or Authorization: Bearer.",
)
FORBIDDEN = Problem(
    403, "The payment position is forbidden", "The key is not for this organization."
)
OTHER_SEGREGATION_CODE = Problem(
    403,
    "The payment position is forbidden",
    "A notice of the request has none of the segregationCodes: see errors.",
)
READ_ONLY = Problem(403, "The payment position is forbidden", "The key can only read.")
LENIENT = Problem(
    403, "The payment position is forbidden", "Only the key of an administrator can use lenient."
)
ADMINISTRATORS = Problem(403, "Forbidden", "Expected the key of an administrator.")
EVERY_ORGANIZATION = Problem(
    403, "Forbidden", "Expected a key for every organization to register or remove one."
)
ORGANIZATION_NOT_FOUND = Problem(
    404, "Not found the organization", "The organization is not registered here."
)
NOT_FOUND = Problem(404, "Not found the debt position", "There is no position of this IUPD.")
OPTION_NOT_FOUND = Problem(
    404, "Not found the payment option", "There is no notice of this number."
)
OPTION_EXCLUDED = Problem(
    404, "Not found the payment option", "The notice is void: an alternative of it was paid."
)
OPTION_NOT_YET_VALID = Problem(
    404, "Not found the payment option", "The notice cannot be paid before its validity date."
)
TRANSFER_NOT_FOUND = Problem(
    404, "Not found the transfer", "No notice of this IUV has a transfer of this number."
)
ENTRY_NOT_FOUND = Problem(404, "Not found the journal entry", "There is no entry of this id.")
NOT_UNIQUE = Problem(
    409,
    "The debt position violated constraints of uniqueness",
    "An IUPD is in use, or an IUV or a notice number is or was in use: see errors.",
)
PAYMENT_FOUND = Problem(
    409, "Existing related payment found", "A notice of the position was paid or reported."
)
ALREADY_PAID = Problem(
    409,
    "Existing related payment found",
    "The notice was paid already, or an alternative of it was.",
)
NOT_UPDATABLE = Problem(
    409,
    "Existing related payment found or not in updatable state",
    "The position was withdrawn, or a notice of it was paid or reported.",
)
OWN_DEBTORS = Problem(
    409,
    "The debt position has options with debtors of their own",
    "This API knows one debtor for a position, so that the update would lose the others.",
)
FEE_OF_PAID_NOTICE = Problem(
    422,
    "Not in unpaid state for notification fee update",
    "The notice was paid or reported, so that its amount cannot change.",
)
NO_TRANSFER_FOR_FEE = Problem(
    422,
    "No valid transfer found for notification fee update",
    "No transfer of the notice is the organization's own, and only that can carry the fee.",
)
UPDATE_LOSES_FEE = Problem(
    422,
    "The debt position update is failed",
    "A notice has a notification fee, and the update leaves no transfer of the organization.",
)
NOT_RESTORABLE = Problem(
    409,
    "Existing related payment found or not in restorable state",
    "Only a withdrawn or expired position that is not paid can be restored; one whose notices have"
    " expired needs a new due date, and one whose debtor was forgotten cannot be restored.",
)
NOT_PUBLISHABLE = Problem(
    409,
    "Existing related payment found or not in publishable state",
    "Only a draft can be published.",
)
NOT_INVALIDABLE = Problem(
    409,
    "Existing related payment found or not in invalidable state",
    "Only a published or valid position can be withdrawn.",
)
DUE_BEFORE_VALIDITY = Problem(
    409,
    "The due date of a payment option is before the validity date",
    "The due date of a notice is before its validity date.",
)
PUBLISHED_AFTER_DUE = Problem(
    409,
    "Publish request occurred after the due date of a payment options has expired",
    "A notice is past its due date.",
)
PUBLISHED_AFTER_VALIDITY = Problem(
    409,
    "Publish request occurred after the validity date began",
    "A position must be published before its validity date.",
)
KEY_NOT_FOUND = Problem(404, "Not found the key", "No active key has this id.")
UNDER_WAY = Problem(
    409,
    "Conflict",
    "A request with this Idempotency-Key is still running: repeat it later for its answer.",
)
OTHER_REQUEST = Problem(
    422,
    "Unprocessable Content",
    "This Idempotency-Key was used for another request: use a new one.",
)
RECEIPT_FORBIDDEN = Problem(
    403, "The receipt retrieve is forbidden", "The IUV begins with none of the segregation codes."
)
RECEIPT_NOT_FOUND = Problem(
    404, "Not found the receipt", "No receipt of a payment with this IUV is stored."
)
RECEIPT_ERASED = Problem(
    404,
    "Not found the receipt",
    "The message of this receipt was erased or changed in the database.",
)
INVALID_DATE_RANGE = Problem(
    400, "Invalid date range", "Expected dates or date-times, the first not after the second."
)
NOT_ENOUGH = Problem(400, "Not enough elements", "The list has fewer pages.")
NOT_ACCOUNTABLE = Problem(
    409, "transfer is not in accountable state", "The notice of the transfer is not paid."
)
CHANGED = Problem(
    412,
    "Precondition Failed",
    "The position has changed since the ETag of If-Match: read it again.",
)
TOO_LARGE = Problem(413, "Request Entity Too Large", "Expected a body of at most 1048576 bytes.")
TOO_FAST = Problem(
    429,
    "Too Many Requests",
    "The key makes too many requests: wait for the seconds in Retry-After.",
)
TOO_MANY_WRONG_KEYS = Problem(
    429,
    "Too Many Requests",
    "Too many wrong keys came from this address: wait for the seconds in Retry-After.",
)
KEY_BUSY = Problem(
    429,
    "Too Many Requests",
    "Too many requests of the key are running: wait for the seconds in Retry-After.",
)
SERVER_BUSY = Problem(
    429,
    "Too Many Requests",
    "Too many requests are running: wait for the seconds in Retry-After.",
)
CURSOR_EXPIRED = Problem(
    410,
    "cursor-expired",
    "Events after the cursor are no longer kept: read on from firstCursor, and compare the"
    " positions once.",
)
CURSOR_AHEAD = Problem(
    410,
    "cursor-ahead",
    "The feed ends before the cursor, because its database was restored from a backup: read on from"
    " firstCursor, pass over the ids that you have, and compare the positions once.",
)
NOT_ACCEPTABLE = Problem(406, "Not Acceptable", "Expected application/pdf in Accept.")
NOT_JSON = Problem(
    415, "Unsupported Media Type", "Expected application/json in UTF-8, not compressed."
)
BROKEN = Problem(500, "INTERNAL SERVER ERROR", "The server failed, and logged the failure.")
UNAVAILABLE = Problem(
    503, "Service Unavailable", "The database cannot serve the request now: try again later."
)

#: LIMIT: 5 seconds until a retry: the database needs a moment to come back.
RETRY_LATER = {"Retry-After": "5"}
