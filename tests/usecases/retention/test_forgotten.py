"""What a run takes from a position, a receipt and an account, and what stays of them."""

import pytest
from sqlalchemy import insert, update

from gpd_soap.core.debt import Debtor
from gpd_soap.store import tables
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.retention.columns import FORGOTTEN
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import unrecorded
from gpd_soap.usecases.positions import transitions
from gpd_soap.usecases.retention import terms
from tests.store import samples
from tests.store.samples import NOW, ORGANIZATION, option, position, receipt
from tests.usecases.retention.running import DAY, JOB, LATER, SAMPLE_NAME, read, rows_of, run


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


def test_option_loses_its_own_debtor_and_one_without_stays_without(store: Store):
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


def test_forgotten_position_is_not_restored_and_an_update_names_it_again(store: Store):
    """A notice in nobody's name must not be payable; new content brings its debtor."""
    samples.add(store, position("P", option(1), withdrawn_at=NOW))
    run(store)

    assert read(store, "P").forgotten_at == LATER
    with pytest.raises(refusals.NotRestorable):
        transitions.restored(read(store, "P"), LATER + DAY, LATER)
    named_again = read(store, "P")._replace(forgotten_at=None)
    assert transitions.restored(named_again, LATER + DAY, LATER)
