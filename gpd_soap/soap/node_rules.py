"""What the Node refuses in an answer although the schema allows it.

Source: spec/pagopa-ec.md 1.7; the Node would tell its payer PPT_STAZIONE_INT_PA_ERRORE_RESPONSE.
"""

from __future__ import annotations

from typing import Any

from gpd_soap.soap import models

#: SPEC: pagopa-ec.md 1.1, all mandatory in an OK to verify and demand; officeName is not.
DESCRIBED = ("paymentList", "paymentDescription", "fiscalCodePA", "companyName")


def broken_rule(answer: Any) -> str | None:
    """Name the first of the Node's rules that an answer breaks, or None."""
    fault = answer.__dict__.get("fault")
    if answer.outcome == "KO":
        return "an outcome KO carries a fault" if fault is None else None
    if fault is not None:
        return "an outcome OK carries no fault"
    if isinstance(answer, (models.PaGetPaymentRes, models.PaGetPaymentV2Response)):
        return _broken_payment(answer.data)
    if isinstance(answer, (models.PaVerifyPaymentNoticeRes, models.PaDemandPaymentNoticeResponse)):
        return _undescribed(answer.__dict__)
    return None


def _undescribed(told: dict[str, Any]) -> str | None:
    for name in DESCRIBED:
        # WHY: whether a model is true, Spyne finds out by counting its members.
        if told.get(name) in (None, ""):
            return f"an outcome OK carries {name}"
    return None


def _broken_payment(data: Any) -> str | None:
    if data is None:
        return "an outcome OK carries data"
    transfers = data.transferList.transfer
    # WHY: lists, because a generator's steps cost more than its few values.
    if sum([t.transferAmount for t in transfers]) != data.paymentAmount:
        return "the transfers sum to the amount"
    if len({t.idTransfer for t in transfers}) != len(transfers):
        return "transfers have distinct ids"
    return None
