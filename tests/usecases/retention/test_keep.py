"""Which positions, receipts, entries and events a run forgets, by their organization's terms."""

import pytest
from sqlalchemy import insert, update

from gpd_soap.store import tables
from gpd_soap.store.journal.purge import months_before
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.store.store import Store
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import unrecorded
from gpd_soap.usecases.retention import terms
from tests.store import samples
from tests.store.samples import NOW, ORGANIZATION, OTHER, option, position, receipt
from tests.usecases.retention.running import DAY, LATER, SAMPLE_NAME, named, rows_of, run


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
    """A debtor who must get money back needs a name, and so does the receipt."""
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


def test_receipt_within_ten_years_keeps_its_bytes(store: Store):
    """The position is forgotten at its own term, and the proof of payment stays."""
    terms.put(store, ORGANIZATION, TermKind.POSITIONS, 12, unrecorded)
    samples.add(store, position("P", option(1)))
    samples.take(store, receipt(1))

    assert run(store, months_before(NOW, -13)) == {f"{ORGANIZATION} positions": 1}
    [stored] = rows_of(store, tables.receipt)
    assert (stored["raw"], stored["debtor_code"]) == (samples.RAW, receipt(1).debtor_code)


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
    numbers = {"sequence": None, "revision": 1, "ordinal": 1}
    event = {**{each.name: "x" for each in tables.event.c}, **numbers}
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
    remaining = [(each["organization"], each["at"] < months_before(LATER, 12))
            for each in rows_of(store, tables.event)]  # fmt: skip
    assert sorted(remaining) == [(ORGANIZATION, False), (ORGANIZATION, True), (OTHER, False)]


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
