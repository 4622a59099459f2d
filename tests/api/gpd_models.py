"""The bodies of GPD's published API, read strictly, as a client of it reads them.

An unknown field is an error, and so is the absence of a field that GPD always sends.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime
from pydantic.alias_generators import to_camel

State = Literal[
    "DRAFT", "PUBLISHED", "VALID", "INVALID", "EXPIRED", "PARTIALLY_PAID", "PAID", "REPORTED"
]
Cents = Annotated[int, Field(ge=0, lt=2**63)]


class Model(BaseModel):
    """A body that is read strictly: exact types, known fields alone, dates without a zone."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Metadata(Model):
    """GPD's MetadataModel."""

    key: str
    value: str


class Stamp(Model):
    """GPD's Stamp."""

    hash_document: str
    stamp_type: str
    provincial_residence: str


class Transfer(Model):
    """GPD's TransferModel."""

    id_transfer: Literal["1", "2", "3", "4", "5"]
    amount: Cents
    organization_fiscal_code: str
    remittance_information: str
    category: str
    iban: str | None = None
    postal_iban: str | None = None
    company_name: str | None = None
    stamp: Stamp | None = None
    transfer_metadata: list[Metadata]


class TransferRead(Transfer):
    """GPD's TransferModelResponse."""

    inserted_date: NaiveDatetime
    last_updated_date: NaiveDatetime
    status: Literal["T_UNREPORTED", "T_REPORTED"]


class Notice(Model):
    """The fields that PaymentOptionModel and PaymentOptionModelResponse share."""

    nav: str
    iuv: str
    amount: Cents
    description: str
    is_partial_payment: bool
    due_date: NaiveDatetime
    retention_date: NaiveDatetime | None = None
    payment_option_metadata: list[Metadata]


class Option(Notice):
    """GPD's PaymentOptionModel."""

    fee: Cents | None = None
    notification_fee: Cents | None = None
    transfer: list[Transfer]


class OptionRead(Notice):
    """GPD's PaymentOptionModelResponse."""

    organization_fiscal_code: str
    inserted_date: NaiveDatetime
    last_updated_date: NaiveDatetime
    payment_date: NaiveDatetime | None = None
    reporting_date: NaiveDatetime | None = None
    payment_method: str | None = None
    fee: Cents
    notification_fee: Cents
    psp_company: str | None = None
    id_receipt: str | None = None
    id_flow_reporting: str | None = None
    status: Literal["PO_UNPAID", "PO_PAID", "PO_PARTIALLY_REPORTED", "PO_REPORTED"]
    transfer: list[TransferRead]


class Paid(OptionRead):
    """GPD's PaymentsModelResponse."""

    service_type: Literal["GPD"]


class Position(Model):
    """GPD's PaymentPositionModel."""

    iupd: str
    type: Literal["F", "G"]
    pay_stand_in: bool
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
    switch_to_expired: bool
    company_name: str
    office_name: str | None = None
    validity_date: NaiveDatetime | None = None
    payment_date: NaiveDatetime | None = None
    status: State
    payment_option: list[Option]


class PositionRead(Model):
    """GPD's PaymentPositionModelBaseResponse."""

    iupd: str
    organization_fiscal_code: str
    type: Literal["F", "G"]
    company_name: str
    office_name: str | None = None
    inserted_date: NaiveDatetime
    publish_date: NaiveDatetime | None = None
    validity_date: NaiveDatetime | None = None
    payment_date: NaiveDatetime | None = None
    status: State
    last_updated_date: NaiveDatetime
    payment_option: list[OptionRead]


class PageInfo(BaseModel):
    """GPD's PageInfo, whose fields are in snake case."""

    model_config = ConfigDict(extra="forbid", strict=True)

    page: int
    limit: int
    items_found: int
    total_pages: int


class Page(BaseModel):
    """GPD's PaymentPositionsInfo."""

    model_config = ConfigDict(extra="forbid", strict=True)

    payment_position_list: list[PositionRead]
    page_info: PageInfo


class Receipt(Model):
    """GPD's ReceiptModelResponse."""

    organization_fiscal_code: str
    iuv: str
    debtor: str
    payment_date_time: str
    status: str


class Receipts(Model):
    """GPD's PaymentsResult, with the field of the older ReceiptsInfo."""

    current_page_number: int
    length: int
    total_pages: int
    results: list[Receipt]
    receipts_list: Annotated[list[Receipt], Field(alias="receipts_list")]


class IbanChange(Model):
    """GPD's UpdateTransferIbanMassiveResponse."""

    description: str
    updated_transfers: int


class Problem(BaseModel):
    """GPD's ProblemJson with our `errors`; RFC 9457, section 3.2, allows more fields."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
