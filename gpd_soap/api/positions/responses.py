"""Positions as GPD's first API writes them: its names, its states, its dates.

Dates are Rome's clock without a zone, as they are read; what is not there is left out, and no
field is added to GPD's, since some generated clients refuse what they do not know.
Source: spec/gpd-reference.md 3 and GPD's published OpenAPI (external, v1).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gpd_soap.api.responses import Body, page_info, rome_text, without_none
from gpd_soap.core.debt import Metadata, Transfer
from gpd_soap.core.position import NewOption
from gpd_soap.core.state import PositionState, option_state, position_state
from gpd_soap.store.positions.read import Progress, Stored, option_facts
from gpd_soap.validation.convert import PLAN

SERVICE = "GPD"


def base(stored: Stored, now: datetime) -> Body:
    """What is read: PaymentPositionModelBaseResponse."""
    position = stored.position
    return without_none(
        iupd=position.iupd,
        organizationFiscalCode=position.organization,
        type=position.debtor.kind,
        companyName=position.company_name,
        officeName=position.office_name,
        insertedDate=rome_text(stored.created_at),
        publishDate=rome_text(position.published_at),
        validityDate=rome_text(_valid_from(stored)),
        paymentDate=rome_text(_paid_on(stored, now)),
        status=str(position_state(stored.facts, now)),
        lastUpdatedDate=rome_text(stored.updated_at),
        paymentOption=[option(stored, at) for at in range(len(position.options))],
    )


def model(stored: Stored, now: datetime) -> Body:
    """What a change answers: PaymentPositionModel, as it would be sent to make the same again."""
    position, debtor = stored.position, stored.position.debtor
    return without_none(
        iupd=position.iupd,
        type=debtor.kind,
        payStandIn=position.pay_stand_in,
        fiscalCode=debtor.code,
        fullName=debtor.full_name,
        streetName=debtor.street_name,
        civicNumber=debtor.civic_number,
        postalCode=debtor.postal_code,
        city=debtor.city,
        province=debtor.province,
        region=position.region,
        country=debtor.country,
        email=debtor.email,
        phone=position.phone,
        switchToExpired=all(each.switch_to_expired for each in position.options),
        companyName=position.company_name,
        officeName=position.office_name,
        validityDate=rome_text(_valid_from(stored)),
        paymentDate=rome_text(_paid_on(stored, now)),
        status=str(position_state(stored.facts, now)),
        paymentOption=[_sent(each) for each in position.options],
    )


def option(stored: Stored, at: int) -> Body:
    """One notice: PaymentOptionModelResponse."""
    kept, progress = stored.position.options[at], stored.progress[at]
    return without_none(
        **_of_option(kept),
        organizationFiscalCode=stored.position.organization,
        paymentDate=rome_text(progress.payment_date or progress.paid_at),
        reportingDate=rome_text(_reported_on(progress)),
        insertedDate=rome_text(stored.created_at),
        paymentMethod=progress.payment_method,
        fee=progress.fee or 0,
        notificationFee=0,
        pspCompany=progress.psp_name,
        idReceipt=progress.receipt_id,
        status=str(option_state(option_facts(kept, progress))),
        lastUpdatedDate=rome_text(progress.updated_at),
        paymentOptionMetadata=_metadata(kept.metadata),
        transfer=[transfer(stored, at, which) for which in range(len(kept.transfers))],
    )


def transfer(stored: Stored, at: int, which: int) -> Body:
    """One share of a notice: TransferModelResponse."""
    progress = stored.progress[at]
    return without_none(
        **_of_transfer(stored.position.options[at].transfers[which]),
        insertedDate=rome_text(stored.created_at),
        status="T_REPORTED" if progress.reported[which] else "T_UNREPORTED",
        lastUpdatedDate=rome_text(progress.updated_at),
    )


def with_debtor(stored: Stored, at: int, now: datetime) -> Body:
    """One notice with its debtor: PaymentOptionWithDebtorInfoModelResponse."""
    debtor, progress = stored.position.debtor, stored.progress[at]
    return {
        **option(stored, at),
        **without_none(
            pspCode=progress.psp,
            pspTaxCode=progress.psp_fiscal_code,
            iupd=stored.position.iupd,
            debtPositionStatus=str(position_state(stored.facts, now)),
            serviceType=SERVICE,
            type=debtor.kind,
            fiscalCode=debtor.code,
            fullName=debtor.full_name,
            streetName=debtor.street_name,
            civicNumber=debtor.civic_number,
            postalCode=debtor.postal_code,
            city=debtor.city,
            province=debtor.province,
            region=stored.position.region,
            country=debtor.country,
            email=debtor.email,
            phone=stored.position.phone,
            companyName=stored.position.company_name,
            officeName=stored.position.office_name,
        ),
    }


def paid(stored: Stored, at: int) -> Body:
    """One notice that is paid now: PaymentsModelResponse."""
    return {**option(stored, at), "serviceType": SERVICE}


def page(stored: Sequence[Stored], total: int, limit: int, at: int, now: datetime) -> Body:
    """A page of positions."""
    return {
        "payment_position_list": [base(each, now) for each in stored],
        "page_info": page_info(total, limit, at),
    }


def _sent(kept: NewOption) -> Body:
    plan = None if kept.plan == PLAN else kept.plan
    return without_none(
        **_of_option(kept),
        paymentPlanId=plan,
        transfer=[_of_transfer(share) for share in kept.transfers],
        paymentOptionMetadata=_metadata(kept.metadata),
    )


def _of_option(kept: NewOption) -> Body:
    return without_none(
        nav=kept.nav,
        iuv=kept.iuv,
        amount=kept.amount,
        description=kept.description,
        isPartialPayment=kept.plan is not None,
        dueDate=rome_text(kept.due_at),
        retentionDate=rome_text(kept.retention_at),
    )


def _of_transfer(share: Transfer) -> Body:
    stamp = share.stamp
    return without_none(
        idTransfer=str(share.number),
        amount=share.amount,
        organizationFiscalCode=share.organization,
        companyName=share.company_name,
        remittanceInformation=share.remittance_information,
        category=share.category,
        iban=share.iban,
        postalIban=share.postal_iban,
        stamp=stamp
        and {
            "hashDocument": stamp.document_hash,
            "stampType": stamp.kind,
            "provincialResidence": stamp.province,
        },
        transferMetadata=_metadata(share.metadata),
    )


def _metadata(entries: Metadata) -> list[Body]:
    return [{"key": key, "value": value} for key, value in entries]


def _valid_from(stored: Stored) -> datetime | None:
    """Since when it can be paid: GPD fills it with the publication where nobody said it."""
    said = [each.valid_from for each in stored.position.options if each.valid_from is not None]
    return min(said) if said else stored.position.published_at


def _paid_on(stored: Stored, now: datetime) -> datetime | None:
    """When it was paid in full, if it was."""
    if position_state(stored.facts, now) not in (PositionState.PAID, PositionState.REPORTED):
        return None
    return max(filter(None, map(_moment, stored.progress)), default=None)


def _moment(progress: Progress) -> datetime | None:
    return progress.payment_date or progress.paid_at


def _reported_on(progress: Progress) -> datetime | None:
    """When the last of its transfers was reported, or the notice without a receipt."""
    reported = [when for when in progress.reported if when is not None]
    whole = reported and len(reported) == len(progress.reported)
    return max(reported) if whole else progress.reported_at
