"""Receipts and notices find each other: by themselves, when asked, by hand; once, whoever asks."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from gpd_soap.core.case_id import CaseKey
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.positions import change as changing
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.insert import insert_rows, option_row, position_row
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from gpd_soap.usecases.refusals import MessageNotTaken
from gpd_soap.usecases.worklist import Cases
from gpd_soap.wiring import desk, node_endpoint
from tests.api.office import ALL, DAY, NOW, ONE, OPTIONS, ORGANIZATION, SIZE, Clock, Office
from tests.api.paying import NOBODYS, RECEIPTS, WORKLIST, listed, message, quarantined, send
from tests.conftest import FreshDatabase
from tests.store import samples
from tests.store.races import Crew, Wait
from tests.validation.bodies import OTHER, body, iuv, nav, option
from tests.world import STRANGER

UNMATCHED = message(1, "r-1")
#: A position with the notice 1.
LATE = samples.position(
    "RESTORED", samples.option(1, samples.transfer(amount=1000), nav=nav(1), iuv=iuv(1))
)
BY_HAND = "matched by hand"


def rematch(office: Office, case: str = "r-1", told: object = None) -> tuple[int, str]:
    """Match again; the status, and what the case is then, or why not."""
    answer = office.post(f"{WORKLIST}/{case}/rematch", told)
    return answer.status, answer.body["kind"] if answer.status == 200 else answer.title


def paid_by(office: Office, serial: int = 1) -> str | None:
    """The receipt that paid a notice."""
    found: str | None = office.get(f"{OPTIONS}/{nav(serial)}").body.get("idReceipt")
    return found


def restore(office: Office) -> None:
    """Have a position that nobody has looked for receipts for, as from a backup."""
    with office.store.begin() as connection:
        insert_rows(connection, tables.position, [position_row(LATE, NOW)])
        rows = [option_row(LATE, each, NOW) for each in LATE.options]
        insert_rows(connection, tables.payment_option, rows)


def test_a_receipt_that_waits_is_matched_when_its_position_is_created(office: Office):
    """In the same transaction: the position is paid when it is first read, or neither is kept."""
    assert send(office, UNMATCHED) == "OK"
    dry = office.post(f"{ALL}?toPublish=true&dryRun=true", body())
    assert (dry.status, listed(office)) == (200, ["r-1"])

    office.create(query="?toPublish=true")

    assert listed(office) == []
    assert (office.status(), paid_by(office)) == ("PAID", "r-1")
    assert office.get(f"{WORKLIST}/r-1").body["kind"] == "applied"


def test_one_that_finds_no_notice_waits_on(office: Office):
    """And the answer says so."""
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office) == (409, "The case has found no notice")
    assert rematch(office, told={"nav": nav(5)}) == (404, "Not found the payment option")
    assert listed(office) == ["r-1"]


@pytest.mark.parametrize(
    ("amount", "others", "then", "payer"),
    [("10.00", [], "applied", "r-1"), ("9.99", [], "review", "r-1"),
     ("10.00", ["r-2"], "double", "r-2")],
)  # fmt: skip
def test_one_that_is_matched_again_is_decided_by_what_is_there_now(
    office: Office, amount: str, others: list[str], then: str, payer: str
):
    """As if it had just come; the money is the notice's from that instant on."""
    assert send(office, message(1, "r-1", amount=amount)) == "OK"
    restore(office)
    for other in others:
        assert send(office, message(1, other)) == "OK"
    office.clock.now += DAY / 24

    assert rematch(office) == (200, then)

    assert paid_by(office) == payer
    assert listed(office) == ([] if then == "applied" else ["r-1"])
    assert rematch(office) == (409, "The case has no notice to find")


def test_one_that_names_two_notices_finds_its_own_when_that_is_there(office: Office):
    """The number decides; the IUV is still to be looked at."""
    office.create(body(option(3), iupd="OTHER"), "?toPublish=true")
    assert send(office, message(1, "r-1", creditorReferenceId=iuv(3))) == "OK"
    assert rematch(office) == (409, "The case has found no notice")
    office.create(query="?toPublish=true")

    assert rematch(office) == (200, "review")

    assert office.get(f"{WORKLIST}/r-1").body["reasons"] == ["the IUV differs"]
    assert (paid_by(office, 1), paid_by(office, 3)) == ("r-1", None)


@pytest.mark.parametrize("said", [iuv(1), iuv(3)])
def test_a_person_says_which_notice_a_receipt_pays(office: Office, said: str):
    """Whatever the receipt names; who, when and what is kept, and the receipt stays as it came."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    sent = message(1, "r-1", creditorReferenceId=said, amount="9.00")
    assert send(office, sent) == "OK"
    before = office.get(f"{WORKLIST}/r-1").body

    assert rematch(office, told={"nav": nav(3)}) == (200, "review")

    after = office.get(f"{WORKLIST}/r-1").body
    assert after["reasons"][0] == before["reasons"][0]
    assert "the amount differs" in after["reasons"]
    assert after["reasons"][-1] == BY_HAND
    assert after["resolved"] == {
        "date": "2026-03-16T10:00:00",
        "by": "Ufficio di prova",
        "note": f"paid the notice {nav(3)}",
    }
    assert [after[name] for name in ("noticeNumber", "iuv", "amount")] == [nav(1), said, 900]
    assert office.get(f"{WORKLIST}/r-1/raw").body == sent
    assert (office.status("MEANT"), paid_by(office, 3)) == ("PAID", "r-1")
    assert office.get(f"{RECEIPTS}/{iuv(3)}").status == 200
    assert (listed(office), listed(office, "resolved=true")) == ([], ["r-1"])
    assert rematch(office, told={"nav": nav(3)}) == (409, "The case is not open")


def test_what_was_matched_by_hand_is_not_matched_again(office: Office):
    """Not even when the notice that it names is there at last."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    assert send(office, UNMATCHED) == "OK"
    assert rematch(office, told={"nav": nav(3)}) == (200, "review")

    office.create(query="?toPublish=true")

    assert (office.status(), office.status("MEANT")) == ("VALID", "PAID")
    assert send(office, UNMATCHED) == "OK"
    assert office.get(f"{WORKLIST}/r-1").body["copies"] == 2


def test_no_hand_pays_what_is_paid(office: Office):
    """Nor what a paid alternative excludes; the case stays open."""
    office.create(body(option(3), option(4)), "?toPublish=true")
    assert send(office, message(3, "first")) == "OK"
    assert send(office, UNMATCHED) == "OK"

    for serial in (3, 4):
        told = {"nav": nav(serial)}
        assert rematch(office, told=told) == (409, "The notice cannot be paid by this case")
    assert listed(office) == ["r-1"]
    assert (paid_by(office, 3), paid_by(office, 4)) == ("first", None)


def test_a_withdrawn_notice_is_paid_by_hand_all_the_same(office: Office):
    """Money is a fact; why it is odd stands among the reasons."""
    office.create(query="?toPublish=true")
    assert office.post(f"{ONE}/invalidate").status == 200
    assert send(office, message(9, "r-9")) == "OK"

    assert rematch(office, "r-9", {"nav": nav(1)}) == (200, "review")

    assert "the position was withdrawn" in office.get(f"{WORKLIST}/r-9").body["reasons"]
    assert office.status() == "PAID"


@pytest.mark.parametrize("told", [{"nav": ""}, {"nav": "x"}, {"nav": 1}, {"note": "a"}, [], "a"])
def test_a_match_that_makes_no_sense_is_refused(quick: Office, told: object):
    """Before anything is looked at."""
    assert send(quick, UNMATCHED) == "OK"

    assert rematch(quick, told=told) == (400, "BAD REQUEST")
    assert listed(quick) == ["r-1"]


def test_a_hand_reaches_no_notice_of_another_organization(office: Office):
    """Though its number is known."""
    there = f"/organizations/{OTHER}/debtpositions?toPublish=true"
    other = office.key(Role.WRITER, OTHER)
    assert office.post(there, body(option(3)), key=other).status == 201
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office, told={"nav": nav(3)}) == (404, "Not found the payment option")

    read = office.get(f"/organizations/{OTHER}/debtpositions/POSIZIONE-1", key=other)
    assert read.body["status"] == "VALID"


def test_a_quarantined_message_is_taken_when_its_organization_is_ours(office: Office):
    """As if the Node had sent it now; its case is closed, and the receipt is the organization's."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    case, key = quarantined(NOBODYS), office.key(Role.ADMIN)
    refused = office.post(f"/worklist/{case}/rematch", key=key)
    assert (refused.status, refused.title) == (409, "The message was refused again")
    assert "PAA_ID_DOMINIO_ERRATO" in refused.body["detail"]
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")

    there = f"/organizations/{STRANGER}/worklist"
    taken = office.post(f"{there}/{case}/rematch", key=key)

    assert taken.status == 200
    assert taken.body["resolved"]["by"] == "Ufficio di prova"
    assert taken.body["resolved"]["note"] == "sent again, and taken; receipt: kept as secondary"
    assert office.get(f"{there}/r-91", key=key).body["kind"] == "secondary"
    again = office.post(f"{there}/{case}/rematch", key=key)
    assert (again.status, again.title) == (409, "The case is not open")


def test_a_quarantined_message_that_breaks_the_contract_stays(office: Office):
    """It was refused again, which counts; no notice can be said for it."""
    broken = message(1, outcome=None)
    assert send(office, broken) == "PAA_SINTASSI_XSD"
    case = quarantined(broken)

    assert rematch(office, case) == (409, "The message was refused again")
    assert rematch(office, case, {"nav": nav(1)}) == (409, "The case has no notice to find")
    assert listed(office) == [case]
    assert office.get(f"{WORKLIST}/{case}").body["copies"] == 2


def test_a_message_that_could_not_be_taken_was_not_refused(
    quick: Office, fresh_database: FreshDatabase
):
    """Its case stays open, and whoever asks is told to try again."""
    assert send(quick, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    nowhere = node_endpoint(
        Settings(), desk(Settings(), Store(fresh_database("sqlite")), quick.clock)
    )
    cases = Cases(quick.store, quick.clock, lambda raw: nowhere.reprocess(raw, "worklist"))

    with pytest.raises(MessageNotTaken):
        cases.rematch(None, quarantined(NOBODYS), "Ada")

    assert cases.read(None, quarantined(NOBODYS)).case.resolved_at is None


Told = tuple[str, object, str]


def ask(store: Store, together: Wait, told: Told) -> int:
    """Ask for something about a case, or let a receipt or a position come, with a key."""
    what, sent, key = told
    office = Office(store, Clock(), key)
    together()
    if isinstance(sent, bytes):
        return int(send(office, sent) == "OK")
    return office.post(what, sent).status


def race(crew: Crew, office: Office, url: str, each: list[tuple[str, object]]) -> Counter[int]:
    """Let every process ask one thing."""
    return Counter(crew.race(ask, url, [(*asked, office.writer) for asked in each]))


def test_of_matches_at_one_instant_one_is_made(crew: Crew, office: Office, admin_url: str):
    """By hand, or by itself."""
    for serial in (1, 2):
        case = f"{WORKLIST}/r-{serial}"
        assert send(office, message(90 + serial, f"r-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        told: list[tuple[str, object]] = [(f"{case}/rematch", {"nav": nav(serial)})] * SIZE

        assert race(crew, office, admin_url, told) == {200: 1, 409: SIZE - 1}

        assert office.get(case).body["reasons"].count(BY_HAND) == 1
        assert paid_by(office, serial) == f"r-{serial}"


def test_a_match_and_a_decision_exclude_each_other(crew: Crew, office: Office, admin_url: str):
    """Whoever comes second is told that the case is not open."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    case = f"{WORKLIST}/r-9"
    pay, close = (f"{case}/rematch", {"nav": nav(1)}), (f"{case}/resolve", {"note": "Restituito"})

    answers = race(crew, office, admin_url, [pay, close] * (SIZE // 2))

    assert answers == {200: 1, 409: SIZE - 1}
    note = office.get(case).body["resolved"]["note"]
    assert (paid_by(office) == "r-9") == (note != "Restituito")


def test_a_match_and_a_receipt_pay_a_notice_once(crew: Crew, office: Office, admin_url: str):
    """The other is a double payment, or finds the notice paid."""
    for serial in (1, 2):
        assert send(office, message(90 + serial, f"by-hand-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        pay = f"{WORKLIST}/by-hand-{serial}/rematch", {"nav": nav(serial)}
        come = [("", message(serial, f"node-{serial}-{n}")) for n in range(SIZE - 1)]

        answers = race(crew, office, admin_url, [pay, *come])

        matched = answers[200] == 1
        assert answers[1] == SIZE - 1
        assert set(answers) <= {1, 200, 409}
        payer = paid_by(office, serial) or ""
        assert (payer == f"by-hand-{serial}") == matched
        doubles = listed(office, f"kind=double&nav={nav(serial)}")
        assert len(doubles) == SIZE - 1 - (not matched)
        assert payer not in doubles


def test_a_match_and_a_position_settle_a_receipt_once(crew: Crew, office: Office, admin_url: str):
    """The notice that it names, or the one that a person says; never both."""
    for serial in (1, 2):
        office.create(body(option(serial + 50), iupd=f"MEANT-{serial}"), "?toPublish=true")
        assert send(office, message(serial, f"r-{serial}")) == "OK"
        pay = f"{WORKLIST}/r-{serial}/rematch", {"nav": nav(serial + 50)}
        come = f"{ALL}?toPublish=true", body(option(serial), iupd=f"NAMED-{serial}")

        answers = race(crew, office, admin_url, [pay, pay, come, come])

        assert answers[201] == 1
        payers = [paid_by(office, serial), paid_by(office, serial + 50)]
        assert Counter(payers) == {f"r-{serial}": 1, None: 1}


def waiting(office: Office, change: Callable[[Connection], object]) -> int:
    """What a match by hand is answered that had to wait for a change to be committed."""
    told = f"{WORKLIST}/r-9/rematch", {"nav": nav(1)}
    with ThreadPoolExecutor(1) as pool:
        with office.store.begin() as connection:
            change(connection)
            answer = pool.submit(office.post, *told)
            with pytest.raises(TimeoutError):
                answer.result(0.5)
        return answer.result().status


def test_a_match_waits_for_a_decision_that_is_being_made(office: Office):
    """And then does nothing."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    decided = worklist.Resolution(NOW, "Ada", "Restituito")
    key = CaseKey("r-9", 0)

    assert waiting(office, lambda c: worklist.resolve(c, ORGANIZATION, key, decided)) == 409

    assert office.status() == "VALID"


def test_a_match_waits_for_a_position_that_is_being_changed(office: Office):
    """And then pays it as it is."""
    office.create()
    assert send(office, message(9, "r-9")) == "OK"

    def publish(connection: Connection) -> None:
        draft = admin_positions.read(connection, ORGANIZATION, "POSIZIONE-1", lock=True)
        assert draft is not None
        changing.publish(connection, draft, NOW)

    assert waiting(office, publish) == 200

    assert office.status() == "PAID"
    assert "the position is a draft" not in office.get(f"{WORKLIST}/r-9").body["reasons"]


def test_a_message_that_is_taken_again_at_one_instant_is_kept_once(
    crew: Crew, office: Office, admin_url: str
):
    """And its case is closed once."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")
    key, there = office.key(Role.ADMIN), f"/organizations/{STRANGER}/worklist"
    told = f"{there}/{quarantined(NOBODYS)}/rematch", None, key

    assert Counter(crew.race(ask, admin_url, [told] * SIZE)) == {200: 1, 409: SIZE - 1}

    assert office.get(f"/payments/{STRANGER}/receipts", key=key).body["length"] == 1
