"""The models of GPD's bodies about positions, under the names of GPD's OpenAPI."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, FieldError, PageInfo, ResponseModel, RomeTime
from gpd_soap.api.positions import parameters
from gpd_soap.api.positions.parameters import MOST_POSITIONS
from gpd_soap.core.state import OptionState, PositionState
from gpd_soap.validation import position_v1
from gpd_soap.validation.fields import Strict
from gpd_soap.validation.queries.positions import Restoration


class MultiplePaymentPositionModel(Strict):
    """Positions to create or to update, all or none."""

    payment_positions: Annotated[
        list[position_v1.Position], Field(min_length=1, max_length=MOST_POSITIONS)
    ]


class TransferModelResponse(ResponseModel):
    """A transfer of a notice."""

    id_transfer: str
    amount: Count
    organization_fiscal_code: str
    company_name: str | None = None
    remittance_information: str
    category: str
    iban: str | None = None
    postal_iban: str | None = None
    stamp: position_v1.Stamp | None = None
    transfer_metadata: list[position_v1.Entry]
    inserted_date: RomeTime
    status: Literal["T_UNREPORTED", "T_REPORTED"]
    last_updated_date: RomeTime


class PaymentOptionModelResponse(ResponseModel):
    """A notice: one way to pay a position, or one installment of a plan."""

    nav: str
    iuv: str
    amount: Count
    description: str
    is_partial_payment: bool
    due_date: RomeTime
    retention_date: RomeTime | None = None
    organization_fiscal_code: str
    payment_date: RomeTime | None = None
    reporting_date: RomeTime | None = None
    inserted_date: RomeTime
    payment_method: str | None = None
    fee: Count
    notification_fee: Count
    psp_company: str | None = None
    id_receipt: str | None = None
    status: OptionState
    last_updated_date: RomeTime
    payment_option_metadata: list[position_v1.Entry]
    transfer: list[TransferModelResponse]


class PaymentPositionModelBaseResponse(ResponseModel):
    """A position, without its debtor."""

    iupd: str
    organization_fiscal_code: str
    kind: Annotated[Literal["F", "G"], Field(alias="type")]
    company_name: str
    office_name: str | None = None
    inserted_date: RomeTime
    publish_date: RomeTime | None = None
    validity_date: RomeTime | None = None
    payment_date: RomeTime | None = None
    status: PositionState
    last_updated_date: RomeTime
    payment_option: list[PaymentOptionModelResponse]


class PositionsPageInfo(PageInfo):
    """The position of a page in a list of positions; with a cursor, of the page after it too."""

    next_cursor: str | None = None


class PaymentPositionsInfo(ResponseModel):
    """A page of positions."""

    payment_position_list: Annotated[
        list[PaymentPositionModelBaseResponse], Field(alias="payment_position_list")
    ]
    page_info: Annotated[PositionsPageInfo, Field(alias="page_info")]


class PaymentsModelResponse(PaymentOptionModelResponse):
    """A notice that is paid."""

    service_type: Literal["GPD", "ACA"]


class PaymentOptionWithFeeModelResponse(PaymentsModelResponse):
    """A notice, and when its notification fee changed."""

    last_updated_date_notification_fee: RomeTime | None = None


class PaymentOptionWithDebtorInfoModelResponse(PaymentOptionModelResponse):
    """A notice with its debtor."""

    psp_code: str | None = None
    psp_tax_code: str | None = None
    iupd: str
    debt_position_status: PositionState
    service_type: Literal["GPD", "ACA"]
    kind: Annotated[Literal["F", "G"], Field(alias="type")]
    fiscal_code: str
    full_name: str
    street_name: str | None = None
    civic_number: str | None = None
    postal_code: str | None = None
    city: str | None = None
    province: str | None = None
    region: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    company_name: str
    office_name: str | None = None
    pay_stand_in: bool


class UpdateTransferIbanMassiveResponse(ResponseModel):
    """How many transfers got another IBAN."""

    description: str
    updated_transfers: Count


class PositionDryRun(position_v1.Position):
    """The position that would be stored; numbers that would be issued are left out."""

    warnings: list[FieldError]


class PositionsDryRun(ResponseModel):
    """The positions that would be stored; numbers that would be issued are left out."""

    payment_positions: list[position_v1.Position]
    warnings: list[FieldError]


class DeletionDryRun(ResponseModel):
    """The positions that would be deleted."""

    iupds: Annotated[list[str], Field(alias="paymentPositionIUPDs")]
    warnings: list[FieldError]


MODELS = (
    MultiplePaymentPositionModel,
    parameters.PositionsToDelete,
    parameters.NewAccount,
    parameters.NotificationFee,
    parameters.PaidElsewhere,
    Restoration,
    PaymentPositionsInfo,
    PaymentsModelResponse,
    PaymentOptionWithFeeModelResponse,
    PaymentOptionWithDebtorInfoModelResponse,
    UpdateTransferIbanMassiveResponse,
    PositionDryRun,
    PositionsDryRun,
    DeletionDryRun,
)
