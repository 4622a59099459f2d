"""Stores to work on, emptied after each test."""

from tests.store.conftest import prepared_url, store

__all__ = ["prepared_url", "store"]
