"""Alembic's entry: runs the migrations on the connection that `database.migrate` opened."""

from alembic import context

from gpd_soap.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
# WHY: the caller's transaction holds the lock, and commits everything or nothing.
context.run_migrations()
