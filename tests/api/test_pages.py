"""The pages of the admin face, and the headers by which a browser treats its answers."""

import re

import pytest

from gpd_soap import __version__
from gpd_soap.api.pages import DOCUMENT, NOTHING
from gpd_soap.store.access.keys import Role
from gpd_soap.wsgi.http import LIVE, READY
from tests.api.office import BackOffice

DOCUMENT_PAGES = ["/docs", "/swagger", "/oauth2-redirect.html"]
PUBLIC = ["/", "/openapi.json", "/asyncapi.json", "/info", "/v2/info",
          "/swagger/js/swagger-ui-bundle.js"]  # fmt: skip
PRIVATE = [LIVE, READY, "/metrics", "/organizations", "/organizations/77777777777/debtpositions",
           "/keys", "/audit", "/nowhere"]  # fmt: skip


@pytest.mark.parametrize("path", [*DOCUMENT_PAGES, *PUBLIC, *PRIVATE])
def test_answer_says_how_a_browser_treats_it(quick: BackOffice, path: str) -> None:
    """No page may frame it, and only the pages of the document may load something."""
    answers = [quick.get(path, key=key) for key in ("", quick.key(Role.ADMIN))]

    for each in answers:
        assert each.headers["X-Content-Type-Options"] == "nosniff"
        assert each.headers["X-Frame-Options"] == "DENY"
        assert each.headers["Referrer-Policy"] == "no-referrer"
        policy = DOCUMENT if path in DOCUMENT_PAGES else NOTHING
        assert each.headers["Content-Security-Policy"] == policy
        assert "frame-ancestors 'none'" in policy
        if path in PRIVATE:
            assert each.headers["Cache-Control"] == "no-store"


def test_page_of_the_document_loads_what_its_policy_allows(quick: BackOffice) -> None:
    """Its scripts and styles are its own or inside it, and no script is evaluated from text."""
    shown = quick.get("/docs", key="").body
    text = shown if isinstance(shown, str) else shown.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', text)

    assert sources
    assert all(not re.match(r"[a-z]+:|//", each) for each in sources)
    for each in sources:
        assert quick.get(f"/{each}", key="").status == 200


def test_root_leads_to_what_the_face_has(quick: BackOffice) -> None:
    """No key is needed, and no data is shown."""
    shown = quick.get("/", key="")
    text = shown.body if isinstance(shown.body, str) else shown.body.decode()
    links = re.findall(r'href="([^"]+)"', text)

    assert shown.status == 200
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert __version__ in text
    assert links == ["/docs", "/openapi.json", "/asyncapi.json", READY]
    assert [quick.get(each, key="").status for each in links] == [200, 200, 200, 200]
