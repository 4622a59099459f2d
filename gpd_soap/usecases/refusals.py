"""Every refusal of a use case, with its fields, without HTTP statuses and texts for people.

A refusal is an answer and no failure.  It is an exception, so that a transaction that it leaves is
rolled back.  A folder of use cases may have its own refusals in a module of this name.  The texts
for people are in `problems` of `api` and its folders, in `cli.texts.refusals`, and in `console`.
"""

from __future__ import annotations

from collections.abc import Iterable

from gpd_soap.validation.finding import FieldError


class Refusal(Exception):
    """A request is refused; `errors` has the findings about its fields."""

    def __init__(self, errors: Iterable[FieldError] = ()) -> None:
        """Keep the findings."""
        super().__init__(type(self).__name__)
        self.errors = tuple(errors)


class Malformed(Refusal):
    """The request does not have the expected form: see `errors`."""


class InvalidPosition(Refusal):
    """The position breaks a rule: see `errors`."""


class InvalidConfiguration(Refusal):
    """The configuration breaks a rule: see `errors`."""


class InvalidDateRange(Refusal):
    """The interval ends before it begins, or one of its dates is invalid."""


class MayNotRegister(Refusal):
    """The caller may not register a new organization."""


class OrganizationNotFound(Refusal):
    """The organization is not registered."""


class BrokerNotFound(Refusal):
    """The broker is not registered."""


class StationNotFound(Refusal):
    """The station is not registered."""


class StationNotServing(Refusal):
    """The station does not serve the organization."""


class ServiceNotFound(Refusal):
    """The organization offers no service with these identifiers."""


class InUse(Refusal):
    """Other configuration needs what would be removed: see `errors`."""


class OtherSegregationCode(Refusal):
    """A notice of the request has none of the segregation codes of the caller: see `errors`."""


class PositionNotFound(Refusal):
    """The organization has no position with this IUPD."""


class NoticeNotFound(Refusal):
    """There is no notice with this number."""


class NoticeExcluded(Refusal):
    """An alternative that excludes the notice is paid."""


class NoticeNotYetValid(Refusal):
    """The notice cannot be paid before its validity date."""


class TransferNotFound(Refusal):
    """The notice with this IUV has no transfer with this number."""


class PositionChanged(Refusal):
    """The position has changed since the caller read it."""


class NotUnique(Refusal):
    """An IUPD is in use, or an IUV or a notice number is or was in use: see `errors`."""


class PaymentFound(Refusal):
    """A notice of the position is paid or reported."""


class AlreadyPaid(Refusal):
    """The notice, or an alternative that excludes it, is paid already."""


class OwnDebtors(Refusal):
    """An option has a debtor of its own, which the update cannot express."""


class FeeOfPaidNotice(Refusal):
    """The notification fee of a paid or reported notice does not change any more."""


class NoTransferForFee(Refusal):
    """The organization has no transfer in the notice, which would carry the notification fee."""


class UpdateLosesFee(Refusal):
    """A notice with a notification fee would have no transfer of the organization, to carry it."""


class NotRestorable(Refusal):
    """The position is neither withdrawn nor expired, was paid, or would still not be payable."""


class NotUpdatable(Refusal):
    """The position is withdrawn, or a notice of it is paid or reported."""


class NotPublishable(Refusal):
    """The position is not a draft."""


class NotInvalidable(Refusal):
    """The position is neither published nor valid."""


class DueBeforeValidity(Refusal):
    """A notice would be due before its position is valid."""


class PublishedAfterDue(Refusal):
    """The due date of a notice of the draft is past."""


class PublishedAfterValidity(Refusal):
    """The validity date of the draft is past."""


class TransferNotPaid(Refusal):
    """The notice of the transfer is not paid."""


class ReceiptForbidden(Refusal):
    """The IUV has none of the segregation codes of the request."""


class ReceiptNotFound(Refusal):
    """No receipt with this IUV is stored."""


class ReceiptErased(Refusal):
    """The message of this receipt was erased or changed in the database."""


class CaseNotFound(Refusal):
    """There is no case with this id."""


class CaseNotOpen(Refusal):
    """The case is resolved already, or needs no decision."""


class HasCase(Refusal):
    """The receipt has an open case, or its refund is outstanding."""


class CaseDecided(Refusal):
    """The decision on the case of the receipt is final."""


class NoMoney(Refusal):
    """The receipt is of no money for the organization, so that none can go back."""


class CaseNotWaiting(Refusal):
    """The receipt of the case has paid a notice already, so it cannot be matched."""


class CaseNotMatched(Refusal):
    """No notice has the number that the case names."""


class NoticeNotPayable(Refusal):
    """Another receipt has paid the notice, or an alternative that excludes it."""


class EntryNotFound(Refusal):
    """The journal has no entry with this id."""


class CursorExpired(Refusal):
    """Events after the cursor of a feed are no longer kept; `first` is the oldest cursor."""

    def __init__(self, first: int) -> None:
        """Keep the cursor from which the feed can be read again."""
        super().__init__()
        self.first = first


class CursorAhead(Refusal):
    """The feed ends before the cursor, as after a restored backup; `first` is the oldest cursor."""

    def __init__(self, first: int) -> None:
        """Keep the cursor from which the feed can be read again."""
        super().__init__()
        self.first = first


class SubscriptionNotFound(Refusal):
    """The organization has no subscription with this id."""


class SubscriptionChanged(Refusal):
    """The subscription has changed since the caller read it."""


class TooManySubscriptions(Refusal):
    """The organization has as many subscriptions as it may have."""


class WebhooksOff(Refusal):
    """The operator has set no secret from which those of subscriptions are derived."""


class ParkedNotFound(Refusal):
    """The subscription has no parked event with this number."""


class MessageRefusedAgain(Refusal):
    """A stored message was processed again and is refused again.

    `answer` is the fault, or None if the answer has none.
    """

    def __init__(self, answer: str | None) -> None:
        """Keep the fault."""
        super().__init__()
        self.answer = answer


class MessageNotTaken(Refusal):
    """A stored message could not be processed again now, and may be tried later."""


class KeyNotValid(Refusal):
    """The presented key does not exist, was revoked or has expired."""


class TooManyWrongKeys(Refusal):
    """The caller has presented too many wrong keys; `seconds` is how long it must wait."""

    def __init__(self, seconds: float) -> None:
        """Keep the seconds."""
        super().__init__()
        self.seconds = seconds


class OrganizationForbidden(Refusal):
    """The key or the operator is not for this organization, or not for every organization."""


class KeyOnlyReads(Refusal):
    """The key is a reader's, and the request would change something."""


class KeyNotAdministrator(Refusal):
    """The operation is for the keys of administrators."""


class LenientForbidden(Refusal):
    """Unusual notice numbers are accepted from the keys of administrators only."""


class OrganizationsNotNamed(Refusal):
    """A key is requested without organizations: see `errors`."""


class OrganizationNotRegistered(Refusal):
    """A key or an operator is requested for an organization that is not registered."""


class ExpiryPassed(Refusal):
    """A key is requested that would have expired already: see `errors`."""


class KeyNotFound(Refusal):
    """No active key has this id."""
