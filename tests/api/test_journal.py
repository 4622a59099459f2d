"""The journal over the API: which entries a key may read, what they show, how they are found."""

from typing import Any

import pytest

from gpd_soap.core.receipt import receipt_key
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.journal.writer import write_entries
from tests.api.office import DAY, ENTRY, NOW, ORGANIZATION, BackOffice
from tests.validation.bodies import OTHER, iuv, nav

JOURNAL = f"/organizations/{ORGANIZATION}/journal"
ONE = f"{JOURNAL}/{ENTRY.key.reference}"
#: The entry that every back office of these tests has, as the API shows it.
SHOWN = {
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
def full(office: BackOffice) -> BackOffice:
    """A journal of six entries: four are the organization's, and one of them is 40 days old."""
    with office.store.begin() as connection:
        write_entries(connection, LATER)
    return office


def ids(office: BackOffice, query: str = "", path: str = JOURNAL, **more: Any) -> list[int]:
    """Ids of the entries that a query finds; the id of the first entry is 7."""
    answer = office.get(f"{path}?{query}", **more)
    assert answer.status == 200, answer.body
    return [int(each["id"][14:], 16) for each in answer.body["entries"]]


def test_journal_entry_has_pagopa_field_names(office: BackOffice):
    """Times are Rome's, and a field without a value is absent."""
    assert office.get(ONE).body == SHOWN
    assert office.get(JOURNAL).body == {"entries": [SHOWN]}


@pytest.mark.parametrize(
    ("query", "expected"),
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
def test_journal_filter_finds_matching_entries_newest_first(
    full: BackOffice, query: str, expected: list[int]
):
    """Without a time the last thirty days are searched, and days are Rome's."""
    assert ids(full, query) == expected


def test_journal_entry_with_a_long_receipt_id_is_found_by_it(office: BackOffice):
    """A long id is stored as its hash."""
    name = "x" * 200
    with office.store.begin() as connection:
        write_entries(connection, [ENTRY._replace(id=8, receipt_id=receipt_key(name))])

    assert ids(office, f"receiptId={name}") == [8]
    assert office.get(f"{JOURNAL}?receiptId={name * 2}").status == 400


def test_journal_pages_lead_from_newest_to_oldest(full: BackOffice):
    """Each page but the last names the next one."""
    numbers, after = [], ""
    for _ in range(4):
        answer = full.get(f"{JOURNAL}?from=2026-01-01&limit=1{after}").body
        numbers += [int(each["id"][14:], 16) for each in answer["entries"]]
        after = f"&after={answer.get('next')}"

    assert numbers == [2, 1, 7, 5]
    assert after == "&after=None"


def test_journal_entry_of_another_organization_is_403_or_404(full: BackOffice):
    """The list holds the entries of the key's organization alone."""
    theirs = full.key(Role.READER, OTHER)
    entry = f"/organizations/{OTHER}/journal/{LATER[2].key.reference}"

    assert ids(full, path=f"/organizations/{OTHER}/journal", key=theirs) == [3]
    assert full.get(entry, key=theirs).status == 200
    assert full.get(entry).status == 403
    for other in (LATER[2], LATER[3]):
        refused = full.get(f"{JOURNAL}/{other.key.reference}")
        assert (refused.status, refused.title) == (404, "Not found the journal entry")
        assert full.get(f"/journal/{other.key.reference}").status == 403
    assert full.get("/journal").status == 403


def test_key_of_every_organization_reads_all_journal_entries(full: BackOffice):
    """It reads the entries that name no organization of ours too."""
    key_of_every_organization = full.key(Role.READER, keys.ALL_ORGANIZATIONS)

    assert ids(full, path="/journal", key=key_of_every_organization) == [4, 3, 2, 1, 7]
    assert ids(full, "outcome=Fault", path="/journal", key=key_of_every_organization) == [4]
    fault = full.get(f"/journal/{LATER[3].key.reference}", key=key_of_every_organization).body
    assert fault["httpStatus"] == 500
    assert "tipoEvento" not in fault
    assert "identificativoDominio" not in fault
    assert full.get(f"/journal/{'0' * 30}", key=key_of_every_organization).status == 404


def test_reader_sees_the_last_four_characters_of_identifiers(full: BackOffice):
    """Identifiers that lead to a debtor are masked, and the caller's address is absent."""
    reader = full.key(Role.READER, ORGANIZATION)
    one = f"{JOURNAL}/{LATER[1].key.reference}"
    for entry in (
        full.get(one, key=reader).body,
        full.get(f"{JOURNAL}?nav={nav(3)}", key=reader).body["entries"][0],
    ):
        assert entry["numeroAvviso"] == "*" * 14 + nav(3)[-4:]
        assert entry["identificativoUnivocoVersamento"] == "*" * 13 + nav(3)[-4:]
        assert entry["codiceContestoPagamento"] == "************ee00"
        assert "caller" not in entry
        assert nav(3)[1:-4] not in str(entry)
        assert (entry["faultCode"], entry["soapAction"]) == ("PAA_SEMANTICA", "paSendRT")

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
def test_invalid_journal_query_is_400(quick: BackOffice, query: str, error: tuple[str, str]):
    """An invalid filter is never ignored."""
    refused = quick.get(f"{JOURNAL}?{query}")

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert refused.errors == {error}


def test_last_possible_journal_reference_is_accepted(office: BackOffice):
    """Every database can search for the highest value of a reference."""
    furthest = "f" * 14 + "7" + "f" * 15

    assert office.get(f"{JOURNAL}/{furthest}").status == 404
    assert ids(office, f"after={furthest}") == [7]
