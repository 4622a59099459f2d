"""Stores to work on, emptied after each test."""

from tests.store.conftest import prepared, prepared_url, store

__all__ = ["prepared", "prepared_url", "store"]
