"""Adds who acted and on what to the audit, and to a key when it expires and was last used.

The version before inserts rows without the new columns.  It accepts a key that has expired.
LIMIT: each index is built while changes over the API wait for a moment, two seconds for a million
rows; no message of the Node waits.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the columns and their indexes."""
    kind = sa.Column("actor_kind", sa.String(length=8), nullable=False, server_default="key")
    op.add_column("audit", kind)
    texts = {"actor": 100, "nav": 18, "iupd": 255, "receipt_id": 71, "resource": 100}
    for name, length in texts.items():
        op.add_column("audit", sa.Column(name, sa.String(length=length), nullable=True))
    for name in ("expires_at", "last_used_at"):
        op.add_column("api_key", sa.Column(name, INSTANT, nullable=True))
    op.create_index("ix_audit_key_id_at", "audit", ["key_id", "at"])
    changes = _only("method <> 'GET'")
    op.create_index("ix_audit_organization_at", "audit", ["organization", "at"], **changes)
    actor = _only("actor IS NOT NULL")
    op.create_index("ix_audit_actor_at", "audit", ["actor", "at"], **actor)
    nav, iupd = _only("nav IS NOT NULL"), _only("iupd IS NOT NULL")
    op.create_index("ix_audit_organization_nav_at", "audit", ["organization", "nav", "at"], **nav)
    op.create_index(
        "ix_audit_organization_iupd_at", "audit", ["organization", "iupd", "at"], **iupd
    )
    op.create_index(
        "ix_audit_organization_receipt_id_at",
        "audit",
        ["organization", "receipt_id", "at"],
        **_only("receipt_id IS NOT NULL"),
    )


def _only(condition: str) -> dict[str, Any]:
    """Returns the options of an index that has the rows of a condition alone."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}
