"""Which positions and receipts a run forgets, what stays of them, and what it leaves behind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import Debtor
from gpd_soap.core.event import EventType
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.events.write import write
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.retention import positions as batches
from gpd_soap.store.retention.columns import FORGOTTEN
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import CommandRecord, unrecorded
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.retention import terms
from gpd_soap.usecases.retention.keep import By, keep
from tests.conftest import KINDS, FreshDatabase
from tests.store import samples
from tests.store import test_organization as law
from tests.store.samples import NOW, ORGANIZATION, OTHER, option, position, receipt
from tests.store.test_organization import Runs, wrong

JOB = Actor(ActorKind.JOB, "retention")
DAY = timedelta(days=1)
#: Long after every term of what the samples hold.
LATER = months_before(NOW, -125)
SAMPLE_NAME = "Maria Esempio"

runs = law.runs


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Yields a store of each kind of database, without positions."""
    made = Store(fresh_database(request.param, samples.prepare))
    yield made
    made.close()


def run(store: Store, now: datetime = LATER, *, dry_run: bool = False) -> dict[str, int]:
    """Runs it; returns the rows of each kind that lost persons, without those of no rows."""
    steps = keep(store, Settings(), now, By(JOB), dry_run=dry_run)
    named = [(getattr(each, "organization", None), each) for each in steps]
    return {
        f"{organization} {each.kind}": each.rows  # type: ignore[union-attr]  # it is a Forgotten
        for organization, each in named
        if organization and each.rows  # type: ignore[union-attr]  # the same
    }


def read(store: Store, iupd: str) -> Stored:
    """Returns a position."""
    with store.reading() as connection:
        stored = stored_positions.read(connection, ORGANIZATION, iupd)
    assert stored is not None
    return stored


def named(store: Store) -> set[str]:
    """Returns the IUPDs of the positions that still name their debtor."""
    column = tables.position.c
    with store.reading() as connection:
        rows = connection.execute(select(column.iupd).where(column.debtor_full_name == SAMPLE_NAME))
        return set(rows.scalars())


def rows_of(store: Store, table: Any) -> list[dict[str, Any]]:
    """Returns the rows of a table."""
    with store.reading() as connection:
        return [dict(each) for each in connection.execute(select(table)).mappings()]


def test_closed_positions_beyond_the_term_are_forgotten_and_no_others(store: Store):
    """Paid, withdrawn and expired ones are closed; a notice that never expires is not."""
    unending = option(4, switch_to_expired=False)
    first = option(5, plan="a")
    samples.add(
        store,
        position("paid", option(1)),
        position("withdrawn", option(2), withdrawn_at=NOW),
        position("expired", option(3)),
        position("payable", unending),
        position("part of a plan", first, option(6, plan="a", switch_to_expired=False)),
        position("rest of a plan expired", option(7, plan="b"), option(8, plan="b")),
        position("draft", option(9, switch_to_expired=False), published_at=None),
    )
    for serial in (1, 5, 7):
        samples.take(store, receipt(serial))
    open_ones = {"payable", "part of a plan", "draft"}

    assert run(store, months_before(NOW, -119)) == {}
    assert run(store) == {f"{ORGANIZATION} positions": 4, f"{ORGANIZATION} receipts": 3}
    assert named(store) == open_ones
    assert run(store) == {}


def test_position_that_changed_within_the_term_stays(store: Store):
    """The term runs from the last change, of the position or of a notice."""
    withdrawn = {"withdrawn_at": NOW}
    samples.add(store, *(position(str(n), option(n), **withdrawn) for n in (1, 2, 3)))
    recent = {"updated_at": LATER - DAY}
    with store.begin() as connection:
        where = tables.position.c.iupd == "1"
        connection.execute(update(tables.position).where(where).values(recent))
        where = tables.payment_option.c.iupd == "2"
        connection.execute(update(tables.payment_option).where(where).values(recent))

    run(store)

    assert named(store) == {"1", "2"}


def test_position_with_an_open_case_stays_until_it_is_resolved(store: Store):
    """Who must get money back needs a name, and so does the receipt."""
    samples.add(store, position("double", option(1)))
    samples.take(store, receipt(1))
    samples.take(store, receipt(1, receipt_id="r-2", digest="another"))

    assert run(store) == {f"{ORGANIZATION} receipts": 1}
    assert named(store) == {"double"}
    with store.begin() as connection:
        decided = {"resolved_at": NOW, "resolved_by": "k", "resolution": SAMPLE_NAME}
        case = tables.receipt.c.receipt_id == "r-2"
        connection.execute(update(tables.receipt).where(case).values(decided))
    assert run(store) == {f"{ORGANIZATION} positions": 1, f"{ORGANIZATION} receipts": 1}
    assert named(store) == set()


def test_amounts_numbers_dates_and_states_stay(store: Store):
    """What the debtor wrote or was sent goes, and the ETag changes."""
    debtor = Debtor("F", "RSSMRA00A01A000A", "Maria Esempio", "Via Esempio", email="a@b.example")
    samples.add(store, position("P", option(1, metadata=(("k", "v"),)), debtor=debtor, phone="1"))
    samples.take(store, receipt(1))
    before = read(store, "P")

    run(store)

    after = read(store, "P")
    assert after.etag != before.etag
    assert after.position.debtor.code != before.position.debtor.code
    assert after.position.debtor == Debtor("F", after.position.debtor.code, FORGOTTEN)
    assert (after.position.phone, after.position.options[0].metadata) == (None, ())
    [old], [new] = before.position.options, after.position.options
    expected = old._replace(description=FORGOTTEN, metadata=(), transfers=())
    assert new._replace(transfers=()) == expected
    [old_transfer], [new_transfer] = old.transfers, new.transfers
    assert new_transfer == old_transfer._replace(remittance_information=FORGOTTEN)
    facts = ("paid_at", "receipt_id", "payment_date", "fee", "psp", "updated_at")
    assert [getattr(after.progress[0], each) for each in facts] == [
        getattr(before.progress[0], each) for each in facts
    ]
    assert after.facts == before.facts


def test_pseudonym_is_one_for_a_debtor_within_a_run_and_no_other(store: Store):
    """Debtors stay countable, and two runs cannot be compared."""
    other = Debtor("G", "00000000191", "Esempio Srl")
    withdrawn = {"withdrawn_at": NOW}
    samples.add(store, *(position(str(n), option(n), **withdrawn) for n in (1, 2)))
    samples.add(store, position("3", option(3), debtor=other, **withdrawn))
    run(store)
    samples.add(store, position("4", option(4), **withdrawn))
    run(store)

    codes = [read(store, str(n)).position.debtor.code for n in (1, 2, 3, 4)]
    assert codes[0] == codes[1]
    assert len(set(codes)) == 3


def test_option_with_its_own_debtor_loses_it_and_another_gets_none(store: Store):
    """An option without a debtor has its position's."""
    own = Debtor("F", "VRDLGU00A01A000B", "Luigi Esempio")
    samples.add(store, position("P", option(1), option(2), withdrawn_at=NOW))
    nav = tables.payment_option.c.nav == samples.nav(2)
    values = {f"debtor_{name}": value for name, value in own._asdict().items()}
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).where(nav).values(values))

    run(store)

    first, second = (each.debtor for each in read(store, "P").position.options)
    assert first is None
    assert second is not None
    assert (second.debtor.full_name, second.debtor.kind) == (FORGOTTEN, "F")
    assert second.debtor.code not in ("VRDLGU00A01A000B", read(store, "P").position.debtor.code)


def test_receipt_within_ten_years_keeps_its_bytes(store: Store):
    """The position is forgotten at its own term, and the proof of payment stays."""
    terms.put(store, ORGANIZATION, TermKind.POSITIONS, 12, unrecorded)
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))

    assert run(store, months_before(NOW, -13)) == {f"{ORGANIZATION} positions": 1}
    [stored] = rows_of(store, tables.receipt)
    assert (stored["raw"], stored["debtor_code"]) == (samples.RAW, receipt(1).debtor_code)


def test_forgotten_receipt_sent_again_is_still_known(store: Store):
    """Its digest stays: the repetition is counted, and pays nothing a second time."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    run(store)

    repeated = samples.take(store, receipt(1), LATER)

    [stored] = rows_of(store, tables.receipt)
    assert repeated.repeated
    assert (stored["raw"], stored["copies"], stored["amount"]) == (b"", 2, 10000)
    assert samples.paid(store) == {samples.nav(1): "r-1"}
    assert samples.take(store, receipt(1, digest="another"), LATER).status == "conflicting"


def test_dry_run_counts_the_same_and_changes_nothing(store: Store):
    """An operator sees what a run would do."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    watched = (tables.position, tables.payment_option, tables.receipt, tables.event, tables.audit)
    before = [rows_of(store, each) for each in watched]

    counted = run(store, dry_run=True)

    assert counted == {f"{ORGANIZATION} positions": 1, f"{ORGANIZATION} receipts": 1}
    assert [rows_of(store, each) for each in watched] == before
    assert run(store) == counted


def test_term_of_one_organization_leaves_the_others_alone(store: Store):
    """Each has its own."""
    terms.put(store, ORGANIZATION, TermKind.POSITIONS, 24, unrecorded)
    withdrawn = {"withdrawn_at": NOW}
    samples.add(
        store,
        position("P", option(1), **withdrawn),
        position("P", option(2), organization=OTHER, **withdrawn),
    )

    assert run(store, months_before(NOW, -25)) == {f"{ORGANIZATION} positions": 1}
    terms.put(store, ORGANIZATION, TermKind.POSITIONS, None, unrecorded)
    samples.add(store, position("Q", option(3), **withdrawn))
    assert run(store, months_before(NOW, -25)) == {}


def test_run_leaves_events_and_a_row_of_the_audit_without_the_person(store: Store):
    """One event for each position and receipt, one for the run with its counts."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    with store.begin() as connection:
        connection.execute(tables.event.delete())
    by = By(JOB, CommandRecord("root", "retention run", lambda: LATER))
    list(keep(store, Settings(), LATER, by))

    by_type = {each["type"]: each for each in rows_of(store, tables.event)}
    assert {kind: (each["subject"], each["data"]) for kind, each in by_type.items()} == {
        EventType.POSITION_FORGOTTEN: ("P", {"iupd": "P"}),
        EventType.RECEIPT_FORGOTTEN: (
            "P",
            {"receiptId": "r-1", "nav": samples.nav(1), "iupd": "P"},
        ),
        EventType.RETENTION_FINISHED: ("retention", {"positions": 1, "receipts": 1}),
    }
    assert {(each["actor_kind"], each["actor"]) for each in by_type.values()} == {
        ("job", "retention")
    }
    revision = read(store, "P").progress[0].revision
    assert by_type[EventType.POSITION_FORGOTTEN]["revision"] == revision
    rows = [each for each in rows_of(store, tables.audit) if each["organization"] == ORGANIZATION]
    assert [each["resource"] for each in rows] == ["forgotten: positions 1, receipts 1"]


def test_reason_that_a_person_wrote_goes_with_the_debtor(store: Store):
    """An organization may keep its events for longer than its debtors."""
    terms.put(store, ORGANIZATION, TermKind.EVENTS, 999, unrecorded)
    samples.add(store, position("P", option(1), withdrawn_at=NOW))
    with store.begin() as connection:
        old = stored_positions.read(connection, ORGANIZATION, "P", lock=True)
        assert old is not None
        new = old.position._replace(withdrawn_at=None)
        change.restore(connection, old, new, f"chiesto da {SAMPLE_NAME}", JOB, NOW)

    run(store)

    [restored] = [
        each for each in rows_of(store, tables.event) if each["type"] == "position.restored"
    ]
    assert restored["data"]["reason"] == FORGOTTEN
    assert restored["data"]["iupd"] == "P"
    assert SAMPLE_NAME not in str(rows_of(store, tables.event))


def test_reason_of_every_change_goes_with_the_debtor(store: Store):
    """A correction, a withdrawal and a payment elsewhere have the words of a person too."""
    reason = f"chiesto da {SAMPLE_NAME}"
    terms.put(store, ORGANIZATION, TermKind.EVENTS, 999, unrecorded)
    samples.add(store, position("P", option(1)))
    with store.begin() as connection:
        for step in range(3):
            old = stored_positions.read(connection, ORGANIZATION, "P", lock=True)
            assert old is not None
            if step == 0:
                change.replace(connection, old, old.position, JOB, NOW, reason)
            elif step == 1:
                change.withdraw(connection, old, JOB, NOW, reason)
            else:
                payment = change.PaidElsewhere(old.position.options[0].nav, "BY_EC", NOW, reason)
                change.mark_paid(connection, old, payment, JOB, NOW)

    run(store)

    reasons = [each["data"].get("reason") for each in rows_of(store, tables.event)]
    assert reasons.count(FORGOTTEN) == 3
    assert SAMPLE_NAME not in str(rows_of(store, tables.event))


def test_account_that_ended_is_named_as_long_as_its_longest_audit(store: Store):
    """The audit has ids, and a reader of an old row needs the name."""
    key = {
        "id": "k-1",
        "digest": "d",
        "name": SAMPLE_NAME,
        "role": "reader",
        "organizations": [],
        "created_at": NOW,
        "revoked_at": NOW,
    }
    with store.begin() as connection:
        connection.execute(insert(tables.api_key), key)
    terms.put(store, ORGANIZATION, TermKind.AUDIT, 60, unrecorded)
    run(store, months_before(NOW, -59))
    [named_still] = rows_of(store, tables.api_key)
    run(store, months_before(NOW, -61))
    [forgotten] = rows_of(store, tables.api_key)

    assert named_still["name"] == SAMPLE_NAME
    assert (forgotten["name"], forgotten["digest"]) == (f"{FORGOTTEN} k-1", "d")


def test_run_that_is_stopped_goes_on_at_the_next(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Each batch is a transaction of its own, in the order of creation."""
    monkeypatch.setattr(batches, "BATCH", 2)
    samples.add(store, *(position(str(n), option(n), withdrawn_at=NOW) for n in range(1, 6)))
    write_events, calls = write, []

    def stop_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write_events(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("gpd_soap.store.events.write.write", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            run(store)

    assert named(store) == {"3", "4", "5"}
    assert run(store) == {f"{ORGANIZATION} positions": 3}


def test_forgotten_position_is_not_restored_and_an_update_names_it_again(store: Store):
    """A notice in nobody's name must not be payable; new content brings its debtor."""
    samples.add(store, position("P", option(1), withdrawn_at=NOW))
    run(store)

    assert read(store, "P").forgotten_at == LATER
    with pytest.raises(refusals.NotRestorable):
        transitions.restored(read(store, "P"), LATER + DAY, LATER)
    named_again = read(store, "P")._replace(forgotten_at=None)
    assert transitions.restored(named_again, LATER + DAY, LATER)


def test_every_statement_of_forgetting_names_the_organization(store: Store, runs: Runs):
    """So that a database distributed by organization sends it to one machine."""
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))
    run(store, dry_run=True)
    run(store)
    lists = {
        "retention.terms.read",
        "retention.terms.organizations",
        "purge._remove",
        "purge.count",
        "journal.purge.count",
        "journal.purge._any",
        "journal.purge._remove",
    }

    assert {name for name in runs if name.startswith("retention.positions")}
    assert {name: each for name, each in wrong(runs).items() if name not in lists} == {}


def test_journal_and_events_are_kept_for_the_term_of_their_organization(store: Store):
    """One has 36 months, the other the default of 24; a partition of both is not dropped."""
    terms.put(store, ORGANIZATION, TermKind.JOURNAL, 36, unrecorded)
    terms.put(store, OTHER, TermKind.EVENTS, 12, unrecorded)
    then = months_before(LATER, 30)
    entry = {
        **{each.name: "x" for each in tables.journal.c},
        "at": then,
        "microseconds": 1,
        "status": 200,
        "nav": "3" * 18,
    }
    event = {**{each.name: "x" for each in tables.event.c}, "sequence": None, "revision": 1}
    with store.begin() as connection:
        for number, organization in enumerate((ORGANIZATION, OTHER)):
            own = {"organization": organization}
            connection.execute(insert(tables.journal), {**entry, **own, "id": number})
            for instant in (months_before(LATER, 18), months_before(LATER, 6)):
                connection.execute(
                    insert(tables.event), {**event, **own, "at": instant, "data": {}}
                )

    run(store)

    assert [each["organization"] for each in rows_of(store, tables.journal)] == [ORGANIZATION]
    kept = [(each["organization"], each["at"] < months_before(LATER, 12))
            for each in rows_of(store, tables.event)]  # fmt: skip
    assert sorted(kept) == [(ORGANIZATION, False), (ORGANIZATION, True), (OTHER, False)]


@pytest.mark.parametrize(
    ("kind", "months"),
    [("journal", 23), ("audit", 23), ("quarantine", 23), ("positions", 11), ("receipts", 119),
     ("events", 1000)],
)  # fmt: skip
def test_term_below_the_least_or_too_long_is_refused(store: Store, kind: str, months: int):
    """No organization may go below what the law asks for."""
    with pytest.raises(refusals.Malformed):
        terms.put(store, ORGANIZATION, TermKind(kind), months, unrecorded)
    assert terms.read(store) == {}


def test_term_of_an_unknown_organization_is_refused(store: Store):
    """It would be a term of nobody."""
    with pytest.raises(refusals.OrganizationNotFound):
        terms.put(store, samples.STRANGER, TermKind.EVENTS, 24, unrecorded)


def test_two_runs_at_a_time_forget_each_position_once(fresh_database: FreshDatabase):
    """What one has locked, the other leaves out."""
    made = Store(fresh_database("postgresql", samples.prepare))
    samples.add(made, *(position(str(n), option(n), withdrawn_at=NOW) for n in range(1, 251)))
    stores = [made, Store(str(made.engine.url))]
    with ThreadPoolExecutor(2) as pool:
        counts = [each.get(f"{ORGANIZATION} positions", 0) for each in pool.map(run, stores)]

    assert sum(counts) == 250
    rows = [each["subject"] for each in rows_of(made, tables.event)
            if each["type"] == EventType.POSITION_FORGOTTEN]  # fmt: skip
    assert len(rows) == len(set(rows)) == 250
    for each in stores:
        each.close()
