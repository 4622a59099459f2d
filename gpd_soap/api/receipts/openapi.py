"""What the OpenAPI says of receipts and cases: bodies under GPD's names, and ours."""

from __future__ import annotations

from gpd_soap.api.openapi import COUNT, MOMENT, TEXT, Schema, many, moments, objects, ref, texts
from gpd_soap.api.receipts.responses import PAID
from gpd_soap.core.case_id import QUARANTINE
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.core.state import OptionState
from gpd_soap.validation.queries.receipts import Match, Note

RAW: Schema = {"type": "string", "format": "binary"}


def schemas() -> dict[str, Schema]:
    """Every body, by name."""
    return {
        "CaseNote": Note.model_json_schema(),
        "CaseMatch": Match.model_json_schema(),
        **_receipts(),
        **_cases(),
    }


def document(kind: str, description: str) -> Schema:
    """An answer that is no JSON."""
    return {"description": description, "content": {kind: {"schema": RAW}}}


def _receipts() -> dict[str, Schema]:
    listed = objects(
        {
            **texts("organizationFiscalCode iuv debtor"),
            "paymentDateTime": MOMENT,
            "status": {"type": "string", "enum": [PAID]},
        }
    )
    counts = dict.fromkeys(("currentPageNumber", "length", "totalPages"), COUNT)
    lists = dict.fromkeys(("results", "receipts_list"), many("ReceiptModelResponse"))
    page = objects({**counts, **lists})
    page["required"] = list(page["properties"])
    return {"ReceiptModelResponse": listed, "PaymentsResultReceiptModelResponse": page}


def _cases() -> dict[str, Schema]:
    case = objects(
        {
            **texts("id organizationFiscalCode drift primitive receiptId noticeNumber iuv"),
            **texts("pspCode pspCompany debtor"),
            **moments("receivedDate lastReceivedDate paymentDateTime"),
            **dict.fromkeys(("copies", "amount", "fee"), COUNT),
            "kind": {"type": "string", "enum": [*map(str, ReceiptStatus), QUARANTINE]},
            "reasons": {"type": "array", "items": TEXT},
            "resolved": ref("CaseResolution"),
            "notice": ref("CaseNotice"),
        }
    )
    state = {"type": "string", "enum": [str(state) for state in OptionState]}
    page = objects({"worklist": many("Case"), "page_info": ref("PageInfo")})
    page["required"] = list(page["properties"])
    return {
        "Case": case,
        "CaseResolution": objects({"date": MOMENT, **texts("by note")}),
        "CaseNotice": objects({**texts("iupd noticeNumber iuv idReceipt"), "status": state}),
        "Worklist": page,
    }
