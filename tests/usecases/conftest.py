"""Stores for tests of several subjects."""

from tests.store.conftest import on_postgresql, postgresql_url

__all__ = ["on_postgresql", "postgresql_url"]
