"""Idempotency-Key: a request with one has its effect once, and its answer at each repetition."""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from gpd_soap.store import tables
from gpd_soap.store.access import idempotency, keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.store import Store
from tests.api.office import ALL, NOW, ONE, SIZE, Answer, BackOffice, Clock, shared_face
from tests.api.operations import OPERATIONS
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, option, without

PLAIN = body(without(option(), "iuv"))
NAME = "un nome, una volta"
#: Operations whose answer holds a secret, which may not be stored.
SECRET = ("createKey", "createSubscription", "rotateSubscription")
#: Its answer is a PDF, which is not kept; the same notice gives the same bytes.
PAPER = "generateNotice"


def named(name: str = NAME) -> dict[str, str]:
    """The header with this Idempotency-Key."""
    return {"Idempotency-Key": name}


def create(office: BackOffice, content: object = None, name: str = NAME, **more: Any) -> Answer:
    """Create a position, with an Idempotency-Key."""
    return office.post(ALL, content or PLAIN, headers=named(name), **more)


def rows(store: Store) -> list[Any]:
    """Rows of stored requests."""
    with store.begin() as connection:
        return list(connection.execute(select(tables.request)))


def is_replay(one: Answer, other: Answer) -> bool:
    """Return True if both answers are equal; fails unless the second is marked as a repetition."""
    assert "Idempotency-Replayed" not in one.headers
    assert other.headers["Idempotency-Replayed"] == "true"
    headers = ("Content-Type", "ETag", "Location", "Cache-Control")
    return (one.status, one.body, *map(one.headers.get, headers)) == (
        other.status,
        other.body,
        *map(other.headers.get, headers),
    )


def test_repeated_request_gets_the_same_answer(office: BackOffice):
    """Body, ETag and Location are the same, and nothing is created a second time."""
    first = create(office)
    again = create(office)

    assert first.status == 201
    assert first.headers["ETag"]
    assert is_replay(first, again)
    assert office.get(ALL).body["page_info"]["items_found"] == 1


def test_request_without_idempotency_key_is_not_stored(quick: BackOffice):
    """A GET is not stored either, since it has no effect."""
    assert quick.create().status == 201
    assert quick.get(ALL, headers=named()).status == 200

    assert rows(quick.store) == []


def test_every_change_with_idempotency_key_is_replayed(quick: BackOffice):
    """POST, PUT, PATCH and DELETE are each answered again with the first status and body."""
    quick.create()
    key = quick.key(Role.ADMIN)
    changes = [each for each in OPERATIONS if each.method != "GET" and each.path != "/keys"]

    for index, each in enumerate(changes):
        first, again = (
            quick.request(each.method, each.path, each.content, key, headers=named(f"{index}"))
            for _ in range(2)
        )
        assert is_replay(first, again), each
    assert {each.method for each in changes} == {"POST", "PUT", "PATCH", "DELETE"}


def test_refusal_is_replayed_after_its_reason_is_gone(quick: BackOffice):
    """The second request gets the first answer, although it would succeed now."""
    refused = quick.put(ONE, body(), headers=named())
    quick.create()

    again = quick.put(ONE, body(), headers=named())

    assert refused.status == 404
    assert is_replay(refused, again)


def test_other_request_with_the_same_idempotency_key_is_422(office: BackOffice):
    """Another body, path, query or method is refused."""
    create(office)

    for other in (
        create(office, body(option(2), iupd="ALTRA")),
        office.post(f"{ALL}?toPublish=true", PLAIN, headers=named()),
        office.post(f"{ALL}/bulk", PLAIN, headers=named()),
        office.request("PATCH", ALL.replace("debtpositions", "debtpositions/transfers"), PLAIN,
                   headers=named()),
    ):  # fmt: skip
        assert (other.status, other.title) == (422, "Unprocessable Content")
    assert office.get(ALL).body["page_info"]["items_found"] == 1


def test_idempotency_key_distinguishes_path_from_query(quick: BackOffice):
    """Two requests differ although path and query consist of the same letters."""
    quick.request("DELETE", f"{ALL}/A%3Fb", headers=named())

    assert quick.request("DELETE", f"{ALL}/A?b", headers=named()).status == 422
    assert quick.request("DELETE", f"{ALL}/A%3Fb", headers=named()).status == 404


def test_idempotency_key_is_separate_for_each_api_key(quick: BackOffice):
    """The same Idempotency-Key with another API key is a new request."""
    other = quick.key(Role.ADMIN)
    create(quick)

    made = create(quick, body(option(2), iupd="ALTRA"), key=other)

    assert made.status == 201
    assert "Idempotency-Replayed" not in made.headers


@pytest.mark.parametrize("name", ["x" * 256, "perch\xe9", "a\tb", "\x7f"])
def test_invalid_idempotency_key_is_400(quick: BackOffice, name: str):
    """The request has no effect."""
    refused = create(quick, name=name)

    assert (refused.status, refused.errors) == (400, {("Idempotency-Key", "characters")})
    assert quick.get(ALL).body["page_info"]["items_found"] == 0


def test_empty_idempotency_key_is_400(quick: BackOffice):
    """A client that sends an empty value expects it to work."""
    refused = quick.post(ALL, PLAIN, environ_overrides={"HTTP_IDEMPOTENCY_KEY": ""})

    assert (refused.status, refused.errors) == (400, {("Idempotency-Key", "characters")})


def test_idempotency_key_of_255_characters_is_accepted(office: BackOffice):
    """Every printable ASCII character is allowed."""
    name = "".join(map(chr, range(33, 127))) + "x" * 161

    assert create(office, name=name).status == 201
    assert create(office, name=name).headers["Idempotency-Replayed"] == "true"


def test_body_too_large_is_413_and_leaves_no_claim(quick: BackOffice):
    """It is refused before its Idempotency-Key is read."""
    refused = quick.post(ALL, data=b"0" * 2_000_000, headers=named())

    assert refused.status == 413
    assert rows(quick.store) == []


def test_answer_is_replayed_by_another_process(office: BackOffice, elsewhere: Store):
    """The other process uses the same database."""
    first = create(office)

    again = create(BackOffice(elsewhere, office.clock, office.writer))

    assert is_replay(first, again)


def test_idempotency_key_is_free_again_after_24_hours(office: BackOffice):
    """One microsecond earlier the answer is still replayed."""
    first = create(office)
    office.clock.now += timedelta(hours=24, microseconds=-1)
    assert is_replay(first, create(office))
    office.clock.now += timedelta(microseconds=1)

    other = create(office, body(option(2), iupd="ALTRA"))

    assert other.status == 201
    assert "Idempotency-Replayed" not in other.headers
    assert len(rows(office.store)) == 1


def claim_and_die(office: BackOffice, content: object = None) -> None:
    """Leave a claim without an answer, as a process that dies does."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpd_soap.api.positions.handlers.create", die)
        with pytest.raises(SystemExit):
            create(office, content)


def test_request_under_way_is_409_with_retry_after(office: BackOffice):
    """The second request has no effect."""
    claim_and_die(office)

    refused = create(office)

    assert (refused.status, refused.title) == (409, "Conflict")
    assert refused.headers["Retry-After"] == "1"
    assert office.get(ALL).body["page_info"]["items_found"] == 0


def test_claim_of_a_dead_process_is_taken_over_after_a_minute(office: BackOffice):
    """Only the same request can take it over."""
    claim_and_die(office)
    office.clock.now += timedelta(seconds=60, microseconds=-1)
    assert create(office).status == 409
    office.clock.now += timedelta(microseconds=1)
    assert create(office, body(option(2), iupd="ALTRA")).status == 422

    made = create(office)

    assert made.status == 201
    assert is_replay(made, create(office))


def test_late_process_cannot_change_a_claim_that_was_taken_over(office: BackOffice):
    """Neither the new claim nor its stored answer changes."""
    first = idempotency.IdempotencyClaim("id", NAME, "digest", NOW)
    second = first._replace(asked_at=NOW + idempotency.ABANDONED)
    theirs = idempotency.StoredResponse(201, {}, b"theirs")
    with office.store.begin() as connection:
        assert idempotency.claim(connection, first) is None
        assert idempotency.claim(connection, second) is None
        idempotency.release(connection, first)
        idempotency.remember(connection, first, idempotency.StoredResponse(500, {}, b"ours"))
        assert idempotency.claim(connection, second) == idempotency.Earlier("digest", None)
        idempotency.remember(connection, second, theirs)
        idempotency.release(connection, second)

        assert idempotency.claim(connection, second) == idempotency.Earlier("digest", theirs)


def test_answer_503_is_not_stored(office: BackOffice, monkeypatch: pytest.MonkeyPatch):
    """The request can be sent again, and then has its effect."""

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr("gpd_soap.api.positions.handlers.create", fail)
        assert create(office).status == 503

    assert rows(office.store) == []
    assert create(office).status == 201


def test_change_whose_answer_cannot_be_stored_is_answered_and_logged(
    office: BackOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The client gets the answer, and the warning names no person."""

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(idempotency, "remember", fail)

    with caplog.at_level(logging.WARNING):
        made = create(office)

    assert made.status == 201
    messages = [each.message for each in caplog.records]
    assert messages == ["the answer to an Idempotency-Key was not stored"]


def test_new_claim_deletes_up_to_100_expired_answers(office: BackOffice):
    """The oldest are deleted first, and none that is not expired."""
    old = NOW - timedelta(hours=24)
    made = [
        {"key_id": "id", "name": f"{age}", "digest": "d", "asked_at": old - timedelta(seconds=age)}
        for age in range(150)
    ]
    with office.store.begin() as connection:
        connection.execute(insert(tables.request), made)

    create(office, name="one")
    assert {each.name for each in rows(office.store)} == {"one", *map(str, range(50))}
    create(office, name="two")
    assert {each.name for each in rows(office.store)} == {"one", "two"}


def test_repetition_with_a_revoked_key_is_401(office: BackOffice):
    """The key does not get its own answer again."""
    create(office)
    with office.store.begin() as connection:
        (key,) = keys.list_keys(connection)
        keys.revoke(connection, key.id, NOW)

    assert create(office).status == 401


def create_together(store: Store, together: Wait, key: str) -> tuple[int, bool]:
    """Create a position together with other processes; the status, and whether it is a replay."""
    office = BackOffice(store, Clock(), key, face=shared_face(store))
    together()
    answer = create(office)
    return answer.status, "Idempotency-Replayed" in answer.headers


def test_concurrent_requests_with_one_idempotency_key_have_one_effect(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409, or the stored answer."""
    for round_number in range(3):
        answers = Counter(crew.race(create_together, admin_url, [office.writer] * SIZE))

        assert answers[201, False] == 1
        assert set(answers) <= {(201, False), (201, True), (409, False)}
        assert office.get(ALL).body["page_info"]["items_found"] == 1
        with office.store.begin() as connection:
            connection.execute(tables.request.delete())
        assert office.request("DELETE", ONE).status == 200, round_number


def test_expired_answers_are_found_by_index(office: BackOffice):
    """The query plan uses the index on the time."""
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    statement = (
        "SELECT name FROM request WHERE asked_at <= '2026-03-16' ORDER BY asked_at LIMIT 100"
    )
    with office.store.begin() as connection:
        prefix = explain[connection.dialect.name]
        if prefix == "EXPLAIN":
            # WHY: the planner prefers a full scan of a table as small as this one.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = " ".join(map(str, connection.execute(text(f"{prefix} {statement}"))))

    assert "ix_request_asked_at" in plan


def test_description_names_the_operations_that_accept_an_idempotency_key(quick: BackOffice):
    """Every change accepts it but those whose answer is secret or paper, and no GET does."""
    description = quick.get("/openapi.json", key="").body
    for path in description["paths"].values():
        for method, operation in path.items():
            accepted = {each.get("$ref", "").rpartition("/")[2] for each in operation["parameters"]}
            changes = method != "get" and operation["operationId"] not in (*SECRET, PAPER)
            assert ("Idempotency-Key" in accepted) is changes
            assert ("422" in operation["responses"]) is changes
            assert ("If-Match" in accepted) is ("412" in operation["responses"])
            assert "X-Request-Id" in accepted
            for answer in operation["responses"].values():
                assert "X-Request-Id" in answer["headers"]
                assert ("Idempotency-Replayed" in answer["headers"]) is changes
    assert set(description["components"]["parameters"]) == {
        "Idempotency-Key",
        "If-Match",
        "X-Request-Id",
    }
    read = description["paths"]["/organizations/{organizationfiscalcode}/debtpositions/{iupd}"][
        "get"
    ]
    assert "ETag" in read["responses"]["200"]["headers"]
