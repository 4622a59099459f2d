"""A request that names itself has its effect once, and its answer as often as it is asked for."""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from gpd_soap.store import tables
from gpd_soap.store.access import idempotency as requests
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.store import Store
from tests.api.office import ALL, NOW, ONE, SIZE, Answer, Clock, Office
from tests.api.operations import OPERATIONS
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, option, without

PLAIN = body(without(option(), "iuv"))
NAME = "un nome, una volta"


def named(name: str = NAME) -> dict[str, str]:
    """The header."""
    return {"Idempotency-Key": name}


def create(office: Office, told: object = None, name: str = NAME, **more: Any) -> Answer:
    """Create a position, naming the request."""
    return office.post(ALL, told or PLAIN, headers=named(name), **more)


def rows(store: Store) -> list[Any]:
    """The requests that are remembered."""
    with store.begin() as connection:
        return list(connection.execute(select(tables.request)))


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same, the second as a repetition."""
    assert "Idempotency-Replayed" not in one.headers
    assert other.headers["Idempotency-Replayed"] == "true"
    kept = ("Content-Type", "ETag", "Location", "Cache-Control")
    return (one.status, one.body, *map(one.headers.get, kept)) == (
        other.status,
        other.body,
        *map(other.headers.get, kept),
    )


def test_a_repetition_gets_the_very_same_answer(office: Office):
    """Number, ETag and place; nothing is made a second time."""
    first = create(office)
    again = create(office)

    assert first.status == 201
    assert first.headers["ETag"]
    assert same(first, again)
    assert office.get(ALL).body["page_info"]["items_found"] == 1


def test_without_a_name_nothing_is_remembered(quick: Office):
    """Nor is a question, which has no effect."""
    assert quick.create().status == 201
    assert quick.get(ALL, headers=named()).status == 200

    assert rows(quick.store) == []


def test_every_change_may_be_named(quick: Office):
    """POST, PUT, PATCH and DELETE: each is answered again as it was, whatever that was."""
    quick.create()
    key = quick.key(Role.ADMIN)
    changing = [each for each in OPERATIONS if each.method != "GET" and each.path != "/keys"]

    for at, each in enumerate(changing):
        first, again = (
            quick.ask(each.method, each.path, each.told, key, headers=named(f"{at}"))
            for _ in range(2)
        )
        assert same(first, again), each
    assert {each.method for each in changing} == {"POST", "PUT", "PATCH", "DELETE"}


def test_a_refusal_is_repeated_too(quick: Office):
    """Though it would be none any more."""
    refused = quick.put(ONE, body(), headers=named())
    quick.create()

    again = quick.put(ONE, body(), headers=named())

    assert refused.status == 404
    assert same(refused, again)


def test_another_request_of_the_same_name_is_refused(office: Office):
    """Another body, path, query or method, each."""
    create(office)

    for other in (
        create(office, body(option(2), iupd="ALTRA")),
        office.post(f"{ALL}?toPublish=true", PLAIN, headers=named()),
        office.post(f"{ALL}/bulk", PLAIN, headers=named()),
        office.ask("PATCH", ALL.replace("debtpositions", "debtpositions/transfers"), PLAIN,
                   headers=named()),
    ):  # fmt: skip
        assert (other.status, other.title) == (422, "Unprocessable Content")
    assert office.get(ALL).body["page_info"]["items_found"] == 1


def test_what_a_request_asks_is_never_confused(quick: Office):
    """Though path and query hold the same letters, parted elsewhere."""
    quick.ask("DELETE", f"{ALL}/A%3Fb", headers=named())

    assert quick.ask("DELETE", f"{ALL}/A?b", headers=named()).status == 422
    assert quick.ask("DELETE", f"{ALL}/A%3Fb", headers=named()).status == 404


def test_two_keys_may_use_the_same_name(quick: Office):
    """Neither hears of the other's."""
    other = quick.key(Role.ADMIN)
    create(quick)

    made = create(quick, body(option(2), iupd="ALTRA"), key=other)

    assert made.status == 201
    assert "Idempotency-Replayed" not in made.headers


@pytest.mark.parametrize("name", ["x" * 256, "perch\xe9", "a\tb", "\x7f"])
def test_a_name_that_is_none_is_refused(quick: Office, name: str):
    """Rather than let go; nothing is made."""
    refused = create(quick, name=name)

    assert (refused.status, refused.errors) == (400, {("Idempotency-Key", "characters")})
    assert quick.get(ALL).body["page_info"]["items_found"] == 0


def test_an_empty_name_is_none(quick: Office):
    """Whoever sends one believes that it is a name."""
    refused = quick.post(ALL, PLAIN, environ_overrides={"HTTP_IDEMPOTENCY_KEY": ""})

    assert (refused.status, refused.errors) == (400, {("Idempotency-Key", "characters")})


def test_a_name_may_be_long(office: Office):
    """255 characters, of every printable kind."""
    name = "".join(map(chr, range(33, 127))) + "x" * 161

    assert create(office, name=name).status == 201
    assert create(office, name=name).headers["Idempotency-Replayed"] == "true"


def test_a_body_that_is_too_large_claims_nothing(quick: Office):
    """It is refused before its name is looked at."""
    refused = quick.post(ALL, data=b"0" * 2_000_000, headers=named())

    assert refused.status == 413
    assert rows(quick.store) == []


def test_the_answer_outlives_the_process(office: Office, elsewhere: Store):
    """Another process over the same database gives it."""
    first = create(office)

    again = create(Office(elsewhere, office.clock, office.writer))

    assert same(first, again)


def test_a_day_later_the_name_is_free(office: Office):
    """Until then it is not."""
    first = create(office)
    office.clock.now += timedelta(hours=24, microseconds=-1)
    assert same(first, create(office))
    office.clock.now += timedelta(microseconds=1)

    other = create(office, body(option(2), iupd="ALTRA"))

    assert other.status == 201
    assert "Idempotency-Replayed" not in other.headers
    assert len(rows(office.store)) == 1


def claimed(office: Office, told: object = None) -> None:
    """Leave a request of this name without an answer, as a process that dies does."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpd_soap.api.positions.handlers.create", die)
        with pytest.raises(SystemExit):
            create(office, told)


def test_a_request_under_way_is_not_begun_again(office: Office):
    """Whoever asks is told to come back."""
    claimed(office)

    refused = create(office)

    assert (refused.status, refused.title) == (409, "Conflict")
    assert refused.headers["Retry-After"] == "1"
    assert office.get(ALL).body["page_info"]["items_found"] == 0


def test_what_a_dead_process_began_is_taken_over(office: Office):
    """After a minute, by the same request alone."""
    claimed(office)
    office.clock.now += timedelta(seconds=60, microseconds=-1)
    assert create(office).status == 409
    office.clock.now += timedelta(microseconds=1)
    assert create(office, body(option(2), iupd="ALTRA")).status == 422

    made = create(office)

    assert made.status == 201
    assert same(made, create(office))


def test_who_comes_back_from_the_dead_changes_nothing(office: Office):
    """Its claim is another's, whose answer stays, and so does the claim while there is none."""
    first = requests.IdempotencyClaim("id", NAME, "digest", NOW)
    second = first._replace(asked_at=NOW + requests.ABANDONED)
    theirs = requests.StoredResponse(201, {}, b"theirs")
    with office.store.begin() as connection:
        assert requests.claim(connection, first) is None
        assert requests.claim(connection, second) is None
        requests.release(connection, first)
        requests.remember(connection, first, requests.StoredResponse(500, {}, b"ours"))
        assert requests.claim(connection, second) == requests.Earlier("digest", None)
        requests.remember(connection, second, theirs)
        requests.release(connection, second)

        assert requests.claim(connection, second) == requests.Earlier("digest", theirs)


def test_a_failure_of_ours_is_not_remembered(office: Office, monkeypatch: pytest.MonkeyPatch):
    """The request may be sent again, and is then followed."""

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr("gpd_soap.api.positions.handlers.create", fail)
        assert create(office).status == 503

    assert rows(office.store) == []
    assert create(office).status == 201


def test_what_was_done_is_told_though_it_cannot_be_remembered(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Whoever asked hears that it was done; a warning says the rest, and names nobody."""

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(requests, "remember", fail)

    with caplog.at_level(logging.WARNING):
        made = create(office)

    assert made.status == 201
    messages = [each.message for each in caplog.records]
    assert messages == ["the answer to an Idempotency-Key was not stored"]


def test_old_answers_are_forgotten_in_passing(office: Office):
    """A hundred with each new one, the oldest first, and none that is not old."""
    old = NOW - timedelta(hours=24)
    made = [
        {"key_id": "id", "name": f"{at}", "digest": "d", "asked_at": old - timedelta(seconds=at)}
        for at in range(150)
    ]
    with office.store.begin() as connection:
        connection.execute(insert(tables.request), made)

    create(office, name="one")
    assert {each.name for each in rows(office.store)} == {"one", *map(str, range(50))}
    create(office, name="two")
    assert {each.name for each in rows(office.store)} == {"one", "two"}


def test_a_revoked_key_hears_no_answer_again(office: Office):
    """Not even its own."""
    create(office)
    with office.store.begin() as connection:
        (key,) = keys.every(connection)
        keys.revoke(connection, key.id, NOW)

    assert create(office).status == 401


def ask(store: Store, together: Wait, key: str) -> tuple[int, bool]:
    """Create a position under a name, at once; the status, and whether it was a repetition."""
    office = Office(store, Clock(), key)
    together()
    answer = create(office)
    return answer.status, "Idempotency-Replayed" in answer.headers


def test_of_processes_that_claim_one_name_one_does_the_work(
    crew: Crew, office: Office, admin_url: str
):
    """The others are told to wait, or get its answer."""
    for at in range(3):
        answers = Counter(crew.race(ask, admin_url, [office.writer] * SIZE))

        assert answers[201, False] == 1
        assert set(answers) <= {(201, False), (201, True), (409, False)}
        assert office.get(ALL).body["page_info"]["items_found"] == 1
        with office.store.begin() as connection:
            connection.execute(tables.request.delete())
        assert office.ask("DELETE", ONE).status == 200, at


def test_a_name_is_found_and_forgotten_by_index(office: Office):
    """However many are remembered."""
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    asked = "SELECT name FROM request WHERE asked_at <= '2026-03-16' ORDER BY asked_at LIMIT 100"
    with office.store.begin() as connection:
        how = explain[connection.dialect.name]
        if how == "EXPLAIN":
            # WHY: of a table as small as this one reads all, where there is a choice.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = " ".join(map(str, connection.execute(text(f"{how} {asked}"))))

    assert "ix_request_asked_at" in plan


def test_the_description_says_where_a_request_may_be_named(quick: Office):
    """Every change takes the header, but that which shows a key; what is read takes none."""
    told = quick.get("/openapi.json", key="").body
    for path in told["paths"].values():
        for method, operation in path.items():
            taken = {each.get("$ref", "").rpartition("/")[2] for each in operation["parameters"]}
            changes = method != "get" and operation["operationId"] != "createKey"
            assert ("Idempotency-Key" in taken) is changes
            assert ("422" in operation["responses"]) is changes
            assert ("If-Match" in taken) is ("412" in operation["responses"])
            assert "X-Request-Id" in taken
            for answer in operation["responses"].values():
                assert "X-Request-Id" in answer["headers"]
                assert ("Idempotency-Replayed" in answer["headers"]) is changes
    assert set(told["components"]["parameters"]) == {"Idempotency-Key", "If-Match", "X-Request-Id"}
    read = told["paths"]["/organizations/{organizationfiscalcode}/debtpositions/{iupd}"]["get"]
    assert "ETag" in read["responses"]["200"]["headers"]
