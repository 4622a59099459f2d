"""Builds the answers about positions as GPD's first API writes them, by `models`.

Dates are in Rome's time without zone, as requests have them.  A field without value is left out.
SPEC: GPD, its published OpenAPI (external, v1).  WHY: no field is added to GPD's, because some
generated clients refuse an unknown field.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gpd_soap.api.responses import Body, page_info, rome_text, without_none
from gpd_soap.core.debt import Metadata, Transfer
from gpd_soap.core.payment import fee_transfer
from gpd_soap.core.position import NewOption, OptionDebtor
from gpd_soap.core.state import PositionState, option_state, position_state
from gpd_soap.store.positions.keyset import MOST_COUNTED, PositionKey
from gpd_soap.store.positions.read import Progress, Stored, option_facts
from gpd_soap.usecases.positions.finding import Notice
from gpd_soap.usecases.positions.unchanged import expires, valid_from
from gpd_soap.validation.convert import PLAN
from gpd_soap.validation.queries.common import Paged
from gpd_soap.validation.queries.cursors import position_cursor


def base(stored: Stored, now: datetime) -> Body:
    """Returns a position without its debtor: PaymentPositionModelBaseResponse."""
    position = stored.position
    return without_none(
        iupd=position.iupd,
        organizationFiscalCode=position.organization,
        type=position.debtor.kind,
        companyName=position.company_name,
        officeName=position.office_name,
        insertedDate=rome_text(stored.created_at),
        publishDate=rome_text(position.published_at),
        validityDate=rome_text(valid_from(stored)),
        paymentDate=rome_text(_paid_on(stored, now)),
        status=str(position_state(stored.facts, now)),
        lastUpdatedDate=rome_text(stored.updated_at),
        paymentOption=[option(stored, index) for index in range(len(position.options))],
    )


def model(stored: Stored, now: datetime) -> Body:
    """Returns a position as a request to create it: PaymentPositionModel."""
    position, debtor = stored.position, stored.position.debtor
    return without_none(
        iupd=position.iupd,
        type=debtor.kind,
        payStandIn=position.pay_stand_in,
        **_person(OptionDebtor(debtor, position.region, position.phone)),
        switchToExpired=expires(position),
        companyName=position.company_name,
        officeName=position.office_name,
        validityDate=rome_text(valid_from(stored)),
        paymentDate=rome_text(_paid_on(stored, now)),
        status=str(position_state(stored.facts, now)),
        paymentOption=[_option_model(each) for each in position.options],
    )


def option(stored: Stored, index: int) -> Body:
    """Returns a notice of a position: PaymentOptionModelResponse."""
    option, progress = stored.position.options[index], stored.progress[index]
    fields = _option_fields(option)
    # SPEC: GPD: the amount that is read includes the notification fee; that of a request does not.
    fields["amount"] += progress.notification_fee
    return without_none(
        **fields,
        organizationFiscalCode=stored.position.organization,
        paymentDate=rome_text(progress.payment_date or progress.paid_at),
        reportingDate=rome_text(_reported_on(progress)),
        insertedDate=rome_text(stored.created_at),
        paymentMethod=progress.payment_method,
        fee=progress.fee or 0,
        notificationFee=progress.notification_fee,
        pspCompany=progress.psp_name,
        idReceipt=progress.receipt_id,
        status=str(option_state(option_facts(option, progress))),
        lastUpdatedDate=rome_text(progress.updated_at),
        paymentOptionMetadata=_metadata(option.metadata),
        transfer=[transfer(stored, index, each) for each in range(len(option.transfers))],
    )


def transfer(stored: Stored, index: int, transfer_index: int) -> Body:
    """Returns a transfer of a notice: TransferModelResponse."""
    progress, transfers = stored.progress[index], stored.position.options[index].transfers
    fields = _transfer_fields(transfers[transfer_index])
    if transfer_index == fee_transfer(stored.position.organization, transfers):
        fields["amount"] += progress.notification_fee
    return without_none(
        **fields,
        insertedDate=rome_text(stored.created_at),
        status="T_REPORTED" if progress.reported[transfer_index] else "T_UNREPORTED",
        lastUpdatedDate=rome_text(progress.updated_at),
    )


def with_debtor(notice: Notice, now: datetime) -> Body:
    """Returns a notice with its debtor: PaymentOptionWithDebtorInfoModelResponse."""
    stored, index = notice
    position, progress = stored.position, stored.progress[index]
    of_position = OptionDebtor(position.debtor, position.region, position.phone)
    whose = position.options[index].debtor or of_position
    return {
        **option(stored, index),
        **without_none(
            pspCode=progress.psp,
            pspTaxCode=progress.psp_fiscal_code,
            iupd=position.iupd,
            debtPositionStatus=str(_state_of_notice(notice, now)),
            serviceType=position.service_type,
            type=whose.debtor.kind,
            **_person(whose),
            companyName=position.company_name,
            officeName=position.office_name,
            payStandIn=position.pay_stand_in,
        ),
    }


def paid(notice: Notice) -> Body:
    """Returns a paid notice: PaymentsModelResponse."""
    return {**option(*notice), "serviceType": notice.stored.position.service_type}


def with_fee(notice: Notice) -> Body:
    """Returns a notice with its fee: PaymentOptionWithFeeModelResponse."""
    changed_at = notice.stored.progress[notice.option_index].notification_fee_at
    return {**paid(notice), **without_none(lastUpdatedDateNotificationFee=rome_text(changed_at))}


def page(stored: Sequence[Stored], total: int, query: Paged, now: datetime) -> Body:
    """Returns a page of positions: PaymentPositionsInfo."""
    return {
        "payment_position_list": [base(each, now) for each in stored],
        "page_info": page_info(total, query.limit, query.page),
    }


def page_after(
    stored: Sequence[Stored], following: PositionKey | None, total: int, query: Paged, now: datetime
) -> Body:
    """Returns a page of positions that begins after a position: PaymentPositionsInfo."""
    body = page(stored, min(total, MOST_COUNTED), query, now)
    if following is not None:
        body["page_info"]["next_cursor"] = position_cursor(following)
    return body


def _option_model(option: NewOption) -> Body:
    plan = None if option.plan == PLAN else option.plan
    return without_none(
        **_option_fields(option),
        paymentPlanId=plan,
        transfer=[_transfer_fields(each) for each in option.transfers],
        paymentOptionMetadata=_metadata(option.metadata),
    )


def _person(whose: OptionDebtor) -> Body:
    debtor, region, phone = whose
    return {
        "fiscalCode": debtor.code,
        "fullName": debtor.full_name,
        "streetName": debtor.street_name,
        "civicNumber": debtor.civic_number,
        "postalCode": debtor.postal_code,
        "city": debtor.city,
        "province": debtor.province,
        "region": region,
        "country": debtor.country,
        "email": debtor.email,
        "phone": phone,
    }


def _option_fields(option: NewOption) -> Body:
    return without_none(
        nav=option.nav,
        iuv=option.iuv,
        amount=option.amount,
        description=option.description,
        isPartialPayment=option.plan is not None,
        dueDate=rome_text(option.due_at),
        retentionDate=rome_text(option.retention_at),
    )


def _transfer_fields(transfer: Transfer) -> Body:
    stamp = transfer.stamp
    return without_none(
        idTransfer=str(transfer.number),
        amount=transfer.amount,
        organizationFiscalCode=transfer.organization,
        companyName=transfer.company_name,
        remittanceInformation=transfer.remittance_information,
        category=transfer.category,
        iban=transfer.iban,
        postalIban=transfer.postal_iban,
        stamp=stamp
        and {
            "hashDocument": stamp.document_hash,
            "stampType": stamp.kind,
            "provincialResidence": stamp.province,
        },
        transferMetadata=_metadata(transfer.metadata),
    )


def _metadata(entries: Metadata) -> list[Body]:
    return [{"key": key, "value": value} for key, value in entries]


def _state_of_notice(notice: Notice, now: datetime) -> PositionState:
    """Returns the state of the position; as in GPD, EXPIRED if this notice alone has expired."""
    stored, index = notice
    option, state = stored.position.options[index], position_state(stored.facts, now)
    late = option.switch_to_expired and now > option.due_at and not stored.progress[index].settled
    payable = state in (PositionState.VALID, PositionState.PARTIALLY_PAID)
    return PositionState.EXPIRED if late and payable else state


def _paid_on(stored: Stored, now: datetime) -> datetime | None:
    """Returns the instant of the last payment of a paid position, else None."""
    if position_state(stored.facts, now) not in (PositionState.PAID, PositionState.REPORTED):
        return None
    return max(filter(None, map(_paid_at, stored.progress)), default=None)


def _paid_at(progress: Progress) -> datetime | None:
    return progress.payment_date or progress.paid_at


def _reported_on(progress: Progress) -> datetime | None:
    """Returns the instant of the last report if all transfers are reported, else of the notice."""
    reported = [instant for instant in progress.reported if instant is not None]
    all_reported = reported and len(reported) == len(progress.reported)
    return max(reported) if all_reported else progress.reported_at
