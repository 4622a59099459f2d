"""The journal over the API: who sees which entries, how much of them, and how they are found."""

from typing import Any

import pytest

from gpd_soap.core.receipt import receipt_key
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.journal.writer import write_entries
from tests.api.office import DAY, ENTRY, NOW, ORGANIZATION, Office
from tests.validation.bodies import OTHER, iuv, nav

JOURNAL = f"/organizations/{ORGANIZATION}/journal"
ONE = f"{JOURNAL}/{ENTRY.key.reference}"
#: The entry that every back office has.
TOLD = {
    "id": ENTRY.key.reference,
    "dataOraEvento": "2026-03-15T10:00:00.000+01:00",
    "categoriaEvento": "INTERFACCIA",
    "tipoEvento": "paSendRTV2",
    "identificativoDominio": ORGANIZATION,
    "identificativoIntermediarioPA": "15376371009",
    "identificativoStazioneIntermediarioPA": "15376371009_01",
    "numeroAvviso": nav(1),
    "identificativoUnivocoVersamento": iuv(1),
    "codiceContestoPagamento": "r-1",
    "identificativoPrestatoreServiziPagamento": "ABI00000",
    "canalePagamento": "00000000191_01",
    "esito": "OK",
    "decision": "receipt: kept as applied",
    "durationMs": 1.234,
    "httpStatus": 200,
    "caller": "192.0.2.1",
}
LATER = [
    ENTRY._replace(id=1, arrived_at=NOW, nav=nav(2), iuv=None, receipt_id=None,
                   operation="paGetPayment", psp=None, channel=None, station="15376371009_02"),
    ENTRY._replace(id=2, arrived_at=NOW, nav=nav(3), outcome="KO", fault="PAA_SEMANTICA",
                   iuv=iuv(3), receipt_id="c0ffee00c0ffee00", psp="ABI00001",
                   soap_action="paSendRT"),
    ENTRY._replace(id=3, arrived_at=NOW, organization=OTHER),
    ENTRY._replace(id=4, arrived_at=NOW, organization="-", operation="-", outcome="Fault",
                   status=500),
    ENTRY._replace(id=5, arrived_at=NOW - 40 * DAY),
]  # fmt: skip


@pytest.fixture
def full(office: Office) -> Office:
    """A journal of six entries, four of them ours, one of those older than thirty days."""
    with office.store.begin() as connection:
        write_entries(connection, LATER)
    return office


def ids(office: Office, query: str = "", where: str = JOURNAL, **more: Any) -> list[int]:
    """The numbers of the entries that a query finds; the first of all is 7."""
    answer = office.get(f"{where}?{query}", **more)
    assert answer.status == 200, answer.body
    return [int(each["id"][14:], 16) for each in answer.body["entries"]]


def test_an_entry_is_told_under_pagopa_s_names(office: Office):
    """What was said, when it was on Rome's clock, and nothing of what was not said."""
    assert office.get(ONE).body == TOLD
    assert office.get(JOURNAL).body == {"entries": [TOLD]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 7]),
        ("operation=paGetPayment", [1]),
        ("outcome=KO", [2]),
        ("fault=PAA_SEMANTICA", [2]),
        (f"nav={nav(2)}", [1]),
        (f"iuv={iuv(2)}", [1]),
        (f"iuv={iuv(3)}", [2]),
        ("receiptId=c0ffee00c0ffee00", [2]),
        ("psp=ABI00001", [2]),
        ("station=15376371009_02", [1]),
        ("psp=ABI00001&outcome=OK", []),
        ("from=2026-02-01", [2, 1, 7, 5]),
        ("to=2026-03-15", [7]),
        ("from=2026-03-15&to=2026-03-15", [7]),
        ("from=2026-03-16", [2, 1]),
        ("from=2026-03-16T10:00:00", [2, 1]),
        ("from=2026-03-16T09:00:00Z", [2, 1]),
        ("from=2026-03-15T10:00:01&to=2026-03-16T09:59:59", []),
        ("to=2026-02-10", [5]),
    ],
)
def test_each_filter_finds_its_entries(full: Office, query: str, found: list[int]):
    """The newest first; the last thirty days where no time is said, days being Rome's."""
    assert ids(full, query) == found


def test_a_receipt_of_a_long_name_is_found_by_it(office: Office):
    """Though it is kept under the name's hash."""
    name = "x" * 200
    with office.store.begin() as connection:
        write_entries(connection, [ENTRY._replace(id=8, receipt_id=receipt_key(name))])

    assert ids(office, f"receiptId={name}") == [8]
    assert office.get(f"{JOURNAL}?receiptId={name * 2}").status == 400


def test_pages_lead_from_the_newest_to_the_oldest(full: Office):
    """Each says how the next is asked for, the last that there is none."""
    found, after = [], ""
    for _ in range(4):
        answer = full.get(f"{JOURNAL}?from=2026-01-01&limit=1{after}").body
        found += [int(each["id"][14:], 16) for each in answer["entries"]]
        after = f"&after={answer.get('next')}"

    assert found == [2, 1, 7, 5]
    assert after == "&after=None"


def test_an_organization_s_key_sees_its_organization_alone(full: Office):
    """Whatever is asked, and by whichever name an entry is asked for."""
    theirs = full.key(Role.READER, OTHER)
    entry = f"/organizations/{OTHER}/journal/{LATER[2].key.reference}"

    assert ids(full, where=f"/organizations/{OTHER}/journal", key=theirs) == [3]
    assert full.get(entry, key=theirs).status == 200
    assert full.get(entry).status == 403
    for other in (LATER[2], LATER[3]):
        refused = full.get(f"{JOURNAL}/{other.key.reference}")
        assert (refused.status, refused.title) == (404, "Not found the journal entry")
        assert full.get(f"/journal/{other.key.reference}").status == 403
    assert full.get("/journal").status == 403


def test_a_key_of_every_organization_sees_all(full: Office):
    """Those of no organization of ours included."""
    every = full.key(Role.READER, keys.EVERY)

    assert ids(full, where="/journal", key=every) == [4, 3, 2, 1, 7]
    assert ids(full, "outcome=Fault", where="/journal", key=every) == [4]
    fault = full.get(f"/journal/{LATER[3].key.reference}", key=every).body
    assert fault["httpStatus"] == 500
    assert "tipoEvento" not in fault
    assert "identificativoDominio" not in fault
    assert full.get(f"/journal/{'0' * 30}", key=every).status == 404


def test_a_reader_sees_the_last_four_characters(full: Office):
    """Of what leads to a debtor, and nothing of where the question came from."""
    reader = full.key(Role.READER, ORGANIZATION)
    one = f"{JOURNAL}/{LATER[1].key.reference}"
    for seen in (
        full.get(one, key=reader).body,
        full.get(f"{JOURNAL}?nav={nav(3)}", key=reader).body["entries"][0],
    ):
        assert seen["numeroAvviso"] == "*" * 14 + nav(3)[-4:]
        assert seen["identificativoUnivocoVersamento"] == "*" * 13 + nav(3)[-4:]
        assert seen["codiceContestoPagamento"] == "************ee00"
        assert "caller" not in seen
        assert nav(3)[1:-4] not in str(seen)
        assert (seen["faultCode"], seen["soapAction"]) == ("PAA_SEMANTICA", "paSendRT")

    for role in (Role.WRITER, Role.ADMIN):
        assert full.get(one, key=full.key(role, ORGANIZATION)).body["numeroAvviso"] == nav(3)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=0", ("limit", "range")),
        ("limit=101", ("limit", "range")),
        ("limit=1_0", ("limit", "type")),
        ("nav=12", ("nav", "pattern")),
        ("operation=paSendRTV3", ("operation", "choice")),
        ("outcome=ok", ("outcome", "choice")),
        ("from=2026-02-30", ("from", "date")),
        ("to=yesterday", ("to", "date")),
        ("from=2026-03-02&to=2026-03-01", ("to", "range")),
        ("from=2026-03-17", ("to", "range")),
        ("after=next", ("after", "pattern")),
        ("after=" + "f" * 30, ("after", "pattern")),
        ("psp=", ("psp", "length")),
        ("debtor=RSSMRA00A01A000A", ("debtor", "unknown-field")),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    quick: Office, query: str, error: tuple[str, str]
):
    """Never answered as if something else had been asked."""
    refused = quick.get(f"{JOURNAL}?{query}")

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert refused.errors == {error}


def test_the_furthest_place_is_asked_for_without_harm(office: Office):
    """What a reference can name, every database can look for."""
    furthest = "f" * 14 + "7" + "f" * 15

    assert office.get(f"{JOURNAL}/{furthest}").status == 404
    assert ids(office, f"after={furthest}") == [7]
