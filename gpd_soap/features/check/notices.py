"""A notice, asked for in every way before the Node does, by the code that will answer."""

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
from gpd_soap.core.payment import due, offer
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
#: SPEC: pagopa-ec.md 1.2: what transferType may ask of the second form.
TRANSFER_TYPES = (None, "POSTAL", "PAGOPA")

#: SPEC: pagopa-ec.md 1.2: dates such as 2099-12-31 are discouraged, and hidden by front ends.
ABSURD_YEAR = 2099


class Judged(NamedTuple):
    """How many answers of a notice were looked at, and what was found."""

    answers: int
    findings: tuple[Finding, ...]


class AnswerCheck:
    """Builds the answers of a notice and holds them against the contract and the Node's rules."""

    def __init__(self, schema: Schema) -> None:
        """Take the published contract."""
        self._protocol = NodeProtocol(schema, check_answers=True)

    def __call__(self, organization: str, notice: Notice) -> Judged:
        """Look at one notice, whatever its dates say."""
        where = f"{organization}/{notice.iupd} notice …{notice.nav[-4:]}"
        asked = list(_outcomes(organization, notice))
        # WHY: what is stored once is said in several answers, and is one thing to correct.
        broken: dict[tuple[str, str], Finding] = {}
        for primitive, outcome in asked:
            for breach in self._breaches(organization, primitive, outcome):
                # WHY: a rule of the Node's is told of the answer, not of an element in it.
                if breach.element == primitive:
                    told = error(where, "node", f"see to it that {breach.rule}")
                    broken.setdefault(("", breach.rule), told)
                else:
                    told = error(where, "contract", f"correct {breach}")
                    broken.setdefault((breach.element, breach.rule), told)
        return Judged(len(asked), (*broken.values(), *_beyond(where, notice)))

    def _breaches(self, organization: str, primitive: str, outcome: Outcome) -> list[Violation]:
        try:
            answer = to_response(outcome, RESPONSES[primitive], organization)
        except OverflowError:
            return [Violation("dueDate", "value", "a day that Rome's calendar has")]
        return self._protocol.violations(answer, primitive)


def may_be_asked(notice: Notice, now: datetime) -> bool:
    """Whether a notice can still be paid on some day: neither withdrawn nor settled."""
    some_day = notice._replace(published_at=now, valid_from=None, switch_to_expired=False)
    return payable(some_day, now) is None


def _outcomes(organization: str, notice: Notice) -> Iterator[tuple[str, Outcome]]:
    """What is answered for a payable notice, and to which primitive."""
    yield VERIFY, due(organization, notice)
    offers = [(PAYMENT, offer(notice, None, stamps=False))]
    offers += [(PAYMENT_V2, offer(notice, wanted, stamps=True)) for wanted in TRANSFER_TYPES]
    for primitive, outcome in offers:
        # WHY: refusing a stamp to V1, or POSTAL without such an account, is a proper answer.
        if not isinstance(outcome, Refusal):
            yield primitive, outcome


def _beyond(where: str, notice: Notice) -> Iterator[Finding]:
    """What the contract lets pass, and the Node or a payer may not."""
    yield from _number(where, notice)
    # WHY: a notice without any transfer breaks the contract, and is told so.
    if notice.transfers and all(transfer.number != 1 for transfer in notice.transfers):
        yield error(where, "first-transfer", "give one transfer the number 1, as POSTAL needs it")
    for transfer in notice.transfers:
        yield from _accounts(where, transfer)
    if notice.due_at.year >= ABSURD_YEAR:
        yield warning(where, "due-date", "say the day that is printed on the notice")


def _number(where: str, notice: Notice) -> Iterator[Finding]:
    if notice.nav == PROBE:
        yield error(where, "notice-number", "give another number: the Node's probe has this one")
    try:
        for rule, expected in number_warnings(notice.nav, notice.iuv):
            yield warning(where, rule, f"expected {expected}")
    except ValueError:
        yield error(where, "notice-number", "give it a number of 18 digits, or nobody can ask")


def _accounts(where: str, transfer: Transfer) -> Iterator[Finding]:
    for account in filter(None, (transfer.iban, transfer.postal_iban)):
        problem = codes.problem_with_iban(account)
        if problem is not None:
            yield error(where, "iban", f"correct that of transfer {transfer.number}: {problem}")
    if transfer.postal_iban and not codes.is_postal_iban(transfer.postal_iban):
        what = f"expected an account of Poste Italiane as transfer {transfer.number}'s postal one"
        yield warning(where, "postal-iban", what)
