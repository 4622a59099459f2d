"""Every refusal of a use case by its name, with its fields; no status of HTTP, no words for people.

A refusal is an answer and not a failure.  It travels as an exception, because leaving a transaction
by it undoes everything.  `api.problems` and `cli.refusals` say each in their own words.
"""

from __future__ import annotations

from collections.abc import Iterable

from gpd_soap.validation.finding import FieldError


class Refusal(Exception):
    """Something that was asked and is not done; `errors` says which field is wrong, and how."""

    def __init__(self, errors: Iterable[FieldError] = ()) -> None:
        """Say what is wrong in which field."""
        super().__init__(type(self).__name__)
        self.errors = tuple(errors)


class Malformed(Refusal):
    """What was sent is not of the form that is expected: see `errors`."""


class InvalidPosition(Refusal):
    """What is said of a position breaks a rule: see `errors`."""


class InvalidConfiguration(Refusal):
    """What is configured breaks a rule: see `errors`."""


class InvalidDateRange(Refusal):
    """An interval of time that ends before it begins, or a date that is none."""


class MayNotRegister(Refusal):
    """Whoever asks may not register a new organization."""


class OrganizationNotFound(Refusal):
    """The organization is not registered."""


class BrokerNotFound(Refusal):
    """The broker is not registered."""


class StationNotFound(Refusal):
    """The station is not registered."""


class StationNotServing(Refusal):
    """The station does not serve the organization."""


class ServiceNotFound(Refusal):
    """The organization offers no service of these identifiers."""


class InUse(Refusal):
    """Something else would lose what it needs: see `errors`."""


class PositionNotFound(Refusal):
    """There is no position of this name."""


class NoticeNotFound(Refusal):
    """There is no notice of this number."""


class TransferNotFound(Refusal):
    """There is no transfer of this number of a notice of this IUV."""


class PositionChanged(Refusal):
    """The position is not any more as the caller has seen it."""


class NotUnique(Refusal):
    """An IUPD is in use, or an IUV or a notice number is or was: see `errors`."""


class PaymentFound(Refusal):
    """Some of the position was paid or reported."""


class AlreadyPaid(Refusal):
    """The notice, or what excludes it, was paid already."""


class NotUpdatable(Refusal):
    """The position was withdrawn, or some of it was paid or reported."""


class NotPublishable(Refusal):
    """The position is no draft."""


class NotInvalidable(Refusal):
    """The position is neither published nor valid."""


class DueBeforeValidity(Refusal):
    """A notice would be due before it can be paid."""


class PublishedAfterDue(Refusal):
    """A notice of the draft is past its due date."""


class PublishedAfterValidity(Refusal):
    """The draft should have been published before it became valid."""


class TransferNotPaid(Refusal):
    """The notice of the transfer is not paid."""


class ReceiptForbidden(Refusal):
    """The IUV is of none of the segregation codes."""


class ReceiptNotFound(Refusal):
    """No receipt of a payment of this IUV is stored."""


class CaseNotFound(Refusal):
    """There is no case of this id."""


class CaseNotOpen(Refusal):
    """The case was resolved already, or there is nothing to decide."""


class CaseNotWaiting(Refusal):
    """The case has no notice to find: only what has paid no notice yet can be matched."""


class CaseNotMatched(Refusal):
    """There is no notice of the number that the case names."""


class NoticeNotPayable(Refusal):
    """The notice, or what excludes it, was paid already, and not by the case."""


class EntryNotFound(Refusal):
    """The journal has no entry of this id."""


class MessageRefusedAgain(Refusal):
    """A message that was sent again is refused again, with the fault `answer` or, None, another."""

    def __init__(self, answer: str | None) -> None:
        """Say how the message was answered."""
        super().__init__()
        self.answer = answer


class MessageNotTaken(Refusal):
    """A message that was sent again could not be taken now; it may be tried later."""
