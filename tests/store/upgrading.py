"""Databases of earlier versions."""

from alembic import command
from sqlalchemy import Connection, Engine

from gpd_soap.store.database import migrate


def upgrade_to(engine: Engine, revision: str) -> None:
    """Applies the revisions up to this one."""
    with engine.begin() as connection:
        upgrade_on(connection, revision)


def upgrade_on(connection: Connection, revision: str) -> None:
    """Applies them in the transaction of this connection, which stays open."""
    config = migrate._config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
