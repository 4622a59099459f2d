"""Fixtures of the tests of the contract."""

from __future__ import annotations

import pytest

from gpd_soap.contract.schema import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    """A schema, built once for each module as in a process."""
    return Schema()
