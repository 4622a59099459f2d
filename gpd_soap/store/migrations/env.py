"""Alembic's entry point: runs the migrations on the connection of `database.migrate`."""

from alembic import context

from gpd_soap.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
# WHY: the transaction is the caller's.  It holds the lock, and commits everything or nothing.
context.run_migrations()
