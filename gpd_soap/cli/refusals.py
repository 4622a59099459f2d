"""What each refusal of a use case is called at a command line: what it is about, and why."""

from __future__ import annotations

from gpd_soap.usecases import refusals
from gpd_soap.usecases.refusals import Refusal

WORDS: dict[type[Refusal], tuple[str, str]] = {
    refusals.OrganizationNotFound: (
        "Not found the organization",
        "The organization is not registered here.",
    ),
    refusals.BrokerNotFound: ("Not found the broker", "The broker is not registered here."),
    refusals.StationNotFound: ("Not found the station", "The station is not registered here."),
    refusals.StationNotServing: (
        "Not found the station",
        "The station does not serve the organization.",
    ),
    refusals.ServiceNotFound: (
        "Not found the service",
        "The organization offers no service of these identifiers.",
    ),
    refusals.MayNotRegister: ("Forbidden", "Whoever asks may not register an organization."),
    refusals.InvalidConfiguration: (
        "Error in the configuration data",
        "What was typed breaks a rule.",
    ),
    refusals.InUse: ("In use", "Something else would lose what it needs."),
    refusals.InvalidDateRange: (
        "Invalid date range",
        "Expected dates or date-times, the first not after the second.",
    ),
    refusals.NoticeNotFound: (
        "Not found the payment option",
        "There is no notice of this number to be found.",
    ),
    refusals.CaseNotFound: ("Not found the case", "Nothing of this id is kept."),
    refusals.CaseNotOpen: (
        "The case is not open",
        "It was resolved already, or there is nothing to decide.",
    ),
    refusals.CaseNotWaiting: (
        "The case has no notice to find",
        "Only what has paid no notice yet can be matched.",
    ),
    refusals.CaseNotMatched: (
        "The case has found no notice",
        "There is no notice of its number.",
    ),
    refusals.NoticeNotPayable: (
        "The notice cannot be paid by this case",
        "It, or what excludes it, was paid already.",
    ),
    refusals.MessageNotTaken: (
        "Service Unavailable",
        "The database could not take the request now: try again.",
    ),
}


def words(refusal: Refusal) -> tuple[str, str]:
    """What a refusal is about, and why, for a person."""
    if isinstance(refusal, refusals.MessageRefusedAgain):
        answered = refusal.answer or "a SOAP Fault"
        return "The message was refused again", f"It was answered {answered}."
    return WORDS[type(refusal)]
