"""The pictures in the README are those of every kind, and small."""

import struct
from pathlib import Path

from gpd_soap.features.documents import wordings
from gpd_soap.features.documents.languages import Languages
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents import gallery
from tests.features.documents.samples import NOW, option, paper

README = Path(wordings.__file__).with_name("README.md")
KIB = 1024
#: LIMIT: cells of 5,394 that may differ, because of edges; another name changes more of them.
FEW = 10
#: LIMIT: of 15 steps of grey, by which an equal cell may differ.
CLOSE = 1


def test_readme_shows_a_picture_of_each_kind():
    """Each has the structure of the page that the command makes today, in 40 KiB at most."""
    text = README.read_text(encoding="utf-8")
    names = set()
    for name, pdf, page in gallery.documents():
        names.add(f"{name}.png")
        picture = (gallery.FOLDER / f"{name}.png").read_bytes()
        made = gallery.picture(pdf, page)
        assert struct.unpack(">II", picture[16:24]) == struct.unpack(">II", made[16:24])
        assert differing(picture, made) <= FEW, name
        assert len(picture) <= 40 * KIB
        assert f"pictures/{name}.png)" in text, name

    assert {path.name for path in gallery.FOLDER.iterdir()} == names


def differing(one: bytes, other: bytes) -> int:
    """Return in how many cells two pictures differ."""
    pairs = zip(gallery.structure(one), gallery.structure(other), strict=True)
    return sum(
        abs(a - b) > CLOSE for mine, theirs in pairs for a, b in zip(mine, theirs, strict=True)
    )


def test_picture_of_another_page_is_discovered():
    """A page without its slip, with another language, another name or one text less differs."""
    typesetter = Typesetter()
    printed = paper(option(1, slip=True))
    made = gallery.picture(typesetter.notice(printed, NOW), 0)
    for changed in (
        paper(option(1)),
        printed._replace(languages=Languages(alone="de")),
        printed._replace(office=""),
        printed._replace(person="Xyz"),
    ):
        other = gallery.picture(typesetter.notice(changed, NOW), 0)
        assert differing(made, other) > FEW
