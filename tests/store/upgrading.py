"""Databases of earlier versions."""

from alembic import command
from sqlalchemy import Engine

from gpd_soap.store.database import migrate


def upgrade_to(engine: Engine, revision: str) -> None:
    """Applies the revisions up to this one."""
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
