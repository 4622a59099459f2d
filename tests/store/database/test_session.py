"""A session's results on PostgreSQL: failed commits and large statements."""

import pytest
from sqlalchemy import text

from gpd_soap.store.store import Store
from tests.store.samples import ROUTE, add, nav, option, paid, position, receipt, statuses, take

#: Makes every transaction that writes a receipt fail at its commit.
REFUSE_AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON receipt DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION refuse()"""


def test_receipt_whose_commit_fails_raises_and_is_not_stored(on_postgresql: Store):
    """PostgreSQL sends the result before it commits, so a later error counts."""
    add(on_postgresql, position("P", option(1)))
    with on_postgresql.begin() as connection:
        connection.execute(text(REFUSE_AT_COMMIT))

    with pytest.raises(on_postgresql._connections._errors, match="not today"):
        take(on_postgresql, receipt(1))

    assert statuses(on_postgresql) == {}
    assert paid(on_postgresql) == {}


def test_statement_larger_than_the_socket_buffer_is_sent_whole(on_postgresql: Store):
    """A receipt may be larger than the bytes that the system takes at once."""
    size = 24 << 20
    on_postgresql._connections.write(lambda session: session.run(f"SELECT '{'x' * size}' = ''"))

    assert on_postgresql.notice(ROUTE, nav(1)).notice is None
