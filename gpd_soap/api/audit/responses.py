"""Builds the answers about the audit, by `models`."""

from __future__ import annotations

from gpd_soap.api.responses import Body, camel_case, rome_text
from gpd_soap.store.access.audit import ActorKind, Change


def change(row: Change) -> Body:
    """Returns a row: Change.  A command has no key, no method, no status and no request."""
    fields = row._asdict()
    if row.actor_kind != ActorKind.KEY:
        fields.update(dict.fromkeys(("key_id", "key_name", "method", "status", "request_id")))
    time, organization = rome_text(fields.pop("requested_at")), fields.pop("organization")
    fields["actor"] = row.actor or row.key_id
    return camel_case(organization=organization, at=time, **fields)
