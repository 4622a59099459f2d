"""Documents: what was released, never changed; batches of notices, and the outcome of each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from gpd_soap.store.tables.base import Instant, Json, OptionalJson, OrganizationCode, metadata

DIGEST = 64

#: `id` is the SHA-256 of the input, so that one input has one row.  `facts` is the digest of what
#: the document says about its position.  `storage` says where the bytes are: in `content`, or under
#: `digest`, their SHA-256, in a folder or a bucket.  `codes` are those of each page.
document = Table(
    "document",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("id", String(DIGEST), primary_key=True),
    Column("iupd", String(255), nullable=False),
    Column("navs", Json, nullable=False),
    Column("input", Text, nullable=False),
    Column("facts", String(DIGEST), nullable=False),
    Column("versions", Json, nullable=False),
    Column("codes", Json, nullable=False),
    Column("digest", String(DIGEST), nullable=False),
    Column("size", Integer, nullable=False),
    Column("storage", String(8), nullable=False),
    Column("content", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(100), nullable=False),
    Index(None, "organization", "created_at", "id"),
    Index(None, "organization", "iupd", "created_at"),
)

#: The notices of each document.
document_notice = Table(
    "document_notice",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("nav", String(18), primary_key=True),
    Column("document", String(DIGEST), primary_key=True),
)

#: A request for many notices; `state` is `running` until every line has an outcome.
document_batch = Table(
    "document_batch",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("options", Json, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(100), nullable=False),
)

#: One notice of a batch: its document, or the reason for which there is none; neither before it is
#: handled.  `template` names the platform's model of a notice whose texts were sent with the
#: request; `request` has them until there is an outcome.
document_batch_line = Table(
    "document_batch_line",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("batch", String(40), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("nav", String(18), nullable=False),
    Column("document", String(DIGEST)),
    Column("reason", String(200)),
    Column("template", String(40)),
    Column("request", OptionalJson),
)
