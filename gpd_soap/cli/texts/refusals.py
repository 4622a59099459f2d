"""The texts of a use case's refusals on the command line: a title and a reason."""

from __future__ import annotations

from gpd_soap.usecases import document_refusals, refusals
from gpd_soap.usecases.casework.refusals import CaseClaimed
from gpd_soap.usecases.jobs import refusals as job_refusals
from gpd_soap.usecases.loads import refusals as loads_refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.refusals import Refusal

WORDS: dict[type[Refusal], tuple[str, str]] = {
    refusals.OrganizationNotFound: (
        "Organization not found",
        "The organization is not registered here.",
    ),
    refusals.BrokerNotFound: ("Broker not found", "The broker is not registered here."),
    refusals.StationNotFound: ("Station not found", "The station is not registered here."),
    refusals.StationNotServing: (
        "Station not found",
        "The station does not serve the organization.",
    ),
    refusals.ServiceNotFound: (
        "Service not found",
        "The organization offers no service with these identifiers.",
    ),
    refusals.MayNotRegister: ("Forbidden", "This key may not register an organization."),
    refusals.InvalidConfiguration: (
        "Invalid configuration",
        "The arguments break a rule.",
    ),
    refusals.InUse: ("In use", "Other configuration or data depends on it."),
    refusals.InvalidDateRange: (
        "Invalid date range",
        "Expected dates or date-times, the first not after the second.",
    ),
    refusals.NoticeNotFound: (
        "Notice not found",
        "The organization has no notice with this number.",
    ),
    refusals.PositionNotFound: (
        "Position not found",
        "The organization has no position of this IUPD.",
    ),
    refusals.CursorExpired: (
        "The cursor has expired",
        "Events after it are no longer kept: begin without a cursor.",
    ),
    refusals.CursorAhead: (
        "The feed ends before the cursor",
        "Its database was restored from a backup: begin without a cursor.",
    ),
    refusals.Malformed: ("Invalid request", "The arguments break a rule."),
    refusals.NotRestorable: (
        "The position cannot be restored",
        "It is not withdrawn or expired, is paid, has no debtor any more, or needs a new due date.",
    ),
    refusals.CaseNotFound: ("Case not found", "No receipt or message has this id."),
    refusals.CaseNotOpen: (
        "The case is not open",
        "It was resolved already, or needs no decision.",
    ),
    CaseClaimed: (
        "The case is claimed",
        "Somebody else has it: `gpd-soap receipts show` says who, and until when.",
    ),
    refusals.HasCase: (
        "The receipt has a case",
        "It has an open case, or a refund that is not paid yet.",
    ),
    refusals.CaseDecided: (
        "The case is decided",
        "The money went back, or pays something else.",
    ),
    refusals.NoMoney: (
        "The receipt brought no money",
        "No money of it came to the organization, or can go back.",
    ),
    refusals.CaseNotWaiting: (
        "The case cannot be matched",
        "Only a receipt that has paid no notice can be matched.",
    ),
    refusals.CaseNotMatched: (
        "No notice matches the case",
        "No notice has its number.",
    ),
    refusals.NoticeNotPayable: (
        "The notice cannot be paid by this case",
        "It was paid already, or a paid alternative excludes it.",
    ),
    document_refusals.StorageUnavailable: (
        "Storage not available",
        "The bucket that has the bytes of documents does not serve now.",
    ),
    document_refusals.DocumentNotFound: (
        "Document not found",
        "The archive has no document with this id.",
    ),
    refusals.Malformed: ("Invalid arguments", "The arguments break a rule."),
    refusals.OrganizationsNotNamed: (
        "No organization",
        "The key names no organization, and no * for every one.",
    ),
    refusals.OrganizationNotRegistered: (
        "Organization not registered",
        "Neither a key nor an operator is made for an organization that is not registered.",
    ),
    refusals.ExpiryPassed: ("Expired", "The key would have expired already."),
    refusals.KeyNotFound: ("Key not found", "No active key has this id."),
    people_refusals.InvalidOperator: (
        "Invalid operator",
        "The role cannot have one of the scopes.",
    ),
    people_refusals.OperatorExists: (
        "Operator exists",
        "An operator has this name or address: `gpd-soap operator reset` makes a new invitation.",
    ),
    people_refusals.OperatorNotFound: (
        "Operator not found",
        "No operator has this name, mail address or id: `gpd-soap operator list` prints them.",
    ),
    people_refusals.OperatorSuspended: (
        "Operator suspended",
        "The operator is suspended: run `gpd-soap operator resume` first.",
    ),
    loads_refusals.LoadNotFound: (
        "Load not found",
        "The organization has no load with this id: `gpd-soap loads list` prints them.",
    ),
    loads_refusals.LoadRunning: (
        "Another load is running",
        "One load of an organization runs at a time: `gpd-soap loads list` prints it.",
    ),
    loads_refusals.LoadInOtherState: (
        "The load is in another state",
        "The state of the load forbids the command: `gpd-soap loads show` prints it.",
    ),
    loads_refusals.ReadingChanged: (
        "The reading has changed",
        "The file was tried by another reading: `gpd-soap loads show` prints it.",
    ),
    loads_refusals.FileRemoved: ("The file is gone", "The bytes of the file are kept no more."),
    loads_refusals.FileNotLoadable: ("The file cannot be loaded", "It is of another kind."),
    job_refusals.JobNotFound: (
        "Job not found",
        "No job has this id: `gpd-soap jobs list` prints them.",
    ),
    job_refusals.JobNotWaiting: (
        "The job is not waiting",
        "Only a job that is dead or waits can be attempted now.",
    ),
    job_refusals.JobEnded: (
        "The job has ended",
        "Only a job that has not ended, and is no schedule, can be cancelled.",
    ),
    people_refusals.PasskeyNotFound: (
        "Passkey not found",
        "The operator has no passkey with this id: `gpd-soap operator show` prints them.",
    ),
    people_refusals.IdentityNotFound: (
        "Identity not found",
        "The operator has no identity with this id: `gpd-soap operator show` prints them.",
    ),
    refusals.MessageNotTaken: (
        "The database is busy",
        "It could not store the message now: try again.",
    ),
}


def words(refusal: Refusal) -> tuple[str, str]:
    """The title and the reason of a refusal."""
    if isinstance(refusal, refusals.MessageRefusedAgain):
        answer = refusal.answer or "a SOAP Fault"
        return "The message was refused again", f"The answer was {answer}."
    return WORDS[type(refusal)]
