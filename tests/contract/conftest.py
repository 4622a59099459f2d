"""What the tests of the contract share."""

from __future__ import annotations

import pytest

from gpd_soap.contract.schema import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The judge, made once as in a process."""
    return Schema()
