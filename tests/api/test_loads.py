"""Loads over the API: a file is sent, tried, mended, stored and taken back."""

import io
from datetime import timedelta
from typing import Any, BinaryIO

import pytest

from gpd_soap.store.access.keys import Role
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads import workbook
from gpd_soap.usecases.loads.work import kinds
from tests.api.office import ALL, ORGANIZATION, Admin, Answer, BackOffice
from tests.api.operations import APART, LOAD
from tests.usecases.loads.files import IBAN, as_csv, as_workbook, line
from tests.usecases.loads.harness import rows_of
from tests.validation.bodies import OTHER

LOADS = f"/organizations/{ORGANIZATION}/loads"
WRONG = "0123456789"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def work(office: BackOffice) -> None:
    """Do the jobs that are due."""
    Worker(office.store, kinds(), office.clock, lambda: 0.5).once()


def send(office: BackOffice, file: BinaryIO, kind: str = CSV, **more: Any) -> Answer:
    """Send a file."""
    path = more.pop("path", f"{LOADS}?name=tari.csv")
    return office.request("POST", path, data=file.read(), content_type=kind, **more)


def tried(office: BackOffice, file: BinaryIO, kind: str = CSV) -> Any:
    """Return a load after its trial."""
    sent = send(office, file, kind)
    assert sent.status == 201, sent.body
    work(office)
    return read(office, sent.body)


def read(office: BackOffice, load: Any) -> Any:
    """Return a load as it is now."""
    answer = office.get(f"{LOADS}/{load['id']}")
    assert answer.status == 200, answer.body
    return answer.body


def act(office: BackOffice, load: Any, name: str, content: object = None) -> Answer:
    """Do something with a load, and what follows."""
    answer = office.post(f"{LOADS}/{load['id']}/{name}", content)
    work(office)
    return answer


def stored(office: BackOffice, file: BinaryIO) -> Any:
    """Return a load whose positions were stored."""
    load = tried(office, file)
    assert act(office, load, "load", {"reading": load["reading"]["digest"]}).status == 200
    return read(office, load)


def iupds(office: BackOffice) -> list[str]:
    """Return the IUPDs that are stored, in order."""
    positions = office.get(f"{ALL}?limit=50").body["payment_position_list"]
    return sorted(each["iupd"] for each in positions)


def two_of_three() -> BinaryIO:
    """Return a file of three positions, of which the second is refused."""
    return as_csv([line(1), line(2, codice_fiscale=WRONG), line(3)])


def test_file_is_sent_tried_stored_and_taken_back(office: BackOffice):
    """The trial stores nothing; the load has the outcome of each position."""
    sent = send(office, two_of_three())
    assert sent.headers["Location"] == f"{LOADS}/{sent.body['id']}"
    assert (sent.body["state"], sent.body["name"], sent.body["actorKind"]) == (
        "trial", "tari.csv", "key",
    )  # fmt: skip
    work(office)
    load = read(office, sent.body)
    assert (load["state"], load["ready"], load["refused"]) == ("trialled", 2, 1)
    assert (load["readyCents"], load["refusedCents"]) == (25700, 12850)
    assert load["rules"] == [
        {"field": "fiscalCode", "rule": "code-length", "lines": 1, "isWarning": False}
    ]
    assert iupds(office) == []

    assert act(office, load, "load", {"reading": load["reading"]["digest"]}).status == 200
    assert read(office, load)["state"] == "loaded"
    assert iupds(office) == ["TARI-000001", "TARI-000003"]
    lines = office.get(f"{LOADS}/{load['id']}/lines").body["lines"]
    assert [(each["line"], each["outcome"], each.get("iupd")) for each in lines] == [
        (2, "loaded", "TARI-000001"),
        (3, "refused", None),
        (4, "loaded", "TARI-000003"),
    ]

    assert act(office, load, "undo", {"way": "delete"}).body["state"] == "undoing"
    undone = read(office, load)
    assert (undone["state"], undone["takenBack"]) == ("undone", {"deleted": 2})
    assert iupds(office) == []


def test_refused_rows_are_mended_and_sent_again(office: BackOffice):
    """They have the form of the file, and say what is wrong; the other rows are there already."""
    load = stored(office, two_of_three())
    rows = office.get(f"{LOADS}/{load['id']}/rows")

    assert rows.headers["Content-Type"] == "text/csv; charset=windows-1252"
    [header, row] = rows_of(rows.body)
    assert header[-2:] == ["perché", "ci si aspetta"]
    assert row[-2:] == ["fiscalCode: code-length", "16 characters, or 11 digits for a company"]

    mended = rows.body.replace(WRONG.encode(), b"RSSMRA00A01A000K")
    assert stored(office, io.BytesIO(mended))["ready"] == 1
    assert iupds(office) == ["TARI-000001", "TARI-000002", "TARI-000003"]


def test_workbook_is_loaded_and_its_rows_come_back_as_one(office: BackOffice):
    """The kind of the file is known by its bytes."""
    load = tried(office, as_workbook([line(1), line(2, codice_fiscale=WRONG)]), XLSX)
    rows = office.get(f"{LOADS}/{load['id']}/rows")

    assert (load["reading"]["kind"], load["refused"]) == ("xlsx", 1)
    assert (rows.headers["Content-Type"], rows.body[:2]) == (XLSX, b"PK")


@pytest.mark.parametrize("query", ["refused=true", ""])
def test_lines_are_read_page_by_page(office: BackOffice, query: str):
    """Each comes once, in the order of the file, and none has a value of it."""
    wrong = [line(n, importo="x", scadenza=WRONG) for n in range(1, 8)]
    load = stored(office, as_csv([*wrong, line(8)]))
    path = f"{LOADS}/{load['id']}/lines?limit=3&{query}"
    page = office.get(path).body
    lines, pages = page["lines"], 1
    while "next_cursor" in page:
        page = office.get(f"{path}&cursor={page['next_cursor']}").body
        lines, pages = lines + page["lines"], pages + 1

    expected = sorted([*range(2, 9)] * 2) if query else [*range(2, 10)]
    assert [each["line"] for each in lines] == expected
    assert (pages, len({str(each) for each in lines})) == (-(-len(lines) // 3), len(lines))
    assert WRONG not in str(lines)


def test_warnings_are_lines_of_their_own(office: BackOffice):
    """A page has the refusals or the warnings, and never both."""
    load = tried(office, two_of_three())
    path = f"{LOADS}/{load['id']}/lines"

    assert office.get(f"{path}?warnings=true").body["lines"] == []
    assert office.get(f"{path}?warnings=true&refused=true").errors == {("", "exclusive")}
    assert office.get(f"{path}?cursor=WzEsMl0x").errors == {("cursor", "cursor")}


def test_loads_are_listed_the_newest_first(office: BackOffice):
    """The cursor of a page gives the next one."""
    sent = []
    for serial in range(3):
        sent.append(tried(office, as_csv([line(serial)]))["id"])
        office.clock.now += timedelta(hours=1)
    first = office.get(f"{LOADS}?limit=2").body
    second = office.get(f"{LOADS}?limit=2&cursor={first['next_cursor']}").body

    assert [each["id"] for each in first["loads"] + second["loads"]] == sent[::-1]
    assert "next_cursor" not in second


def test_file_that_does_not_say_its_unit_waits_for_an_answer(office: BackOffice):
    """The answer begins the trial; a value for all rows is taken away by null."""
    without = [each[:-1] for each in (line(1, importo="1250"),)]
    sent = send(office, as_csv(without, header=("posizione", "codice_fiscale", "nominativo",
        "importo", "causale", "scadenza", "tassonomia")))  # fmt: skip
    assert sent.body["state"] == "received"
    assert sent.body["reading"]["missing"] == ["iban"]
    assert "amounts" not in sent.body["reading"]

    half = act(office, sent.body, "answer", {"amounts": "cents"}).body
    assert (half["state"], half["reading"]["amounts"]) == ("received", "cents")
    assert act(office, sent.body, "answer", {"iban": IBAN, "toPublish": False}).status == 200
    load = read(office, sent.body)
    assert (load["state"], load["readyCents"]) == ("trialled", 1250)
    assert load["reading"]["values"]["toPublish"] == "false"
    assert act(office, load, "answer", {"iban": None}).body["state"] == "received"


def test_load_by_another_reading_than_the_trials_is_refused(office: BackOffice):
    """What a person has seen is what is stored."""
    load = tried(office, two_of_three())
    answer = act(office, load, "load", {"reading": "0123456789abcdef"})

    assert (answer.status, answer.title) == (409, "The reading has changed")
    assert iupds(office) == []


def test_second_load_at_once_and_a_wrong_state_are_409(office: BackOffice):
    """A load that was thrown away has no rows any more."""
    first = send(office, two_of_three()).body
    second = send(office, two_of_three())
    assert (second.status, second.title) == (409, "Another load is running")
    assert office.post(f"{LOADS}/{first['id']}/resume").status == 409

    assert act(office, first, "cancel").body["state"] == "cancelled"
    for name, content in (("undo", {"way": "delete"}), ("cancel", None)):
        assert act(office, first, name, content).title == "The load is in another state"
    gone = office.get(f"{LOADS}/{first['id']}/rows")
    assert (gone.status, gone.title) == (410, "The file is gone")


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"%PDF-1.7", "pdf"), (b"", "empty"), (b"{}", "json"), (b"a;b\r\n1;2\r\n", "no-header")],
)
def test_file_of_another_kind_is_refused_with_what_is_expected(
    office: BackOffice, content: bytes, rule: str
):
    """Its bytes say what it is, whatever it is sent as."""
    refused = send(office, io.BytesIO(content))

    assert (refused.status, refused.title) == (400, "The file cannot be loaded")
    assert refused.errors == {("file", rule)}


def test_request_that_is_no_file_is_refused(office: BackOffice):
    """Its type, its size, its organization or an unknown query refuses it."""
    assert office.post(LOADS, {"positions": []}).status == 415
    form = {"file": (io.BytesIO(b"x"), "x.csv")}
    assert office.request("POST", LOADS, data=form).status == 415
    assert send(office, io.BytesIO(b"x" * ((16 << 20) + 1))).status == 413
    assert send(office, two_of_three(), path=f"{LOADS}?nome=x").status == 400
    nobody = Admin(office.store)
    unknown = send(nobody, two_of_three(), path="/organizations/11111111111/loads")
    assert (unknown.status, unknown.title) == (404, "Not found the organization")


def test_file_sent_again_by_its_name_is_one_load(office: BackOffice):
    """The second answer is the first one's."""
    name = {"Idempotency-Key": "tari-2026"}
    first, second = (send(office, two_of_three(), headers=name) for _ in range(2))

    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.body == second.body
    assert len(office.get(LOADS).body["loads"]) == 1


def test_rights_of_the_operations(office: BackOffice):
    """A reader reads; another organization's key learns nothing, whether there is a load or not."""
    load = tried(office, two_of_three())
    reader, stranger = office.key(Role.READER, ORGANIZATION), office.key(Role.ADMIN, OTHER)
    ours = [each for each in APART if "/loads" in each.path]
    real = [(each, each.path.replace(LOAD.rpartition("/")[2], load["id"])) for each in ours]

    def status(operation: Any, path: str, key: str) -> int:
        return office.request(operation.method, path, operation.content, key).status

    assert len(ours) == 10
    for each, path in real:
        assert status(each, path, stranger) == status(each, each.path, stranger) == 403
        assert status(each, path, reader) == (200 if each.method == "GET" else 403)
    for each in ours:
        if "/load_" in each.path:
            assert status(each, each.path, office.writer) == 404


def test_reading_of_rows_and_each_change_are_in_the_audit(office: BackOffice):
    """Both name the load."""
    load = tried(office, two_of_three())
    assert office.get(f"{LOADS}/{load['id']}/rows").status == 200
    assert office.post(f"{LOADS}/{load['id']}/cancel").status == 200
    office.store.access_trail.flush()
    path = f"/organizations/{ORGANIZATION}/audit?kind=all"
    rows = Admin(office.store).get(path).body["changes"]

    seen = {(each["method"], each["path"].rpartition("/")[2]): each["resource"] for each in rows}
    assert {("POST", "loads"), ("GET", "rows"), ("POST", "cancel")} <= set(seen)
    assert set(seen.values()) == {load["id"]}


def test_workbook_without_its_library_is_501(office: BackOffice, monkeypatch: pytest.MonkeyPatch):
    """A CSV file is still accepted."""
    monkeypatch.setattr(workbook, "find_spec", lambda _: None)
    refused = send(office, as_workbook([line(1)]), XLSX)

    assert (refused.status, "send CSV" in refused.body["detail"]) == (501, True)
    assert send(office, two_of_three()).status == 201
