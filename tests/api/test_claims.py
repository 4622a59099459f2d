"""Keys and people take cases of the worklist, and everybody sees who has one."""

from datetime import timedelta

import pytest

from gpd_soap.store.access.keys import Role
from gpd_soap.usecases.casework import claims
from tests.api.office import NOW, ORGANIZATION, Admin, Answer, BackOffice
from tests.api.paying import NOBODYS, WORKLIST, keep, quarantined

CASE = f"{WORKLIST}/r-90"
CLAIMED = (409, "The case is claimed")
NOTE = {"note": "Restituito"}


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Returns a back office with a receipt that waits, and a message that names nobody."""
    keep(office)
    return office


def outcome(answer: Answer) -> tuple[int, str]:
    """Returns status and title of a refusal."""
    return answer.status, answer.title


def test_claim_is_shown_in_the_case_and_in_the_list(full: BackOffice):
    """It has the key's id and name, and both instants in Rome's time."""
    answer = full.post(f"{CASE}/claim")

    assert answer.status == 200
    claimed = answer.body["claimed"]
    assert claimed["by"].endswith("(Ufficio di prova)")
    assert (claimed["since"], claimed["until"]) == ("2026-03-16T10:00:00", "2026-03-16T10:30:00")
    assert full.get(CASE).body["claimed"] == claimed
    [listed] = full.get(WORKLIST).body["worklist"]
    assert listed["claimed"] == claimed


def test_claimed_case_is_refused_to_another_key_until_it_is_given_back(full: BackOffice):
    """Neither taking, giving back, resolving nor matching has an effect."""
    other = full.key(Role.WRITER, ORGANIZATION)
    before = full.post(f"{CASE}/claim").body

    for name, content in (("claim", None), ("release", None), ("resolve", NOTE), ("rematch", {})):
        assert outcome(full.post(f"{CASE}/{name}", content, key=other)) == CLAIMED
    assert full.get(CASE).body == before

    released = full.post(f"{CASE}/release")
    assert (released.status, "claimed" in released.body) == (200, False)
    assert full.post(f"{CASE}/resolve", NOTE, key=other).status == 200


def test_case_is_resolved_by_the_one_who_claimed_it(full: BackOffice):
    """The claim ends with the case."""
    assert full.post(f"{CASE}/claim").status == 200
    closed = full.post(f"{CASE}/resolve", NOTE)

    assert (closed.status, "claimed" in closed.body) == (200, False)
    for name in ("claim", "release"):
        assert outcome(full.post(f"{CASE}/{name}")) == (409, "The case is not open")


def test_claim_of_an_operator_is_shown_and_ends_by_itself(full: BackOffice):
    """The key then takes the case; a new claim of one's own begins again."""
    claims.claim(full.store, ORGANIZATION, "r-90", "Anna Inventata", NOW)
    assert full.get(CASE).body["claimed"]["by"] == "Anna Inventata"
    assert outcome(full.post(f"{CASE}/resolve", NOTE)) == CLAIMED

    full.clock.now = NOW + timedelta(minutes=30)
    assert "claimed" not in full.get(CASE).body
    assert full.post(f"{CASE}/claim").body["claimed"]["since"] == "2026-03-16T10:30:00"
    full.clock.now += timedelta(minutes=5)
    assert full.post(f"{CASE}/claim").body["claimed"]["since"] == "2026-03-16T10:35:00"


def test_release_of_a_free_case_changes_nothing(full: BackOffice):
    """The request may be sent twice."""
    before = full.get(CASE).body

    assert full.post(f"{CASE}/release").body == before
    for name in ("claim", "release"):
        assert outcome(full.post(f"{WORKLIST}/r-77/{name}")) == (404, "Not found the case")


def test_message_that_names_no_organization_is_claimed_by_keys_of_every_one(full: BackOffice):
    """A message that somebody else has is not processed again."""
    first, second = Admin(full.store), Admin(full.store)
    case = f"/worklist/{quarantined(NOBODYS)}"

    assert first.post(f"{case}/claim").body["claimed"]["by"].endswith("(Ufficio di prova)")
    assert outcome(second.post(f"{case}/rematch", {})) == CLAIMED
    assert first.get(case).body["copies"] == 1
    assert first.post(f"{case}/release").status == 200
    assert second.post(f"{case}/claim").status == 200


def test_each_claim_is_a_row_of_the_audit(full: BackOffice):
    """It names the receipt and the key."""
    assert full.post(f"{CASE}/claim").status == 200
    assert full.post(f"{CASE}/release").status == 200
    rows = Admin(full.store).get(f"/organizations/{ORGANIZATION}/audit").body["changes"]

    paths = {row["path"].rpartition("/")[2]: row for row in rows}
    assert {"claim", "release"} <= set(paths)
    assert {paths[name]["receiptId"] for name in ("claim", "release")} == {"r-90"}
