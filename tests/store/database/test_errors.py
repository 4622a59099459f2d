"""What an error of the database says: the statement, and nothing of the rows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gpd_soap.store.store import Store

PERSON = "Ermenegilda Segretini"


def test_error_of_the_database_has_no_parameter_in_its_text(store: Store):
    """Parameters are personal data, and a failure may be printed by whoever meets it."""
    with pytest.raises(DBAPIError) as failed, store.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": PERSON})

    assert "nowhere" in str(failed.value)
    assert PERSON not in f"{failed.value} {failed.value!r}"
