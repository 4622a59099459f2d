"""The problem with which the admin API answers each refusal of a use case."""

from __future__ import annotations

import math

from gpd_soap.api import problems
from gpd_soap.api.configuration import problems as configuration
from gpd_soap.api.documents import problems as documents
from gpd_soap.api.jobs import problems as jobs
from gpd_soap.api.loads import problems as loads
from gpd_soap.api.print_service import problems as print_service
from gpd_soap.api.problems import Problem
from gpd_soap.api.receipts import problems as cases
from gpd_soap.api.subscriptions import problems as subscriptions
from gpd_soap.usecases import document_refusals, print_service_refusals, refusals
from gpd_soap.usecases.casework.refusals import CaseClaimed
from gpd_soap.usecases.jobs import refusals as job_refusals
from gpd_soap.usecases.loads import refusals as load_refusals
from gpd_soap.usecases.refusals import Refusal

#: The problem of each refusal of a use case.
PROBLEMS: dict[type[Refusal], Problem] = {
    refusals.Malformed: problems.BAD_REQUEST,
    refusals.InvalidPosition: problems.DATA_ERROR,
    refusals.InvalidConfiguration: configuration.BAD_CONFIGURATION,
    refusals.InvalidDateRange: problems.INVALID_DATE_RANGE,
    refusals.MayNotRegister: problems.EVERY_ORGANIZATION,
    refusals.OrganizationNotFound: problems.ORGANIZATION_NOT_FOUND,
    refusals.BrokerNotFound: configuration.BROKER_NOT_FOUND,
    refusals.StationNotFound: configuration.STATION_NOT_FOUND,
    refusals.StationNotServing: configuration.NOT_SERVING,
    refusals.ServiceNotFound: configuration.SERVICE_NOT_FOUND,
    refusals.InUse: configuration.IN_USE,
    refusals.OtherSegregationCode: problems.OTHER_SEGREGATION_CODE,
    refusals.PositionNotFound: problems.NOT_FOUND,
    refusals.NoticeNotFound: problems.OPTION_NOT_FOUND,
    refusals.NoticeExcluded: problems.OPTION_EXCLUDED,
    refusals.NoticeNotYetValid: problems.OPTION_NOT_YET_VALID,
    refusals.TransferNotFound: problems.TRANSFER_NOT_FOUND,
    refusals.PositionChanged: problems.CHANGED,
    refusals.NotUnique: problems.NOT_UNIQUE,
    refusals.PaymentFound: problems.PAYMENT_FOUND,
    refusals.AlreadyPaid: problems.ALREADY_PAID,
    refusals.NotUpdatable: problems.NOT_UPDATABLE,
    refusals.OwnDebtors: problems.OWN_DEBTORS,
    refusals.FeeOfPaidNotice: problems.FEE_OF_PAID_NOTICE,
    refusals.NoTransferForFee: problems.NO_TRANSFER_FOR_FEE,
    refusals.UpdateLosesFee: problems.UPDATE_LOSES_FEE,
    refusals.NotRestorable: problems.NOT_RESTORABLE,
    refusals.NotPublishable: problems.NOT_PUBLISHABLE,
    refusals.NotInvalidable: problems.NOT_INVALIDABLE,
    refusals.DueBeforeValidity: problems.DUE_BEFORE_VALIDITY,
    refusals.PublishedAfterDue: problems.PUBLISHED_AFTER_DUE,
    refusals.PublishedAfterValidity: problems.PUBLISHED_AFTER_VALIDITY,
    refusals.TransferNotPaid: problems.NOT_ACCOUNTABLE,
    refusals.ReceiptForbidden: problems.RECEIPT_FORBIDDEN,
    refusals.ReceiptNotFound: problems.RECEIPT_NOT_FOUND,
    refusals.ReceiptErased: problems.RECEIPT_ERASED,
    refusals.CaseNotFound: cases.CASE_NOT_FOUND,
    refusals.CaseNotOpen: cases.NOT_OPEN,
    refusals.HasCase: cases.NO_CASE,
    refusals.CaseDecided: cases.NO_CASE,
    refusals.NoMoney: cases.NO_CASE,
    CaseClaimed: cases.CLAIMED,
    refusals.CaseNotWaiting: cases.NOT_WAITING,
    refusals.CaseNotMatched: cases.NOT_MATCHED,
    refusals.NoticeNotPayable: cases.NOT_PAYABLE,
    load_refusals.LoadNotFound: loads.NO_LOAD,
    load_refusals.LoadRunning: loads.RUNNING,
    load_refusals.LoadInOtherState: loads.OTHER_STATE,
    load_refusals.ReadingChanged: loads.READING_CHANGED,
    load_refusals.FileRemoved: loads.FILE_REMOVED,
    load_refusals.FileNotLoadable: loads.NOT_LOADABLE,
    refusals.EntryNotFound: problems.ENTRY_NOT_FOUND,
    refusals.CursorExpired: problems.CURSOR_EXPIRED,
    refusals.CursorAhead: problems.CURSOR_AHEAD,
    refusals.SubscriptionNotFound: subscriptions.NO_SUBSCRIPTION,
    refusals.SubscriptionChanged: subscriptions.SUBSCRIPTION_CHANGED,
    refusals.TooManySubscriptions: subscriptions.TOO_MANY_SUBSCRIPTIONS,
    refusals.WebhooksOff: subscriptions.WEBHOOKS_OFF,
    refusals.ParkedNotFound: subscriptions.NO_PARKED,
    job_refusals.JobNotFound: jobs.NO_JOB,
    job_refusals.JobNotWaiting: jobs.JOB_NOT_WAITING,
    job_refusals.JobEnded: jobs.JOB_ENDED,
    refusals.MessageRefusedAgain: cases.NOT_TAKEN,
    refusals.MessageNotTaken: problems.UNAVAILABLE,
    document_refusals.DocumentNotFound: documents.NO_DOCUMENT,
    document_refusals.NotPrintable: documents.NOT_PRINTABLE,
    document_refusals.DocumentsNotInstalled: documents.NOT_INSTALLED,
    document_refusals.StorageUnavailable: documents.NO_STORAGE,
    document_refusals.BatchNotFound: documents.NO_BATCH,
    document_refusals.BatchNotEnded: documents.BATCH_NOT_ENDED,
    document_refusals.BatchEnded: documents.BATCH_ENDED,
    document_refusals.BatchIsRunning: documents.BATCH_RUNS,
    document_refusals.NothingLoaded: documents.NOTHING_LOADED,
    print_service_refusals.NotPrinted: print_service.NOT_PRINTED,
    print_service_refusals.SeveralOrganizations: print_service.SEVERAL_ORGANIZATIONS,
    print_service_refusals.OrganizationNotAllowed: print_service.NOT_ALLOWED,
    print_service_refusals.InstitutionNotFound: print_service.NO_INSTITUTION,
    print_service_refusals.TemplateNotFound: print_service.NO_TEMPLATE,
    print_service_refusals.FolderNotAvailable: print_service.NO_FOLDER,
    print_service_refusals.FolderNotComplete: print_service.NOT_COMPLETE,
    print_service_refusals.FileNotInFolder: print_service.NO_FILE,
    print_service_refusals.FolderErrorNotFound: print_service.NO_ERROR,
    refusals.KeyNotValid: problems.NO_KEY,
    refusals.TooManyWrongKeys: problems.TOO_MANY_WRONG_KEYS,
    refusals.OrganizationForbidden: problems.FORBIDDEN,
    refusals.KeyOnlyReads: problems.READ_ONLY,
    refusals.KeyNotAdministrator: problems.ADMINISTRATORS,
    refusals.LenientForbidden: problems.LENIENT,
    refusals.OrganizationsNotNamed: problems.BAD_REQUEST,
    refusals.OrganizationNotRegistered: problems.BAD_REQUEST,
    refusals.ExpiryPassed: problems.BAD_REQUEST,
    refusals.KeyNotFound: problems.KEY_NOT_FOUND,
}

#: The problems of files that could be loaded elsewhere, or later.
UNLOADABLE: dict[load_refusals.Why, Problem] = {
    load_refusals.Why.NO_LIBRARY: loads.NO_WORKBOOKS,
    load_refusals.Why.BUSY: loads.BUSY,
}
#: The details of the refusals that have one problem.
DETAILS: dict[type[Refusal], str] = {
    refusals.HasCase: "The receipt has an open case, or a refund that is not paid yet.",
    refusals.CaseDecided: "The case of the receipt is decided: the money is not here any more.",
    refusals.NoMoney: "No money came with the receipt that could go back.",
}


def headers_of(refusal: Refusal) -> dict[str, str]:
    """Returns the headers that the answer to a refusal has besides."""
    if isinstance(refusal, refusals.KeyNotValid):
        return {"WWW-Authenticate": 'ApiKey realm="gpd-soap"'}
    if isinstance(refusal, refusals.TooManyWrongKeys):
        return {"Retry-After": str(math.ceil(refusal.seconds))}
    later = refusals.MessageNotTaken | document_refusals.StorageUnavailable
    return problems.RETRY_LATER if isinstance(refusal, later) else {}


def problem_of(refusal: Refusal) -> Problem:
    """Returns the problem of a refusal."""
    problem = PROBLEMS[type(refusal)]
    if isinstance(refusal, refusals.MessageRefusedAgain):
        answer = refusal.answer or "a SOAP Fault"
        return problem._replace(detail=problem.detail.format(answer))
    if isinstance(refusal, load_refusals.FileNotLoadable):
        return UNLOADABLE.get(refusal.why, problem)
    if isinstance(refusal, document_refusals.NotPrintable | print_service_refusals.NotPrinted):
        return problem._replace(detail=refusal.reason)
    return problem._replace(detail=DETAILS.get(type(refusal), problem.detail))


def members_of(refusal: Refusal) -> dict[str, str]:
    """Returns the members of a problem that only this kind of refusal has."""
    if isinstance(refusal, refusals.CursorExpired | refusals.CursorAhead):
        return {"firstCursor": str(refusal.first)}
    return {}
