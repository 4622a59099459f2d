"""Checks the answers of a notice, built for each kind of request by the code that will answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from gpd_soap.contract.schema import Schema, Violation
from gpd_soap.core import codes
from gpd_soap.core.debt import Notice, Transfer
from gpd_soap.core.faults import Refusal
from gpd_soap.core.notice import PROBE, number_warnings
from gpd_soap.core.payable import payable
from gpd_soap.core.payment import due, offer, with_fee
from gpd_soap.features.check.finding import Finding, error, warning
from gpd_soap.soap import models
from gpd_soap.soap.protocol import NodeProtocol
from gpd_soap.soap.responses import Outcome, to_response

VERIFY, PAYMENT, PAYMENT_V2 = "paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2"
RESPONSES: dict[str, Any] = {
    VERIFY: models.PaVerifyPaymentNoticeRes,
    PAYMENT: models.PaGetPaymentRes,
    PAYMENT_V2: models.PaGetPaymentV2Response,
}
#: SPEC: Payable, rule 10: the values of transferType in paGetPaymentV2.
TRANSFER_TYPES = (None, "POSTAL", "PAGOPA")

#: SPEC: SANP "Best practice": dates such as 2099-12-31 are discouraged, and front ends hide them.
ABSURD_YEAR = 2099


class Judged(NamedTuple):
    """The number of answers of a notice that were checked, and their findings."""

    answers: int
    findings: tuple[Finding, ...]


class AnswerCheck:
    """Builds the answers of a notice and checks them by the contract and the Node's rules."""

    def __init__(self, schema: Schema) -> None:
        """Take the compiled contract."""
        self._protocol = NodeProtocol(schema, check_answers=True)

    def __call__(self, organization: str, notice: Notice) -> Judged:
        """Check one notice, payable at this moment or not."""
        where = f"{organization}/{notice.iupd} notice …{notice.nav[-4:]}"
        outcomes = list(_outcomes(organization, notice))
        # WHY: a stored value is in several answers, and must be corrected once.
        broken: dict[tuple[str, str], Finding] = {}
        for primitive, outcome in outcomes:
            for breach in self._breaches(organization, primitive, outcome):
                # WHY: a breach of the Node's rules names the whole answer instead of an element.
                if breach.element == primitive:
                    finding = error(where, "node", f"see to it that {breach.rule}")
                    broken.setdefault(("", breach.rule), finding)
                else:
                    finding = error(where, "contract", f"correct {breach}")
                    broken.setdefault((breach.element, breach.rule), finding)
        return Judged(len(outcomes), (*broken.values(), *_beyond(where, notice)))

    def _breaches(self, organization: str, primitive: str, outcome: Outcome) -> list[Violation]:
        try:
            answer = to_response(outcome, RESPONSES[primitive], organization)
        except OverflowError:
            return [Violation("dueDate", "value", "a day that Rome's calendar has")]
        return self._protocol.violations(answer, primitive)


def may_be_asked(notice: Notice, now: datetime) -> bool:
    """Return whether a notice can still be paid on some day: neither withdrawn nor settled."""
    some_day = notice._replace(published_at=now, valid_from=None, switch_to_expired=False)
    return payable(some_day, now) is None


def _outcomes(organization: str, notice: Notice) -> Iterator[tuple[str, Outcome]]:
    """Yield the primitives that are answered with OK for a payable notice, and their outcomes."""
    yield VERIFY, due(organization, notice)
    notice = with_fee(organization, notice)
    offers = [(PAYMENT, offer(notice, None, stamps=False))]
    offers += [(PAYMENT_V2, offer(notice, kind, stamps=True)) for kind in TRANSFER_TYPES]
    for primitive, outcome in offers:
        # WHY: the refusal of a stamp to V1, or of POSTAL without a postal account, is valid.
        if not isinstance(outcome, Refusal):
            yield primitive, outcome


def _beyond(where: str, notice: Notice) -> Iterator[Finding]:
    """Yield the findings on values that the contract allows and the Node or a payer may not."""
    yield from _number(where, notice)
    # WHY: a notice without any transfer has a finding already, because it breaks the contract.
    if notice.transfers and all(transfer.number != 1 for transfer in notice.transfers):
        yield error(where, "first-transfer", "give one transfer the number 1, as POSTAL needs it")
    for transfer in notice.transfers:
        yield from _accounts(where, transfer)
    if notice.due_at.year >= ABSURD_YEAR:
        yield warning(where, "due-date", "give the date that is printed on the notice")


def _number(where: str, notice: Notice) -> Iterator[Finding]:
    if notice.nav == PROBE:
        yield error(where, "notice-number", "give another number: the Node's probe has this one")
    try:
        for rule, expected in number_warnings(notice.nav, notice.iuv):
            yield warning(where, rule, f"expected {expected}")
    except ValueError:
        yield error(where, "notice-number", "give it a number of 18 digits: else it is not payable")


def _accounts(where: str, transfer: Transfer) -> Iterator[Finding]:
    for account in filter(None, (transfer.iban, transfer.postal_iban)):
        problem = codes.problem_with_iban(account)
        if problem is not None:
            what = f"correct the IBAN of transfer {transfer.number}: {problem}"
            yield error(where, "iban", what)
    if transfer.postal_iban and not codes.is_postal_iban(transfer.postal_iban):
        what = f"expected a postal IBAN of Poste Italiane in transfer {transfer.number}"
        yield warning(where, "postal-iban", what)
