"""The contract's types as Spyne models, with the contract's names and order.

They define the members, and how each is read and written.  Lengths, patterns and other facets are
not repeated: the published schema checks messages in both directions.  A test compares every model
with that schema.
"""

from gpd_soap.soap.models.base import COMMON, NAMESPACE, Amount, Model
from gpd_soap.soap.models.payments import (
    PaDemandPaymentNoticeRequest,
    PaDemandPaymentNoticeResponse,
    PaGetPaymentReq,
    PaGetPaymentRes,
    PaGetPaymentV2Request,
    PaGetPaymentV2Response,
    PaVerifyPaymentNoticeReq,
    PaVerifyPaymentNoticeRes,
    PaymentV1,
    PaymentV2,
    StampRequest,
    TransferListV2,
    TransferV2,
)
from gpd_soap.soap.models.receipts import (
    PaSendRTReq,
    PaSendRTRes,
    PaSendRTV2Request,
    PaSendRTV2Response,
    ReceiptV1,
    ReceiptV2,
    TransferListReceiptV2,
    TransferReceiptV2,
)
from gpd_soap.soap.models.shared import (
    EntityUniqueIdentifier,
    FaultBean,
    MapEntry,
    Metadata,
    PaymentOptionDescription,
    PaymentOptionsDescriptionList,
    QrCode,
    Question,
    Response,
    Subject,
    TransferListV1,
    TransferV1,
)

__all__ = [
    "COMMON",
    "NAMESPACE",
    "Amount",
    "EntityUniqueIdentifier",
    "FaultBean",
    "MapEntry",
    "Metadata",
    "Model",
    "PaDemandPaymentNoticeRequest",
    "PaDemandPaymentNoticeResponse",
    "PaGetPaymentReq",
    "PaGetPaymentRes",
    "PaGetPaymentV2Request",
    "PaGetPaymentV2Response",
    "PaSendRTReq",
    "PaSendRTRes",
    "PaSendRTV2Request",
    "PaSendRTV2Response",
    "PaVerifyPaymentNoticeReq",
    "PaVerifyPaymentNoticeRes",
    "PaymentOptionDescription",
    "PaymentOptionsDescriptionList",
    "PaymentV1",
    "PaymentV2",
    "QrCode",
    "Question",
    "ReceiptV1",
    "ReceiptV2",
    "Response",
    "StampRequest",
    "Subject",
    "TransferListReceiptV2",
    "TransferListV1",
    "TransferListV2",
    "TransferReceiptV2",
    "TransferV1",
    "TransferV2",
]
