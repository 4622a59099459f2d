"""One line for each step: what was asked, what the Node makes of the answer, and what it says."""

from __future__ import annotations

from gpd_soap.core import money
from gpd_soap.simulator.judging import JudgedReply, Verdict
from gpd_soap.soap import models

#: LIMIT: a fault's text has no limit in the contract, and a terminal's line has.
LONGEST = 600
UNSHOWN = "\N{REPLACEMENT CHARACTER}"


def line(heard: JudgedReply, note: str = "") -> str:
    """Say a step in one line."""
    told = _verdict(heard)
    if note:
        told += f"  {note}" if told == "OK" else f"; {note}"
    return one_line(f"{heard.operation:<21}  {told}  [{heard.seconds * 1000:.0f} ms]")


def raw(body: bytes) -> str:
    """A message as it travelled, without what would steer a terminal."""
    text = body.decode(errors="replace").replace("\r\n", "\n")
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def one_line(text: str) -> str:
    """Text from outside, so that it stays on its line."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _verdict(heard: JudgedReply) -> str:
    if heard.verdict is Verdict.OK:
        assert heard.answer is not None
        said = _said(heard.answer)
        return f"OK  {said}" if said else "OK"
    if heard.verdict is Verdict.REFUSED:
        return f"KO  {heard.verdict.value}: {heard.detail}"
    return f"{heard.verdict.value}: {heard.detail}"


def _said(answer: models.Response) -> str:
    if isinstance(answer, (models.PaGetPaymentRes, models.PaGetPaymentV2Response)):
        return _payment(answer.data)
    if isinstance(answer, models.PaDemandPaymentNoticeResponse):
        return f"notice {answer.qrCode.noticeNumber if answer.qrCode else '-'}, {_due(answer)}"
    if isinstance(answer, models.PaVerifyPaymentNoticeRes):
        return _due(answer)
    return ""


def _due(
    answer: models.PaVerifyPaymentNoticeRes | models.PaDemandPaymentNoticeResponse,
) -> str:
    option = answer.paymentList.paymentOptionDescription
    due = f"due {option.dueDate}" if option.dueDate else "no due date"
    postal = "yes" if option.allCCP else "no"
    what = f"{answer.paymentDescription}, {answer.companyName}, all CCP: {postal}"
    return f"{money.to_wire(option.amount)} EUR, {due}, {what}"


def _payment(data: models.PaymentV1 | models.PaymentV2) -> str:
    transfers = data.transferList.transfer
    stamps = sum(getattr(t, "richiestaMarcaDaBollo", None) is not None for t in transfers)
    parts = [
        f"{money.to_wire(data.paymentAmount)} EUR",
        f"due {data.dueDate}",
        f"IUV {data.creditorReferenceId}",
        f"{len(transfers)} transfer{'s' if len(transfers) > 1 else ''}",
    ]
    if stamps:
        parts[-1] += f", {stamps} of them a stamp"
    return ", ".join(parts)
