"""The problems of requests about cases of the worklist."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

CASE_NOT_FOUND = Problem(404, "Not found the case", "There is no case of this id.")
NOT_OPEN = Problem(409, "The case is not open", "It was resolved already, or needs no decision.")
NO_CASE = Problem(409, "No case can be opened", "The receipt has one, or brought no money.")
NOT_WAITING = Problem(
    409, "The case has no notice to find", "Only a receipt that has paid no notice can be matched."
)
NOT_MATCHED = Problem(
    409, "The case has found no notice", "There is no notice of the receipt's number."
)
NOT_PAYABLE = Problem(
    409,
    "The notice cannot be paid by this case",
    "The notice was paid already, or an alternative of it was.",
)
NOT_TAKEN = Problem(409, "The message was refused again", "The message was answered {} again.")
CLAIMED = Problem(
    409,
    "The case is claimed",
    "Somebody else has the case: its `claimed` says who, and until when.",
)
