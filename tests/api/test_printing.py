"""What an organization prints about itself: changed in part, checked on entry, read back."""

from base64 import b64encode

import pytest

from gpd_soap.features.documents.languages import OFFERED
from gpd_soap.validation.logo import MAX_BYTES
from gpd_soap.validation.printing import PrintFields
from tests.api.office import ORGANIZATION, Admin
from tests.validation.pictures import SVG, jpeg, png, svg

PATH = f"/organizations/{ORGANIZATION}/printing"
EMPTY = {"site": False, "app": False, "language": "it"}


def coded(content: bytes) -> str:
    """Return a file as a body carries it."""
    return b64encode(content).decode()


def test_settings_are_changed_in_part_and_read_back(admin: Admin):
    """What is left out stays, null removes; a read can be sent back."""
    complete = {
        "info": "tel. 06 000000", "cbill": "A0EDT", "accountHolder": "Tesoreria di Esempio",
        "authorisation": "AUT. DB/0000/000 00000 DEL 01/01/2020", "site": True, "app": True,
        "language": "it+de", "logo": coded(SVG),
    }  # fmt: skip
    assert admin.get(PATH).body == EMPTY
    first = admin.put(PATH, {"cbill": "A0EDT"})
    assert (first.status, first.body) == (201, {**EMPTY, "cbill": "A0EDT"})
    assert admin.put(PATH, complete).body == complete
    changed = admin.put(PATH, {"cbill": None, "logo": coded(png()), "app": False})
    expected = {**complete, "logo": coded(png()), "app": False}
    del expected["cbill"]
    assert (changed.status, changed.body) == (200, expected)
    assert admin.put(PATH, admin.get(PATH).body).body == expected


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"logo": "no base64"}, ("logo", "base64")),
        ({"logo": coded(b"no picture")}, ("logo", "picture")),
        ({"logo": coded(svg("<script/>"))}, ("logo", "picture")),
        ({"logo": coded(jpeg()[:40])}, ("logo", "picture")),
        ({"logo": coded(SVG + MAX_BYTES * b" ")}, ("logo", "length")),
        ({"info": 101 * "x"}, ("info", "length")),
        ({"accountHolder": 51 * "x"}, ("accountHolder", "length")),
        ({"authorisation": 41 * "x"}, ("authorisation", "length")),
        ({"info": "a\u0000b"}, ("info", "characters")),
        ({"language": "it-la"}, ("language", "pattern")),
        ({"site": "yes"}, ("site", "type")),
        ({"colour": "red"}, ("colour", "unknown-field")),
    ],
)
def test_unprintable_setting_is_refused(
    admin: Admin, body: dict[str, object], error: tuple[str, str]
):
    """The field and its rule are named, and nothing is stored."""
    refused = admin.put(PATH, body)

    assert refused.status == 400
    assert {field for field, _ in refused.errors} == {error[0]}, refused.body
    assert admin.get(PATH).body == EMPTY


def test_languages_are_those_that_documents_offer():
    """The trunk's pattern and the feature's texts name the same languages."""
    for name in OFFERED:
        assert PrintFields(language=name).language == name
    assert len(OFFERED) == 13


def test_settings_end_with_their_organization(admin: Admin):
    """They do not keep it from being removed."""
    other = "/organizations/44444444444"
    assert admin.put(other, {"name": "Ente"}).status == 201
    assert admin.put(f"{other}/printing", {"cbill": "A0EDT"}).status == 201
    assert admin.delete(other).status == 204
    assert admin.get(f"{other}/printing").status == 404
    assert admin.put(other, {"name": "Ente"}).status == 201
    assert admin.get(f"{other}/printing").body == EMPTY
