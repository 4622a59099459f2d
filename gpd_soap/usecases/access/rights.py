"""What a key may do: for which organizations, whether it may change, and as whom."""

from __future__ import annotations

from gpd_soap.store.access.keys import Key, Role
from gpd_soap.usecases import refusals


def check_rights(
    key: Key, organization: str | None, role: Role, *, changes: bool, of_key: bool = False
) -> None:
    """Raises the refusal of an operation that a key may not use.

    `organization` is None where the operation is about every organization; `role` is the least
    role that may use it.  With `of_key` an operation without an organization answers what is of the
    key's own organizations.  The answer does not depend on whether anything exists.
    """
    own = key.serves_every or of_key if organization is None else key.serves(organization)
    if not own:
        raise refusals.OrganizationForbidden
    if changes and not key.may_write:
        raise refusals.KeyOnlyReads
    if role is Role.ADMIN and key.role is not Role.ADMIN:
        raise refusals.KeyNotAdministrator


def check_every_organization(key: Key) -> None:
    """Raises OrganizationForbidden unless the key is for every organization."""
    if not key.serves_every:
        raise refusals.OrganizationForbidden


def check_lenient(key: Key) -> None:
    """Raises LenientForbidden unless the key is an administrator's."""
    if key.role is not Role.ADMIN:
        raise refusals.LenientForbidden
