"""What an organization prints about itself on notices."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, String, Table

from gpd_soap.store.tables.base import OrganizationCode, metadata

#: `site` and `app`: the organization's own take payments.  `language` is that of its notices.
#: `logo` is an SVG, PNG or JPEG file.
print_settings = Table(
    "print_settings",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("info", String(100)),
    Column("cbill", String(16)),
    Column("account_holder", String(50)),
    Column("authorisation", String(40)),
    Column("site", Boolean, nullable=False, default=False),
    Column("app", Boolean, nullable=False, default=False),
    Column("language", String(8), nullable=False, default="it"),
    Column("logo", LargeBinary),
)
