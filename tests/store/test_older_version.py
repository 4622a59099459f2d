"""What the version before writes into the tables of this one."""

from sqlalchemy import text

from gpd_soap.store.access import audit, keys
from gpd_soap.store.access.audit import ActorKind
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.people import operators, sessions
from gpd_soap.store.people.operators import Operator
from gpd_soap.store.store import Store
from tests.store.samples import NOW, ORGANIZATION


def test_row_of_the_version_before_is_a_keys(store: Store):
    """It inserts the columns that it knows; both versions serve during an upgrade."""
    known = "organization, at, id, key_id, key_name, method, path, status, request_id"
    values = ":organization, :at, 1, 'k1', 'Ufficio', 'PUT', '/x', 200, '-'"
    with store.begin() as connection:
        connection.execute(
            text(f"INSERT INTO audit ({known}) VALUES ({values})"),  # noqa: S608  # ours
            {"organization": ORGANIZATION, "at": NOW},
        )
        [row], total = audit.page(connection, ORGANIZATION, PageRequest(10, 0))

    assert total == 1
    assert (row.actor_kind, row.key_id, row.actor) == (ActorKind.KEY, "k1", None)
    assert (row.nav, row.iupd, row.receipt_id, row.resource) == (None, None, None, None)


def test_key_of_the_version_before_has_no_term(store: Store):
    """It is an administrator's of every organization, as it was made."""
    digest = keys.digest(f"{keys.PREFIX}x")
    known = "id, digest, name, role, organizations, created_at"
    with store.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO api_key ({known})"  # noqa: S608  # ours
                " VALUES ('k1', :digest, 'Ufficio', 'admin', '[]', :at)"
            ),
            {"digest": digest, "at": NOW},
        )
        key = keys.find(connection, f"{keys.PREFIX}x")

    assert key is not None
    assert (key.expires_at, key.last_used_at, key.serves_every) == (None, None, True)


def test_session_of_the_version_before_has_the_rights_of_its_operator(store: Store):
    """It knows of no rights that a provider gives, and of no token of one."""
    with store.begin() as connection:
        operators.add(
            connection,
            Operator(
                "o1",
                "Anna Inventata",
                None,
                keys.Role.WRITER,
                (ORGANIZATION,),
                frozenset(),
                NOW,
                "root",
                None,
            ),
        )
        connection.execute(
            text(
                "INSERT INTO operator_session"
                " (digest, operator, started_at, used_at, raised_at, proved)"
                " VALUES ('d1', 'o1', :at, :at, :at, :proved)"
            ),
            {"at": NOW, "proved": True},
        )
        row = sessions.with_operator(connection, "d1")
        id_token = sessions.id_token_of(connection, "d1")

    assert row is not None
    assert (row[0].rights, row[1].role, row[1].organizations) == (
        None,
        keys.Role.WRITER,
        (ORGANIZATION,),
    )
    assert id_token is None
