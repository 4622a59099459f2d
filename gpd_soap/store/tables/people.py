"""People: operators of the console, how they prove who they are, and their sessions.

Digests are SHA-256 of at least 80 random bits, so that they need no salt.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from gpd_soap.store.tables.base import Instant, Json, metadata

_Id = String(16)
_Digest = String(64)

#: A person.  `name_key` and `mail_key` are the folded spellings by which the person is looked up.
operator = Table(
    "operator",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("name_key", String(300), nullable=False),
    Column("mail", String(256)),
    Column("mail_key", String(768)),
    Column("role", String(8), nullable=False),
    Column("organizations", Json, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("disabled_at", Instant),
    Index(None, "name_key", unique=True),
    Index(None, "mail_key", unique=True),
)

#: What an operator knows and has.  There is no row before the first invitation is accepted.
#: `password` holds the parameters and the salt of its hash.  `totp_step` is the last step used.
operator_credential = Table(
    "operator_credential",
    metadata,
    Column("operator", _Id, ForeignKey("operator.id"), primary_key=True),
    Column("password", String(255), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("totp_secret", LargeBinary),
    Column("totp_step", BigInteger),
)

operator_recovery_code = Table(
    "operator_recovery_code",
    metadata,
    Column("operator", _Id, ForeignKey("operator.id"), primary_key=True),
    Column("digest", _Digest, primary_key=True),
    Column("used_at", Instant),
)

#: A link that works once.  `ended_at` is when it was accepted or replaced; its secret is gone then.
operator_invitation = Table(
    "operator_invitation",
    metadata,
    Column("digest", _Digest, primary_key=True),
    Column("operator", _Id, ForeignKey("operator.id"), nullable=False),
    Column("totp_secret", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "operator"),
)

#: A session.  `proved` is whether every factor that sign-in asks for was proved, and `raised_at`
#: when a factor was proved last.
operator_session = Table(
    "operator_session",
    metadata,
    Column("digest", _Digest, primary_key=True),
    Column("operator", _Id, ForeignKey("operator.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("proved", Boolean, nullable=False),
    Index(None, "operator"),
    Index(None, "started_at"),
)

#: Failed attempts to sign in: by account, by code, and by address.  `subject` is a digest of what
#: was typed or of the address, so that no row names anybody.
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("subject", _Digest, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index(None, "last_at"),
)
