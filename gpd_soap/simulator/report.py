"""Describes each step in one line: the operation, the Node's verdict and the answer's content."""

from __future__ import annotations

from gpd_soap.core import money
from gpd_soap.simulator.judging import JudgedReply, Verdict
from gpd_soap.soap import models

#: LIMIT: 600 characters of a line; the contract does not limit the text of a fault.
LONGEST = 600
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def line(judged: JudgedReply, note: str = "") -> str:
    """Return the description of a step, with a note."""
    text = _verdict(judged)
    if note:
        text += f"  {note}" if text == "OK" else f"; {note}"
    return one_line(f"{judged.operation:<21}  {text}  [{judged.seconds * 1000:.0f} ms]")


def raw(body: bytes) -> str:
    """Return a message as it was sent, without the characters that control a terminal."""
    text = body.decode(errors="replace").replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" else REPLACEMENT for c in text)


def one_line(text: str) -> str:
    """Return a text from outside as one printable line."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _verdict(judged: JudgedReply) -> str:
    if judged.verdict is Verdict.OK:
        assert judged.answer is not None
        content = _content(judged.answer)
        return f"OK  {content}" if content else "OK"
    if judged.verdict is Verdict.REFUSED:
        return f"KO  {judged.verdict.value}: {judged.detail}"
    return f"{judged.verdict.value}: {judged.detail}"


def _content(answer: models.Response) -> str:
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
