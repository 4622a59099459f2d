"""Notices as PDF over the API: archived, audited, and refused with the reason a person needs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpd_soap.features.documents.notice import Reason
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.store.access.keys import Role
from tests.api.office import ONE, ORGANIZATION, Admin, Answer, BackOffice, installments
from tests.validation.bodies import OTHER, STAMP, body, nav, option, transfer

US = f"/organizations/{ORGANIZATION}"
NOTICE = f"{US}/notices/{nav(1)}.pdf"
DOCUMENTS = f"{US}/documents"


def published(office: BackOffice, content: object = None) -> Answer:
    """Create a published position."""
    return office.create(content or body(), "?toPublish=true")


def test_notice_is_a_pdf_that_is_in_the_archive(office: BackOffice):
    """The same notice gives the same bytes, and its ETag is its id."""
    published(office)
    first, second = office.get(NOTICE), office.get(NOTICE)
    etag = first.headers["ETag"].strip('"')

    assert (first.status, first.headers["Content-Type"]) == (200, "application/pdf")
    assert read_pages(first.body)[0].codes == (
        ("QR code", f"PAGOPA|002|{nav(1)}|{ORGANIZATION}|1000"),
    )
    assert second.body == first.body
    assert first.headers["Content-Disposition"] == f'inline; filename="avviso-{nav(1)}.pdf"'
    assert first.headers["Cache-Control"] == "no-store"

    [listed] = office.get(DOCUMENTS).body["documents"]
    assert (listed["id"], listed["state"], listed["navs"]) == (etag, "current", [nav(1)])
    assert office.get(f"{DOCUMENTS}/{etag}").body == listed
    assert office.get(f"{DOCUMENTS}/{etag}/pdf").body == first.body
    assert office.get(f"{DOCUMENTS}?nav={nav(2)}").body["page_info"]["items_found"] == 0


def test_etag_that_the_caller_has_is_304_and_no_print(office: BackOffice):
    """Nothing is made, and nothing is written; after a change the document is another."""
    published(office)
    etag = office.get(NOTICE).headers["ETag"]
    unchanged = office.get(NOTICE, headers={"If-None-Match": etag})
    document = f"{DOCUMENTS}/{etag.strip(chr(34))}/pdf"
    archived = office.get(document, headers={"If-None-Match": etag})
    prints = events(office)
    office.put(ONE, body(option(1, transfer(amount=2000))))
    changed = office.get(NOTICE, headers={"If-None-Match": etag})

    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", etag)
    assert (archived.status, archived.body) == (304, b"")
    assert len(prints) == 1
    assert (changed.status, changed.headers["ETag"] != etag) == (200, True)
    assert office.get(NOTICE, headers={"If-None-Match": "*"}).status == 200
    old, new = sorted(office.get(DOCUMENTS).body["documents"], key=lambda each: each["state"])[::-1]
    assert (old["state"], old["supersededBy"]) == ("superseded", new["id"])
    assert office.get(document).status == 200


def events(office: BackOffice) -> list[Any]:
    """Return the prints in the history of the position."""
    history = office.get(f"{ONE}/history?limit=50").body["events"]
    return [each for each in history if each["type"] == "notice.printed"]


def test_every_way_to_pay_is_one_pdf(office: BackOffice):
    """A paid installment is left out."""
    published(office, installments(1, 2, 3))
    all_notices = office.get(f"{ONE}/notices.pdf")
    one = office.get(f"{US}/notices/{nav(2)}.pdf")
    [printed, _] = events(office)

    assert all_notices.status == one.status == 200
    codes = {text.split("|")[2] for page in read_pages(all_notices.body) for _, text in page.codes}
    assert codes == {nav(1), nav(2), nav(3)}
    assert (printed["actorKind"], printed.get("nav")) == ("key", None)
    office.pay(2)
    rest = office.get(f"{ONE}/notices.pdf")
    codes = {text.split("|")[2] for page in read_pages(rest.body) for _, text in page.codes}
    assert codes == {nav(3)}


REFUSED: list[tuple[Reason, Callable[[BackOffice], object]]] = [
    (Reason.DRAFT, lambda office: office.create()),
    (Reason.PAID, lambda office: (published(office), office.pay())),
    (Reason.WITHDRAWN, lambda office: (published(office), office.post(f"{ONE}/invalidate"))),
    (
        Reason.STAMP,
        lambda office: published(office, body(option(1, transfer(iban=None, stamp=STAMP)))),
    ),
]


@pytest.mark.parametrize(("reason", "prepare"), REFUSED, ids=[each[0].name for each in REFUSED])
def test_notice_that_is_not_printed_is_409_with_its_reason(
    quick: BackOffice, reason: Reason, prepare: Callable[[BackOffice], object]
):
    """The detail is the sentence for the person who asks."""
    prepare(quick)
    for path in (NOTICE, f"{ONE}/notices.pdf"):
        refused = quick.get(path)
        assert (refused.status, refused.title) == (409, "The notice cannot be printed")
        assert refused.body["detail"] == reason

    assert quick.get(DOCUMENTS).body["documents"] == []


def test_unknown_notice_position_and_document_are_404(quick: BackOffice):
    """One of another organization is 404 too."""
    published(quick)
    etag = quick.get(NOTICE).headers["ETag"].strip('"')
    stranger = quick.key(Role.READER, OTHER)
    theirs = f"/organizations/{OTHER}"

    assert quick.get(f"{US}/notices/{nav(9)}.pdf").status == 404
    assert quick.get(f"{US}/debtpositions/NESSUNA/notices.pdf").status == 404
    assert quick.get(f"{DOCUMENTS}/{64 * 'f'}").title == "Not found the document"
    assert quick.get(f"{DOCUMENTS}/{64 * 'f'}/pdf").status == 404
    for path in (f"notices/{nav(1)}.pdf", f"documents/{etag}", f"documents/{etag}/pdf"):
        assert quick.get(f"{theirs}/{path}", key=stranger).status == 404, path
        assert quick.get(f"{US}/{path}", key=stranger).status == 403, path
    assert quick.get(NOTICE, key=quick.key(Role.READER, ORGANIZATION)).status == 200


@pytest.mark.parametrize(
    "path", ["notices/123.pdf", f"notices/{nav(1)}.pdf?lang=la", "documents/a"]
)
def test_malformed_request_is_400(quick: BackOffice, path: str):
    """A language whose prescribed texts are not here is not offered."""
    assert quick.get(f"{US}/{path}").status == 400


def test_field_that_paper_shortens_is_named_without_its_text(quick: BackOffice):
    """A client tells a person which field to look at."""
    published(quick, body(option(1, description="Tributo comunale " * 8)))
    answer = quick.get(NOTICE)

    assert answer.headers["Gpd-Changed-Fields"] == "subject"


def test_print_and_download_are_audited_as_readings(admin: Admin):
    """The list of documents has no person's data."""
    published(admin)
    etag = admin.get(NOTICE).headers["ETag"].strip('"')
    admin.get(f"{ONE}/notices.pdf")
    admin.get(f"{DOCUMENTS}/{etag}/pdf")
    admin.get(DOCUMENTS)
    assert admin.store.access_trail.flush(20)
    rows = admin.get("/audit?kind=read&limit=50").body["changes"]

    assert {
        (row["path"], row.get("nav"), row.get("iupd"), row.get("resource")) for row in rows
    } == {
        ("/organizations/{organizationfiscalcode}/notices/{nav}.pdf", nav(1), None, None),
        (
            "/organizations/{organizationfiscalcode}/debtpositions/{iupd}/notices.pdf",
            None,
            "POSIZIONE-1",
            None,
        ),
        ("/organizations/{organizationfiscalcode}/documents/{id}/pdf", None, "POSIZIONE-1", etag),
    }


def test_installation_without_the_libraries_is_501(
    quick: BackOffice, monkeypatch: pytest.MonkeyPatch
):
    """The rest of the API serves."""
    for name in [name for name in sys.modules if name.startswith("gpd_soap.features.documents")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typst", None)
    face = BackOffice(quick.store, quick.clock)
    published(face)

    refused = face.get(NOTICE)
    assert (refused.status, refused.title) == (501, "Not Implemented")
    assert face.get(ONE).status == 200


def test_notice_is_on_the_paths_of_govpay(office: BackOffice):
    """Its client needs another address and key; the documents are those of our own paths."""
    published(office, installments(1, 2, 3))
    pdf = {"Accept": "application/pdf"}
    one = f"/avvisi/{ORGANIZATION}/{nav(2)}"
    all_ways = f"/documenti/{ORGANIZATION}/POSIZIONE-1/avvisi"

    assert office.get(one, headers=pdf).body == office.get(f"{US}/notices/{nav(2)}.pdf").body
    assert office.get(all_ways).body == office.get(f"{ONE}/notices.pdf").body
    german = office.get(f"{one}?linguaSecondaria=de")
    assert german.body == office.get(f"{US}/notices/{nav(2)}.pdf?lang=it-de").body
    assert office.get(f"{one}?linguaSecondaria=false").status == 200
    assert office.get(f"{one}?linguaSecondaria=it").status == 400
    refused = office.get(one, headers={"Accept": "application/json"})
    assert (refused.status, refused.title) == (406, "Not Acceptable")
    assert office.get(f"/avvisi/{ORGANIZATION}/{nav(9)}").status == 404
    stranger = office.key(Role.READER, OTHER)
    assert office.get(one, key=stranger).status == office.get(all_ways, key=stranger).status == 403


PROGRAM = """
import sys
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.wiring import faces
from gpd_soap.wsgi.refused_callers import RefusedCallers
made = faces(Settings(), Store("sqlite:///x.db"), sys.argv[1], Metrics(), RefusedCallers())
names = ("typst", "segno", "ppf", "zxingcpp", "pypdfium2", "fontpkg", "obstore")
print([n for n in sys.modules if n.split(".")[0].startswith(names) or "features.documents" in n])
"""


@pytest.mark.parametrize("face", ["node", "admin"])
def test_face_that_has_not_printed_has_no_library_of_documents(face: str, tmp_path: Path):
    """The node process never has one; the admin process imports them at the first document."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, face], capture_output=True, text=True, check=True,
        timeout=180, cwd=tmp_path,
    )  # fmt: skip

    assert ended.stdout.strip() == "[]", ended.stderr
