"""What PostgreSQL says to a statement, as a session hears it."""

import pytest
from sqlalchemy import text

from gpd_soap.store.store import Store
from tests.store.samples import CLAIM, add, kept, nav, option, paid, position, receipt, take

#: Whatever writes a receipt is told that all is well, and fails when it commits.
REFUSE_AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON receipt DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION refuse()"""


def test_a_commit_that_fails_is_not_taken_for_the_answer_before_it(on_postgresql: Store):
    """PostgreSQL answers first and commits then; what is lost there was never kept."""
    add(on_postgresql, position("P", option(1)))
    with on_postgresql.begin() as connection:
        connection.execute(text(REFUSE_AT_COMMIT))

    with pytest.raises(on_postgresql._connections._errors, match="not today"):
        take(on_postgresql, receipt(1))

    assert kept(on_postgresql) == {}
    assert paid(on_postgresql) == {}


def test_what_has_no_room_in_the_socket_is_sent_all_the_same(on_postgresql: Store):
    """A receipt may be larger than what the system takes at once."""
    size = 24 << 20
    on_postgresql._connections.write(lambda session: session.run(f"SELECT '{'x' * size}' = ''"))

    assert on_postgresql.notice(CLAIM, nav(1)).notice is None
