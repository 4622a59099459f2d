"""Adds the ordinal of an event, which PostgreSQL gives at its insertion.

Events that are there have none: they were written before the others.  The version before inserts
events without the column, and they get an ordinal too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

#: The roles that may insert events; 0 stands for all of them.
WRITERS = sa.text("""
SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
FROM pg_class, aclexplode(relacl)
WHERE pg_class.oid = CAST('event' AS regclass) AND privilege_type = 'INSERT'
""")


def upgrade() -> None:
    """Adds the column, and on PostgreSQL its sequence."""
    op.add_column("event", sa.Column("ordinal", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("CREATE SEQUENCE event_ordinal")
    # WHY: a default that the column had from its beginning would write every row again.
    op.execute("ALTER TABLE event ALTER COLUMN ordinal SET DEFAULT nextval('event_ordinal')")
    # WHY: the version before goes on writing, by a role that cannot use a new sequence.
    for role in connection.execute(WRITERS).scalars().all():
        op.execute(f"GRANT USAGE ON SEQUENCE event_ordinal TO {role}")
