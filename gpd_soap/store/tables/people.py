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
    Text,
)

from gpd_soap.store.tables.base import Instant, Json, OptionalJson, metadata

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
#: when a factor was proved last.  `rights` are those that an OpenID provider gave, in place of the
#: operator's, and `id_token` is what the provider wants to see at the end.
operator_session = Table(
    "operator_session",
    metadata,
    Column("digest", _Digest, primary_key=True),
    Column("operator", _Id, ForeignKey("operator.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("proved", Boolean, nullable=False),
    Column("rights", OptionalJson),
    Column("id_token", Text),
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

#: A passkey: a public key of which an operator's device has the private one.  `rp_id` is the host
#: for which it was made.  `cloned_at` is when its counter showed that a copy of it exists.
operator_passkey = Table(
    "operator_passkey",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("operator", _Id, ForeignKey("operator.id"), nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("rp_id", String(253), nullable=False),
    Column("transports", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("cloned_at", Instant),
    Index(None, "operator"),
    Index(None, "credential", unique=True),
)

#: An identity at an OpenID provider by which an operator signs in.  The rights of a `managed`
#: operator come from the provider, at each sign-in.
operator_identity = Table(
    "operator_identity",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("operator", _Id, ForeignKey("operator.id"), nullable=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("managed", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Index(None, "operator"),
    Index(None, "issuer", "subject", unique=True),
)

#: A sign-in that has begun elsewhere: a challenge to a passkey, or a visit to an OpenID provider.
#: `bound_to` is the digest of the session or the invitation to which it belongs.
operator_ceremony = Table(
    "operator_ceremony",
    metadata,
    Column("digest", _Digest, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("operator", _Id, ForeignKey("operator.id")),
    Column("bound_to", _Digest),
    Column("created_at", Instant, nullable=False),
    Index(None, "operator"),
    Index(None, "created_at"),
)
