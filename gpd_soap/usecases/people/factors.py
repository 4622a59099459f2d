"""Whether an operator has something left by which to sign in."""

from __future__ import annotations

from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.people import credentials, identities, passkeys
from gpd_soap.store.people.operators import Operator
from gpd_soap.usecases.people.rights import needs_second_factor


def can_sign_in(connection: Transaction, operator: Operator) -> bool:
    """Returns whether an operator has a passkey, an identity, or a password that is enough."""
    usable = [each for each in passkeys.of(connection, operator.id) if each.cloned_at is None]
    if usable or identities.of(connection, operator.id):
        return True
    credential = credentials.of(connection, operator.id)
    if credential is None:
        return False
    return credential.totp_secret is not None or not needs_second_factor(operator)
