"""Every refusal of a use case about operators and their sign-in."""

from __future__ import annotations

from gpd_soap.usecases.refusals import Refusal


class PeopleRefusal(Refusal):
    """A refusal about operators, for the console and commands; no request of the API meets one."""


class InvalidOperator(PeopleRefusal):
    """An operator is requested whose role cannot have a scope: see `errors`."""


class OperatorExists(PeopleRefusal):
    """An operator has this name or this mail address."""


class OperatorNotFound(PeopleRefusal):
    """No operator has this name, mail address or id."""


class OperatorSuspended(PeopleRefusal):
    """The operator is suspended, and must be resumed first."""


class InvitationNotValid(PeopleRefusal):
    """The invitation does not exist, was accepted or replaced, or has expired."""


class UnfitPassword(PeopleRefusal):
    """The new password is too short, or among those that are guessed first: see `errors`."""


class SecondFactorNeeded(PeopleRefusal):
    """The operator needs a second factor and has none."""


class SignInRefused(PeopleRefusal):
    """Name and password do not belong to an active operator."""


class CodeRefused(PeopleRefusal):
    """A code or a password does not prove who the operator of a session is."""


class TooManyAttempts(PeopleRefusal):
    """The attempt comes too soon after failed ones; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        """Keep the seconds."""
        super().__init__()
        self.seconds = seconds


class SignInBusy(PeopleRefusal):
    """Too many passwords are being checked now; the caller may try again."""


class SessionNotValid(PeopleRefusal):
    """There is no such session, or it has ended."""


class PasskeyRefused(PeopleRefusal):
    """The answer of a device proves nothing: the log says why, and its owner need not know."""


class PasskeyExists(PeopleRefusal):
    """The device has given this passkey to an operator already."""


class PasskeyNotFound(PeopleRefusal):
    """The operator has no passkey with this id."""


class TooManyPasskeys(PeopleRefusal):
    """The operator has as many passkeys as one may have."""


class UnfitPasskeyName(PeopleRefusal):
    """The name of a passkey is empty, too long, or cannot be printed: see `errors`."""


class LastFactor(PeopleRefusal):
    """Without this passkey or identity, the operator could not sign in."""


class ProviderUnavailable(PeopleRefusal):
    """The OpenID provider gave no usable answer in time; the caller may try again."""


class ProviderRefused(PeopleRefusal):
    """The OpenID provider refused, or what it says does not hold: the log says why."""


class IdentityRefused(PeopleRefusal):
    """The identity at the OpenID provider is nobody's who may use the console."""


class IdentityExists(PeopleRefusal):
    """The identity is an operator's already, or the operator has one of this provider."""


class IdentityNotFound(PeopleRefusal):
    """The operator has no identity with this id."""


class ScopeForbidden(PeopleRefusal):
    """The operator does not have the scope that the operation needs."""


class StepUpNeeded(PeopleRefusal):
    """The operation needs a factor that was proved within the last minutes."""
