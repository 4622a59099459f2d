"""The pictures in the README are those of every kind, and small."""

import struct
from pathlib import Path

from gpd_soap.features.documents import wordings
from tests.features.documents import gallery

README = Path(wordings.__file__).with_name("README.md")
KIB = 1024


def test_readme_shows_a_picture_of_each_kind():
    """Each is of the page that the command makes today, in 40 KiB at most."""
    text = README.read_text(encoding="utf-8")
    names = set()
    for name, pdf, page in gallery.documents():
        names.add(f"{name}.png")
        kept = (gallery.FOLDER / f"{name}.png").read_bytes()
        made = gallery.picture(pdf, page)
        assert struct.unpack(">II", kept[16:24]) == struct.unpack(">II", made[16:24])
        # WHY: pages that differ in their texts or parts differ in size; dots may differ anywhere.
        assert abs(len(kept) - len(made)) < len(made) / 10, name
        assert len(kept) <= 40 * KIB
        assert f"pictures/{name}.png)" in text, name

    assert {path.name for path in gallery.FOLDER.iterdir()} == names
