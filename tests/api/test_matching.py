"""Matching of receipts with notices: by itself, on request, by hand; a notice is paid once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from gpd_soap.core.case_id import CaseKey
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.positions import change as change_positions
from gpd_soap.store.positions import read as read_positions
from gpd_soap.store.positions.insert import insert_rows, option_row, position_row
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from gpd_soap.usecases.refusals import MessageNotTaken
from gpd_soap.usecases.worklist import Cases
from gpd_soap.wiring import node_endpoint, node_service
from tests.api.office import (
    ACTOR,
    ALL,
    DAY,
    NOW,
    ONE,
    OPTIONS,
    ORGANIZATION,
    SIZE,
    BackOffice,
    Clock,
    shared_face,
)
from tests.api.paying import NOBODYS, RECEIPTS, WORKLIST, listed, message, quarantined, send
from tests.conftest import FreshDatabase
from tests.store import samples
from tests.store.races import Crew, Wait
from tests.validation.bodies import OTHER, body, iuv, nav, option
from tests.world import STRANGER

UNMATCHED = message(1, "r-1")
#: A position with notice 1, which arrives after its receipt.
LATE = samples.position(
    "RESTORED", samples.option(1, samples.transfer(amount=1000), nav=nav(1), iuv=iuv(1))
)
BY_HAND = "matched by hand"


def label(office: BackOffice, token: str) -> str:
    """Id and name of the key of a token, as a case names who closed it."""
    with office.store.reading() as connection:
        key = keys.find(connection, token)
    assert key is not None
    return f"{key.id} (Ufficio di prova)"


def rematch(office: BackOffice, case: str = "r-1", content: object = None) -> tuple[int, str]:
    """Match a case again; the status, and the case's kind or the title of the problem."""
    answer = office.post(f"{WORKLIST}/{case}/rematch", content)
    return answer.status, answer.body["kind"] if answer.status == 200 else answer.title


def paid_by(office: BackOffice, serial: int = 1) -> str | None:
    """Id of the receipt that paid a notice."""
    receipt_id: str | None = office.get(f"{OPTIONS}/{nav(serial)}").body.get("idReceipt")
    return receipt_id


def restore(office: BackOffice) -> None:
    """Insert a position without looking for its receipts, as a restored backup has it."""
    with office.store.begin() as connection:
        insert_rows(connection, tables.position, [position_row(LATE, NOW)])
        rows = [option_row(LATE, each, NOW) for each in LATE.options]
        insert_rows(connection, tables.payment_option, rows)


def test_unmatched_receipt_is_applied_when_its_position_is_created(office: BackOffice):
    """Position and payment are written in one transaction, and a dry run writes neither."""
    assert send(office, UNMATCHED) == "OK"
    dry = office.post(f"{ALL}?toPublish=true&dryRun=true", body())
    assert (dry.status, listed(office)) == (200, ["r-1"])

    office.create(query="?toPublish=true")

    assert listed(office) == []
    assert (office.status(), paid_by(office)) == ("PAID", "r-1")
    assert office.get(f"{WORKLIST}/r-1").body["kind"] == "applied"


def test_rematch_without_a_notice_is_409_and_the_receipt_stays_unmatched(office: BackOffice):
    """A notice number that does not exist is a 404."""
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office) == (409, "The case has found no notice")
    assert rematch(office, content={"nav": nav(5)}) == (404, "Not found the payment option")
    assert listed(office) == ["r-1"]


@pytest.mark.parametrize(
    ("amount", "others", "then", "payer"),
    [("10.00", [], "applied", "r-1"), ("9.99", [], "review", "r-1"),
     ("10.00", ["r-2"], "double", "r-2")],
)  # fmt: skip
def test_rematch_decides_by_the_facts_of_the_moment(
    office: BackOffice, amount: str, others: list[str], then: str, payer: str
):
    """The receipt is decided as if it had arrived now."""
    assert send(office, message(1, "r-1", amount=amount)) == "OK"
    restore(office)
    for other in others:
        assert send(office, message(1, other)) == "OK"
    office.clock.now += DAY / 24

    assert rematch(office) == (200, then)

    assert paid_by(office) == payer
    assert listed(office) == ([] if then == "applied" else ["r-1"])
    assert rematch(office) == (409, "The case has no notice to find")


def test_receipt_with_number_and_iuv_of_two_notices_pays_the_number(office: BackOffice):
    """Its case is in review because the IUV differs."""
    office.create(body(option(3), iupd="OTHER"), "?toPublish=true")
    assert send(office, message(1, "r-1", creditorReferenceId=iuv(3))) == "OK"
    assert rematch(office) == (409, "The case has found no notice")
    office.create(query="?toPublish=true")

    assert rematch(office) == (200, "review")

    assert office.get(f"{WORKLIST}/r-1").body["reasons"] == ["the IUV differs"]
    assert (paid_by(office, 1), paid_by(office, 3)) == ("r-1", None)


@pytest.mark.parametrize("named_iuv", [iuv(1), iuv(3)])
def test_manual_match_pays_the_given_notice_and_records_who_did_it(
    office: BackOffice, named_iuv: str
):
    """The stored message does not change."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    sent = message(1, "r-1", creditorReferenceId=named_iuv, amount="9.00")
    assert send(office, sent) == "OK"
    before = office.get(f"{WORKLIST}/r-1").body

    assert rematch(office, content={"nav": nav(3)}) == (200, "review")

    after = office.get(f"{WORKLIST}/r-1").body
    assert after["reasons"][0] == before["reasons"][0]
    assert "the amount differs" in after["reasons"]
    assert after["reasons"][-1] == BY_HAND
    assert after["resolved"] == {
        "date": "2026-03-16T10:00:00",
        "by": label(office, office.writer),
        "note": f"paid the notice {nav(3)}",
        "outcome": "credited",
    }
    assert [after[name] for name in ("noticeNumber", "iuv", "amount")] == [nav(1), named_iuv, 900]
    assert office.get(f"{WORKLIST}/r-1/raw").body == sent
    assert (office.status("MEANT"), paid_by(office, 3)) == ("PAID", "r-1")
    assert office.get(f"{RECEIPTS}/{iuv(3)}").status == 200
    assert (listed(office), listed(office, "resolved=true")) == ([], ["r-1"])
    assert rematch(office, content={"nav": nav(3)}) == (409, "The case is not open")


def test_manually_matched_receipt_is_not_matched_by_a_new_position(office: BackOffice):
    """It is not matched even when a position brings the notice that it names."""
    office.create(body(option(3), iupd="MEANT"), "?toPublish=true")
    assert send(office, UNMATCHED) == "OK"
    assert rematch(office, content={"nav": nav(3)}) == (200, "review")

    office.create(query="?toPublish=true")

    assert (office.status(), office.status("MEANT")) == ("VALID", "PAID")
    assert send(office, UNMATCHED) == "OK"
    assert office.get(f"{WORKLIST}/r-1").body["copies"] == 2


def test_manual_match_of_a_paid_or_excluded_notice_is_refused(office: BackOffice):
    """The case stays open."""
    office.create(body(option(3), option(4)), "?toPublish=true")
    assert send(office, message(3, "first")) == "OK"
    assert send(office, UNMATCHED) == "OK"

    for serial in (3, 4):
        content = {"nav": nav(serial)}
        assert rematch(office, content=content) == (409, "The notice cannot be paid by this case")
    assert listed(office) == ["r-1"]
    assert (paid_by(office, 3), paid_by(office, 4)) == ("first", None)


def test_manual_match_pays_a_withdrawn_notice(office: BackOffice):
    """The reasons of the case say that the position was withdrawn (Alternatives, rule 4)."""
    office.create(query="?toPublish=true")
    assert office.post(f"{ONE}/invalidate").status == 200
    assert send(office, message(9, "r-9")) == "OK"

    assert rematch(office, "r-9", {"nav": nav(1)}) == (200, "review")

    assert "the position was withdrawn" in office.get(f"{WORKLIST}/r-9").body["reasons"]
    assert office.status() == "PAID"


@pytest.mark.parametrize("content", [{"nav": ""}, {"nav": "x"}, {"nav": 1}, {"note": "a"}, [], "a"])
def test_invalid_match_body_is_400(quick: BackOffice, content: object):
    """The case stays as it is."""
    assert send(quick, UNMATCHED) == "OK"

    assert rematch(quick, content=content) == (400, "BAD REQUEST")
    assert listed(quick) == ["r-1"]


def test_manual_match_of_another_organizations_notice_is_404(office: BackOffice):
    """The notice of the other organization stays payable."""
    path = f"/organizations/{OTHER}/debtpositions?toPublish=true"
    other = office.key(Role.WRITER, OTHER)
    assert office.post(path, body(option(3)), key=other).status == 201
    assert send(office, UNMATCHED) == "OK"

    assert rematch(office, content={"nav": nav(3)}) == (404, "Not found the payment option")

    read = office.get(f"/organizations/{OTHER}/debtpositions/POSIZIONE-1", key=other)
    assert read.body["status"] == "VALID"


def test_quarantined_message_is_accepted_once_its_organization_is_registered(office: BackOffice):
    """It is processed as if the Node had sent it now, and its case is closed."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    case, key = quarantined(NOBODYS), office.key(Role.ADMIN)
    refused = office.post(f"/worklist/{case}/rematch", key=key)
    assert (refused.status, refused.title) == (409, "The message was refused again")
    assert "PAA_ID_DOMINIO_ERRATO" in refused.body["detail"]
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")

    path = f"/organizations/{STRANGER}/worklist"
    accepted = office.post(f"{path}/{case}/rematch", key=key)

    assert accepted.status == 200
    assert accepted.body["resolved"]["by"] == label(office, key)
    assert accepted.body["resolved"]["note"] == "sent again, and taken; receipt: kept as secondary"
    assert office.get(f"{path}/r-91", key=key).body["kind"] == "secondary"
    again = office.post(f"{path}/{case}/rematch", key=key)
    assert (again.status, again.title) == (409, "The case is not open")


def test_rematch_of_message_that_breaks_the_schema_is_409(office: BackOffice):
    """The case stays open, counts one copy more, and cannot be matched with a notice."""
    broken = message(1, outcome=None)
    assert send(office, broken) == "PAA_SINTASSI_XSD"
    case = quarantined(broken)

    assert rematch(office, case) == (409, "The message was refused again")
    assert rematch(office, case, {"nav": nav(1)}) == (409, "The case has no notice to find")
    assert listed(office) == [case]
    assert office.get(f"{WORKLIST}/{case}").body["copies"] == 2


def test_rematch_that_fails_leaves_the_case_open(quick: BackOffice, fresh_database: FreshDatabase):
    """The failure is an error of ours, and the caller can try again."""
    assert send(quick, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    failing = node_endpoint(
        Settings(), node_service(Settings(), Store(fresh_database("sqlite")), quick.clock)
    )
    cases = Cases(quick.store, quick.clock, lambda raw, _: failing.reprocess(raw, "worklist"))

    with pytest.raises(MessageNotTaken):
        cases.rematch(None, quarantined(NOBODYS), "Ada", actor=ACTOR)

    assert cases.read(None, quarantined(NOBODYS)).case.resolved_at is None


Call = tuple[str, object, str]


def send_together(store: Store, together: Wait, call: Call) -> int:
    """Send a request or a message together with the other processes; status, or 1 for OK."""
    path, sent, key = call
    office = BackOffice(store, Clock(), key, face=shared_face(store))
    together()
    if isinstance(sent, bytes):
        return int(send(office, sent) == "OK")
    return office.post(path, sent).status


def race(crew: Crew, office: BackOffice, url: str, each: list[tuple[str, object]]) -> Counter[int]:
    """Send one call from each process at the same time, and count the results."""
    return Counter(crew.race(send_together, url, [(*call, office.writer) for call in each]))


def test_concurrent_manual_matches_of_a_case_match_it_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409."""
    for serial in (1, 2):
        case = f"{WORKLIST}/r-{serial}"
        assert send(office, message(90 + serial, f"r-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        calls: list[tuple[str, object]] = [(f"{case}/rematch", {"nav": nav(serial)})] * SIZE

        assert race(crew, office, admin_url, calls) == {200: 1, 409: SIZE - 1}

        assert office.get(case).body["reasons"].count(BY_HAND) == 1
        assert paid_by(office, serial) == f"r-{serial}"


def test_match_concurrent_with_resolution_leaves_one_of_them(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The later one gets 409."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    case = f"{WORKLIST}/r-9"
    pay, close = (f"{case}/rematch", {"nav": nav(1)}), (f"{case}/resolve", {"note": "Restituito"})

    answers = race(crew, office, admin_url, [pay, close] * (SIZE // 2))

    assert answers == {200: 1, 409: SIZE - 1}
    note = office.get(case).body["resolved"]["note"]
    assert (paid_by(office) == "r-9") == (note != "Restituito")


def test_match_concurrent_with_receipts_pays_the_notice_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """A receipt that comes later is a double payment, and a later match gets 409."""
    for serial in (1, 2):
        assert send(office, message(90 + serial, f"by-hand-{serial}")) == "OK"
        office.create(body(option(serial), iupd=f"P{serial}"), "?toPublish=true")
        pay = f"{WORKLIST}/by-hand-{serial}/rematch", {"nav": nav(serial)}
        messages = [("", message(serial, f"node-{serial}-{n}")) for n in range(SIZE - 1)]

        answers = race(crew, office, admin_url, [pay, *messages])

        matched = answers[200] == 1
        assert answers[1] == SIZE - 1
        assert set(answers) <= {1, 200, 409}
        payer = paid_by(office, serial) or ""
        assert (payer == f"by-hand-{serial}") == matched
        doubles = listed(office, f"kind=double&nav={nav(serial)}")
        assert len(doubles) == SIZE - 1 - (not matched)
        assert payer not in doubles


def test_match_concurrent_with_creation_applies_the_receipt_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The receipt pays the notice that it names or the given one, never both."""
    for serial in (1, 2):
        office.create(body(option(serial + 50), iupd=f"MEANT-{serial}"), "?toPublish=true")
        assert send(office, message(serial, f"r-{serial}")) == "OK"
        pay = f"{WORKLIST}/r-{serial}/rematch", {"nav": nav(serial + 50)}
        create = f"{ALL}?toPublish=true", body(option(serial), iupd=f"NAMED-{serial}")

        answers = race(crew, office, admin_url, [pay, pay, create, create])

        assert answers[201] == 1
        payers = [paid_by(office, serial), paid_by(office, serial + 50)]
        assert Counter(payers) == {f"r-{serial}": 1, None: 1}


def match_during(office: BackOffice, change: Callable[[Connection], object]) -> int:
    """Match by hand while a change is uncommitted; it must wait; return its status."""
    request = f"{WORKLIST}/r-9/rematch", {"nav": nav(1)}
    with ThreadPoolExecutor(1) as pool:
        with office.store.begin() as connection:
            change(connection)
            answer = pool.submit(office.post, *request)
            with pytest.raises(TimeoutError):
                answer.result(0.5)
        return answer.result().status


def test_match_waits_for_an_uncommitted_resolution(office: BackOffice):
    """The match gets 409 afterwards, and the notice stays unpaid."""
    office.create(query="?toPublish=true")
    assert send(office, message(9, "r-9")) == "OK"
    resolution = worklist.Resolution(NOW, "Ada", "Restituito")
    key = CaseKey("r-9", 0)

    assert match_during(office, lambda c: worklist.resolve(c, ORGANIZATION, key, resolution)) == 409

    assert office.status() == "VALID"


def test_match_waits_for_an_uncommitted_publication(office: BackOffice):
    """The match pays the published notice."""
    office.create()
    assert send(office, message(9, "r-9")) == "OK"

    def publish(connection: Connection) -> None:
        draft = read_positions.read(connection, ORGANIZATION, "POSIZIONE-1", lock=True)
        assert draft is not None
        change_positions.publish(connection, draft, ACTOR, NOW)

    assert match_during(office, publish) == 200

    assert office.status() == "PAID"
    assert "the position is a draft" not in office.get(f"{WORKLIST}/r-9").body["reasons"]


def test_concurrent_rematches_of_a_quarantined_message_store_its_receipt_once(
    crew: Crew, office: BackOffice, admin_url: str
):
    """The others get 409, because the case is closed."""
    assert send(office, NOBODYS) == "PAA_ID_DOMINIO_ERRATO"
    with office.store.begin() as connection:
        configuration.put_organization(connection, STRANGER, "Comune arrivato dopo")
    key, worklist_path = office.key(Role.ADMIN), f"/organizations/{STRANGER}/worklist"
    call = f"{worklist_path}/{quarantined(NOBODYS)}/rematch", None, key

    assert Counter(crew.race(send_together, admin_url, [call] * SIZE)) == {200: 1, 409: SIZE - 1}

    assert office.get(f"/payments/{STRANGER}/receipts", key=key).body["length"] == 1
