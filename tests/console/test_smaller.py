"""Pictures of the console are small, and still show what was drawn."""

import struct
from pathlib import Path

from playwright.sync_api import Browser

from tests.console.smaller import make_smaller

FOLDER = Path(__file__).with_name("pictures")
#: LIMIT: bytes of a picture in the repository.
LARGEST = 150_000
PAGE = """<body style="margin: 0; background: linear-gradient(90deg, #0066cc, #fff)">
<p style="color: #a8182d; font: 40px sans-serif">Comune di Esempio</p></body>"""


def palette_of(png: bytes) -> set[bytes]:
    """Return the colours that a picture with a palette names."""
    start = png.index(b"PLTE")
    (length,) = struct.unpack_from(">I", png, start - 4)
    colours = png[start + 4 : start + 4 + length]
    return {colours[index : index + 3] for index in range(0, length, 3)}


def test_picture_keeps_its_frequent_colours_and_its_size(browser: Browser, tmp_path: Path):
    """It has at most 256 colours, and the browser draws it as large as it was."""
    path = tmp_path / "page.png"
    page = browser.new_page(viewport={"width": 400, "height": 300})
    page.set_content(PAGE)
    page.screenshot(path=path)
    before = path.stat().st_size
    make_smaller(path)
    colours = palette_of(path.read_bytes())
    encoded = path.read_bytes().hex()
    size = page.evaluate(
        """async hex => {
            const bytes = Uint8Array.from(hex.match(/../g), each => parseInt(each, 16));
            const drawn = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
            return [drawn.width, drawn.height];
        }""",
        encoded,
    )
    page.close()

    assert size == [400, 300]
    assert len(colours) <= 256
    assert bytes.fromhex("a8182d") in colours
    assert path.stat().st_size < before


def test_pictures_of_the_readme_are_small():
    """The repository does not grow by megabytes with each look of the console."""
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.png")}

    assert sizes
    assert max(sizes.values()) <= LARGEST, sizes
