"""What the console takes from others: the bytes that were examined, small, and from no host."""

import gzip
import json
import re
from collections.abc import Callable
from hashlib import sha256

from gpd_soap.console.assets import FOR_EVER, STATIC, assets, by_address
from tests.console.assets.build import FILES, HERE, LOCK
from tests.console.browsing import Tab
from tests.console.harness import Console

#: LIMIT: bytes and requests of the first page; bytes of the script.
MOST_BYTES, MOST_REQUESTS, MOST_SCRIPT = 150_000, 12, 3_000
OWN = {"console.css", "console.js", "passkeys.js", "crest.svg"}


def test_file_is_the_one_of_the_lock():
    """In any clone, each file has the digest that was written when it was made."""
    lock = json.loads((STATIC / LOCK).read_text())

    assert lock.keys() == FILES.keys()
    assert {p.name for p in STATIC.iterdir()} == FILES.keys() | OWN | {LOCK}
    for name, row in lock.items():
        assert sha256((STATIC / name).read_bytes()).hexdigest() == row["sha256"], name
        assert row["integrity"].startswith("sha512-")


def test_nothing_names_another_host():
    """Neither the lock of npm nor a style sheet nor our script loads anything from elsewhere."""
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]

    assert [name for name, row in packages.items() if "resolved" in row] == []
    assert all("integrity" in row for name, row in packages.items() if name)
    for name in ("base.css", "console.css", "console.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", text) == [], name


def test_script_is_small():
    """Pages work without it, and with it at once."""
    assert len((STATIC / "console.js").read_bytes()) < MOST_SCRIPT


def test_asset_is_kept_for_ever_and_compressed(console: Console):
    """Its address names its bytes, and a style sheet names those of the fonts."""
    client, sheet = console.client(), assets()["console.css"]
    plain = client.get(f"/console/static/{sheet.address}")
    packed = client.get(f"/console/static/{sheet.address}", headers={"Accept-Encoding": "gzip"})

    assert (plain.status_code, plain.headers["Cache-Control"]) == (200, FOR_EVER)
    assert sha256(plain.data).hexdigest().startswith(sheet.address.split(".")[1])
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    named = set(re.findall(r'url\("([^"]+)"\)', plain.text))
    assert named
    assert named <= by_address().keys()
    assert client.get("/console/static/console.css").status_code == 404
    assert client.get("/console/static/..%2fapp.py").status_code == 404


def test_first_page_is_small(open_tab: Callable[..., Tab]):
    """A browser that has nothing yet loads little, in few requests, all from us."""
    shown = open_tab()
    sizes: dict[str, int] = {}
    shown.page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}))
    shown.open("/console/sign-in")
    shown.page.wait_for_load_state("networkidle")

    assert 0 < sum(sizes.values()) <= MOST_BYTES, sizes
    assert len(sizes) <= MOST_REQUESTS
    assert [url for url in sizes if not url.startswith(shown.origin)] == []
