"""The archive: one input has one row, the same bytes, and an event for each print."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gpd_soap.features.documents import release
from gpd_soap.features.documents.archive import inputs
from gpd_soap.features.documents.archive.archive import Archive, DocumentDamaged
from gpd_soap.features.documents.archive.contents import UnusableStorage
from gpd_soap.features.documents.archive.opening import Printer
from gpd_soap.features.documents.archive.verify import Damage
from gpd_soap.features.documents.archive.verify import documents as every
from gpd_soap.features.documents.notice import Paper, Portion, Reason, Refused
from gpd_soap.features.documents.reading import Difference, differences, read_pages
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store import tables
from gpd_soap.store.retention import documents
from gpd_soap.store.store import Store
from tests.api.office import NOW, ONE, ORGANIZATION, SIZE
from tests.features.documents.archive.harness import ACTOR, Harness, flipped
from tests.shared_world import SharedDatabase
from tests.store.races import Crew, Wait
from tests.validation.bodies import body, nav, option, transfer

SLIP = transfer(postalIban="IT46X0760103200000000123456")


class Interrupted(Typesetter):
    """A typesetter during whose first work something else happens."""

    def __init__(self, inner: Typesetter, work: Callable[[], object]) -> None:
        self._inner, self._work = inner, [work]
        self.later = timedelta(0)

    def notice(self, paper: Paper, made_at: datetime) -> bytes:
        """Return the PDF, made `later` than it should be."""
        while self._work:
            self._work.pop()()
        return self._inner.notice(paper, made_at + self.later)


def interrupted(
    harness: Harness, work: Callable[[], object], later: timedelta = timedelta(0)
) -> Printer:
    """Return what prints, with something that happens between the decision and the release."""
    typesetter = Interrupted(harness.typesetter, work)
    typesetter.later = later
    return Printer(harness.store, typesetter, Archive(harness.store, typesetter))


def test_second_print_of_the_same_notice_is_the_first_document(harness: Harness):
    """The bytes are those of the archive; each print is an event with who printed."""
    first, second = harness.print(), harness.print()
    events = list(harness.events())

    assert (second.pdf, second.document) == (first.pdf, first.document)
    [row] = harness.rows(tables.document)
    assert (row["id"], row["navs"], row["content"]) == (first.document, [nav(1)], first.pdf)
    assert row["digest"] == inputs.digest_of(first.pdf)
    assert [(*who, data["first"]) for *who, data in events] == [
        ("key", "k-1", True),
        ("key", "k-1", False),
    ]
    assert {data["document"] for *_, data in events} == {first.document}
    assert "Maria" not in str(events)


def test_document_after_a_restart_is_the_same(database: SharedDatabase, harness: Harness):
    """Another process reads it from the archive, and it verifies."""
    first = harness.print()
    store = Store(database.url)
    archive = Archive(store, Typesetter())
    archived = archive.read(ORGANIZATION, first.document or "")
    store.close()

    assert archived is not None
    assert archived.pdf == first.pdf
    assert harness.damages() == set()


def print_once(store: Store, wait: Wait, _: object) -> tuple[str | None, bytes]:
    """Print the notice in a process of a race."""
    typesetter = Typesetter()
    printer = Printer(store, typesetter, Archive(store, typesetter, read_back=False))
    wait()
    answer = printer.notices(ACTOR).of_notice(ORGANIZATION, nav(1), None, NOW)
    assert not isinstance(answer, Refused)
    return answer.document, answer.pdf


def test_processes_that_print_one_notice_at_once_release_one_row(
    database: SharedDatabase, harness: Harness, crew: Crew
):
    """Each of them has the same bytes, and leaves its event."""
    answers = crew.race(print_once, database.url, [None] * SIZE)

    assert len(set(answers)) == 1
    assert len(harness.rows(tables.document)) == 1
    assert sorted(data["first"] for *_, data in harness.events()) == [*[False] * (SIZE - 1), True]


def test_print_that_ends_second_returns_the_bytes_of_the_first(harness: Harness):
    """Its own bytes have another date, and nobody gets them."""
    answers = []
    printer = interrupted(harness, lambda: answers.append(harness.print()), timedelta(days=1))
    second = harness.print(printer=printer)

    assert second.pdf == answers[0].pdf
    assert len(harness.rows(tables.document)) == 1
    assert harness.damages() == set()


def test_position_that_changes_during_the_print_is_printed_anew(harness: Harness):
    """What is released says what the position says at that instant."""
    printer = interrupted(harness, lambda: harness.change(**body(option(1, transfer(amount=2000)))))
    released = harness.print(printer=printer)

    assert [p.qr.amount for p in released.paper.portions] == [2000]
    assert [page.codes[0][1].rpartition("|")[2] for page in read_pages(released.pdf)] == ["2000"]
    assert harness.states() == ["current"]


def test_notice_that_is_paid_during_the_print_is_refused(harness: Harness):
    """Nothing is released."""
    answer = harness.answer(printer=interrupted(harness, harness.office.pay))

    assert answer == Refused(Reason.PAID, nav(1))
    assert harness.rows(tables.document) == []
    assert list(harness.events()) == []


@pytest.mark.parametrize(
    "change",
    [
        body(option(1, transfer(amount=2000))),
        body(option(1, dueDate="2026-05-31")),
        body(option(1, description="Altro tributo")),
        body(option(1, transfer(iban="IT46X0760103200000000123456"))),
        body(option(1), fullName="Mario Esempio"),
        body(option(1), civicNumber="12", streetName="Via Roma"),
        body(option(1), companyName="Provincia di Esempio"),
    ],
    ids=["amount", "due date", "subject", "account", "debtor", "address", "organization"],
)
def test_changed_position_supersedes_its_document(quick: Harness, change: dict[str, object]):
    """The old one stays readable, and names the one that replaced it."""
    old = quick.print()
    quick.change(**change)
    before = quick.listed()
    new = quick.print()

    assert before == [(old.document, "superseded", None)]
    assert quick.listed() == [
        (old.document, "superseded", new.document),
        (new.document, "current", None),
    ]
    archived = quick.printer.archive.read(ORGANIZATION, old.document or "")
    assert archived is not None
    assert archived.pdf == old.pdf


def test_position_that_returns_to_its_old_content_has_its_old_document(harness: Harness):
    """The state follows from what the position says, and not from the order of prints."""
    old = harness.print()
    harness.change(**body(option(1, transfer(amount=2000))))
    harness.print()
    harness.change(**body(option(1)))
    again = harness.print()

    assert (again.document, again.pdf) == (old.document, old.pdf)
    assert harness.states() == ["current", "superseded"]


def test_withdrawn_and_deleted_positions_withdraw_their_documents(harness: Harness):
    """A payment does not, and a restored position has its document back."""
    harness.print()
    states = []
    for path in ("invalidate", "restore"):
        content = {"reason": "errore"} if path == "restore" else None
        assert harness.office.post(f"{ONE}/{path}", content).status == 200
        states += harness.states()
    assert harness.office.request("DELETE", ONE).status == 200
    states += harness.states()

    assert states == ["withdrawn", "current", "withdrawn"]


def test_paid_notice_keeps_its_document(harness: Harness):
    """It is not printed anew, and what was sent can be read."""
    released = harness.print()
    harness.office.pay()

    assert harness.answer() == Refused(Reason.PAID, nav(1))
    assert harness.listed(nav=nav(1)) == [(released.document, "current", None)]
    assert harness.listed(iupd="POSIZIONE-1") == harness.listed()
    assert harness.listed(nav=nav(2)) == harness.listed(iupd="POSIZIONE-2") == []


def test_document_of_a_plan_is_listed_under_each_notice(harness: Harness):
    """Its event has no single notice."""
    plan = [option(serial, isPartialPayment=True) for serial in (12, 13)]
    harness.office.create(body(*plan, iupd="POSIZIONE-2"), "?toPublish=true")
    notices = harness.printer.notices(ACTOR)
    released = notices.of_position(ORGANIZATION, nav(12), None, harness.office.clock.now)

    assert not isinstance(released, Refused)
    assert harness.listed(nav=nav(12)) == harness.listed(nav=nav(13)) != []
    [[_, _, data]] = harness.events()
    assert data["navs"] == [nav(12), nav(13)]


@pytest.mark.parametrize("index", [-20, 15_000, 0])
def test_altered_byte_is_discovered(harness: Harness, index: int):
    """The verification names the document, and nobody gets it."""
    released = harness.print()
    harness.alter(content=flipped(released.pdf, index))

    assert Damage.BYTES in harness.damages(codes=False)
    with pytest.raises(DocumentDamaged):
        harness.print()
    with pytest.raises(DocumentDamaged):
        harness.printer.archive.read(ORGANIZATION, released.document or "")


def test_altered_input_and_lost_bytes_are_discovered(harness: Harness):
    """The input is the proof of what was asked for."""
    harness.print()
    [row] = harness.rows(tables.document)
    harness.alter(input=row["input"].replace("Comune", "Paese"))
    altered = harness.damages()
    harness.alter(input=row["input"], content=None)

    assert altered == {Damage.INPUT}
    assert harness.damages() == {Damage.LOST}


def test_document_of_another_notice_is_discovered_by_its_codes(harness: Harness):
    """The digest may have been changed with the bytes; the codes say what they are."""
    harness.office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    other = harness.print(2).pdf
    harness.alter(content=other, digest=inputs.digest_of(other), size=len(other))
    harness.print(2)
    with harness.store.begin() as connection:
        connection.execute(tables.document.delete())
    harness.print()
    harness.alter(content=other, digest=inputs.digest_of(other), size=len(other))

    assert harness.damages() == {Damage.CODES}
    assert harness.damages(codes=False) == set()


def test_bytes_in_a_folder_are_read_verified_and_found_altered(harness: Harness, tmp_path: Path):
    """The row has none; a document of before the setting is still read from its row."""
    first = harness.print()
    harness.office.create(body(option(2, SLIP), iupd="POSIZIONE-2"), "?toPublish=true")
    printer = harness.open(tmp_path)
    second = harness.print(2, printer)
    [file] = tmp_path.rglob("*.pdf")

    assert file.read_bytes() == second.pdf == harness.print(2, printer).pdf
    assert file.name == f"{inputs.digest_of(second.pdf)}.pdf"
    assert {row["content"] for row in harness.rows(tables.document)} == {None, first.pdf}
    assert harness.print(1, printer).pdf == first.pdf
    assert harness.damages(printer) == set()
    with pytest.raises(UnusableStorage):
        harness.print(2)

    file.write_bytes(flipped(second.pdf, 9000))
    assert Damage.BYTES in harness.damages(printer)
    file.unlink()
    assert harness.damages(printer) == {Damage.LOST}


def test_folder_that_cannot_be_written_releases_nothing(harness: Harness, tmp_path: Path):
    """There is no row of a document without its bytes."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UnusableStorage):
        harness.print(printer=harness.open(blocked))

    assert harness.rows(tables.document) == []
    assert list(harness.events()) == []


def test_document_without_reading_back_is_the_same(quick: Harness, monkeypatch: pytest.MonkeyPatch):
    """The setting saves the time, and the verification can still read the codes."""
    calls: list[bytes] = []

    def count(pdf: bytes, meant: list[tuple[Portion, ...]], language: str) -> list[Difference]:
        calls.append(pdf)
        return differences(pdf, meant, language)

    monkeypatch.setattr(release, "differences", count)
    released = quick.print(printer=quick.open(read_back=False))
    assert calls == []
    quick.alter(content=None)
    with quick.store.begin() as connection:
        connection.execute(tables.document.delete())
        connection.execute(tables.document_notice.delete())
    again = quick.print()

    assert calls == [again.pdf]
    assert again.pdf == released.pdf
    assert quick.damages() == set()


def test_change_that_paper_does_not_show_is_another_document(quick: Harness):
    """What stands behind the cut of a long subject is a fact too; the newer one is current."""
    long = "Tributo " * 11
    quick.change(**body(option(1, description=f"{long}uno")))
    first = quick.print()
    quick.change(**body(option(1, description=f"{long}due")))
    second = quick.print()

    assert first.paper.portions == second.paper.portions
    assert quick.listed() == [
        (first.document, "superseded", second.document),
        (second.document, "current", None),
    ]


def test_forgotten_person_is_on_no_document(harness: Harness, tmp_path: Path):
    """The digests stay; the file of a folder goes with the next sweep."""
    harness.office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    printer = harness.open(tmp_path)
    first, second = harness.print(), harness.print(2, printer)
    with harness.store.begin() as connection:
        documents.forget(connection, ORGANIZATION, ["POSIZIONE-1", "POSIZIONE-2"])
    rows = harness.rows(tables.document)
    [_, removed] = sorted(
        printer.archive.remove_forgotten(each) for each in every(harness.store, ORGANIZATION)
    )

    assert "MARIA" not in str(rows).upper()
    assert {row["digest"] for row in rows} == {
        inputs.digest_of(first.pdf),
        inputs.digest_of(second.pdf),
    }
    assert printer.archive.read(ORGANIZATION, first.document or "") is None
    assert (removed, list(tmp_path.rglob("*.pdf"))) == (True, [])
    assert harness.damages(printer) == set()
    assert len(harness.listed()) == 2


def test_document_of_a_deleted_position_is_erased_at_its_term(harness: Harness):
    """One of a position that stands is left to the term of that position."""
    harness.print()
    later = harness.office.clock.now + timedelta(days=1)
    with harness.store.begin() as connection:
        standing = documents.forget_deleted(connection, ORGANIZATION, later)
    harness.office.request("DELETE", ONE)
    counts = []
    for until in (NOW - timedelta(days=1), later, later):
        with harness.store.begin() as connection:
            counts.append(documents.forget_deleted(connection, ORGANIZATION, until))

    assert (standing, counts) == (0, [0, 1, 0])
    assert [row["content"] for row in harness.rows(tables.document)] == [None]
