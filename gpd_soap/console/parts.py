"""What the console is made of; `wiring` puts it together, and a test passes its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.record import Record
from gpd_soap.usecases.people.passwords import Passwords
from gpd_soap.usecases.people.tokens import Random
from gpd_soap.usecases.worklist import Cases
from gpd_soap.wsgi.exposure import console_address
from gpd_soap.wsgi.http import Ready

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.opening import Printer
    from gpd_soap.features.oidc.sign_in import OidcSignIn
    from gpd_soap.features.passkeys.manage import Passkeys
    from gpd_soap.features.passkeys.sign_in import PasskeySignIn


class PasskeyUseCases(NamedTuple):
    """Passkeys: what signs in by them, and what manages them."""

    sign_in: PasskeySignIn
    manage: Passkeys


class Parts(NamedTuple):
    """The collaborators of every page.

    `cases` makes a worklist whose changes a record writes.  `verify` answers a SOAP message as the
    Node would get it, and leaves no entry in the journal.  `open_printer` raises
    DocumentsNotInstalled without the libraries of documents.  `passkeys` and `oidc` are None where
    they are not installed or not set up.  `ready` returns the facts of our health.
    """

    store: Store
    clock: Clock
    random: Random
    settings: Settings
    passwords: Passwords
    cases: Callable[[Record], Cases]
    verify: Callable[[bytes], bytes]
    open_printer: Callable[[Store], Printer]
    ready: Ready
    passkeys: PasskeyUseCases | None = None
    oidc: OidcSignIn | None = None

    @property
    def address(self) -> str:
        """The address at which operators reach the console, without a path."""
        return console_address(self.settings)
