"""What the claims of a verified ID token mean: groups, rights, factors, names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gpd_soap.features.oidc.options import Options
from gpd_soap.store.people.operators import LONGEST_NAME, Rights

Claims = Mapping[str, Any]

MAIL = "email"


def groups(claims: Claims, name: str) -> frozenset[str]:
    """Return the groups that a claim lists; `realm.roles` also means `roles` inside `realm`."""
    value = _value(claims, name)
    texts = value if isinstance(value, list) else [value]
    return frozenset(each for each in texts if isinstance(each, str))


def rights_of(claims: Claims, options: Options) -> Rights | None:
    """Return the rights of the first rule whose group the claims have, or None."""
    own = groups(claims, options.groups_claim)
    return next((rule.rights for rule in options.rights if rule.group in own), None)


def proves_two_factors(claims: Claims, options: Options) -> bool:
    """Return whether the provider says that it proved two factors, in the words of the options."""
    methods = claims.get("amr")
    named = methods if isinstance(methods, list) else []
    return claims.get("acr") in options.acr or any(each in options.amr for each in named)


def matched_name(claims: Claims, options: Options) -> str | None:
    """Return the text that names an operator, or None; an address must be verified."""
    if not options.match_claim:
        return None
    if options.match_claim == MAIL and claims.get("email_verified") is not True:
        return None
    value = _value(claims, options.match_claim)
    return value if isinstance(value, str) and value.strip() else None


def display_name(claims: Claims) -> str:
    """Return a name for a new operator: printable, short, and no mail address."""
    for claim in ("name", "preferred_username", "sub"):
        value = claims.get(claim)
        if isinstance(value, str):
            printable = "".join(each if each.isprintable() else " " for each in value)
            text = " ".join(printable.replace("@", " ").split())[:LONGEST_NAME].strip()
            if text:
                return text
    return "operator"


def proved_at(claims: Claims) -> datetime | None:
    """Return when the provider last saw a factor, or None if it does not say."""
    instant = claims.get("auth_time")
    if isinstance(instant, bool) or not isinstance(instant, int):
        return None
    try:
        return datetime.fromtimestamp(instant, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _value(claims: Claims, name: str) -> object:
    if name in claims:
        return claims[name]
    value: object = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
