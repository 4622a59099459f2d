"""Who reads folders and documents: keys of organizations, links that end, and the audit."""

from datetime import timedelta

from sqlalchemy import update

from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from tests.api.office import NOW, ORGANIZATION, Admin, BackOffice
from tests.api.print_service.client import BASE, SINGLE, follow, generate, item, many, work
from tests.validation.bodies import OTHER, changed, nav


def test_key_of_another_organization_reads_and_prints_nothing(quick: BackOffice):
    """The answers say nothing of what is there."""
    quick.create(query="?toPublish=true")
    folder = f"{BASE}/folder/{many(quick, item()).body['folder_id']}"
    stranger, reader = quick.key(Role.WRITER, OTHER), quick.key(Role.READER, ORGANIZATION)

    for refused in (generate(quick, key=stranger), many(quick, item(), key=stranger)):
        assert (refused.status, refused.title) == (403, "Not allowed for notice ci tax code")
    for method, path in (
        *(("GET", f"{folder}/{name}") for name in ("status", "url", "error/1", "file/1/url")),
        ("DELETE", folder),
    ):
        refused = quick.request(method, path, key=stranger)
        assert (refused.status, refused.title) == (404, "Folder Not Available"), path
    assert quick.get(f"{folder}/status", key=reader).status == 200
    assert generate(quick, key=reader).status == 403
    assert quick.request("DELETE", folder, key=reader).status == 403


def test_folder_is_of_one_organization_that_is_registered(admin: Admin):
    """A key of every organization, too, sends one request for each."""
    everywhere = admin.key(Role.WRITER, keys.ALL_ORGANIZATIONS)
    theirs = changed(item(), "data.creditorInstitution.taxCode", OTHER)
    nobodys = changed(item(), "data.creditorInstitution.taxCode", "00000000000")
    mixed = many(admin, item(), theirs, key=everywhere)
    unknown = generate(admin, nobodys, key=everywhere)

    assert (mixed.status, mixed.title) == (400, "Bad Request")
    assert (unknown.status, unknown.title) == (404, "Institution Not Found")


def test_link_is_good_for_five_minutes_as_long_as_its_key_is(office: BackOffice):
    """A changed one is 401, like a wrong key."""
    office.create(query="?toPublish=true")
    folder = many(office, item()).body["folder_id"]
    work(office)
    key = office.key(Role.READER, ORGANIZATION)
    answer = office.get(f"{BASE}/folder/{folder}/url", key=key)
    link = answer.body["signedUrl"].removeprefix("http://localhost")
    assert office.get(link, key="").status == 200
    assert office.get(link, key="").headers["Cache-Control"] == "no-store"

    path, _, query = link.partition("?")
    file = f"pagopa-avviso-{ORGANIZATION}-{nav(1)}-{SINGLE}.pdf"
    for wrong in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=9"),
        f"{path.rpartition('/')[0]}/{file}?{query}",
        path,
        f"{path}?key=000000000000&expires=9999999999&signature=x",
        f"{link}&again=1",
    ):
        assert office.get(wrong, key="").status == 401, wrong
    office.clock.now = NOW + timedelta(minutes=5)
    assert office.get(link, key="").status == 401
    office.clock.now = NOW
    with office.store.begin() as connection:
        revoked = tables.api_key.c.digest == keys.digest(key)
        connection.execute(update(tables.api_key).where(revoked).values(revoked_at=NOW))
    assert office.get(link, key="").status == 401


def test_download_by_a_link_is_in_the_audit_of_its_organization(admin: Admin):
    """The audit has a row of the download, and one of what was printed, with the notice."""
    admin.create(query="?toPublish=true")
    generate(admin)
    folder = many(admin, item()).body["folder_id"]
    work(admin)
    follow(admin, admin.get(f"{BASE}/folder/{folder}/url"))
    assert admin.store.access_trail.flush(20)
    path = f"/organizations/{ORGANIZATION}/audit"
    [read] = admin.get(f"{path}?kind=read").body["changes"]
    printed = [each for each in admin.get(path).body["changes"] if "generate" in each["path"]]

    assert (read["path"].endswith("/signed/{folder_id}/{file_id}"), read["resource"]) == (
        True,
        folder.partition("-")[2],
    )
    assert {each["path"].rpartition("/")[2]: each.get("nav") for each in printed} == {
        "generate": nav(1),
        "generate-massive": None,
    }
