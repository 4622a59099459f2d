"""The rules of the Node on answers that the schema does not have (Messages, rule 6).

The Node answers a payer PPT_STAZIONE_INT_PA_ERRORE_RESPONSE where an answer breaks one of them.
"""

from __future__ import annotations

from typing import Any

from gpd_soap.soap import models

#: SPEC: Messages, rule 6: mandatory in an OK to verify and demand; officeName is optional.
DESCRIBED = ("paymentList", "paymentDescription", "fiscalCodePA", "companyName")


def broken_rule(answer: Any) -> str | None:
    """Return the first of the Node's rules that an answer breaks, or None."""
    fault = answer.__dict__.get("fault")
    if answer.outcome == "KO":
        return "an outcome KO carries a fault" if fault is None else None
    if fault is not None:
        return "an outcome OK carries no fault"
    if isinstance(answer, (models.PaGetPaymentRes, models.PaGetPaymentV2Response)):
        return _broken_payment(answer.data)
    if isinstance(answer, (models.PaVerifyPaymentNoticeRes, models.PaDemandPaymentNoticeResponse)):
        return _missing_member(answer.__dict__)
    return None


def _missing_member(members: dict[str, Any]) -> str | None:
    for name in DESCRIBED:
        # WHY: Spyne counts the members of a model to find its truth value, so `in` is faster.
        if members.get(name) in (None, ""):
            return f"an outcome OK carries {name}"
    return None


def _broken_payment(data: Any) -> str | None:
    if data is None:
        return "an outcome OK carries data"
    transfers = data.transferList.transfer
    # WHY: for so few values a list is faster than a generator.
    if sum([t.transferAmount for t in transfers]) != data.paymentAmount:
        return "the transfers sum to the amount"
    if len({t.idTransfer for t in transfers}) != len(transfers):
        return "transfers have distinct ids"
    return None
