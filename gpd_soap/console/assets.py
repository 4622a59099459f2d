"""The style sheets, scripts and fonts of the console, each at an address that names its bytes.

Such an address never changes its content, so that browsers keep it.  WHY: gunicorn does not
compress, so texts are compressed here, once for a process; pages are left to the proxy.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).parent / "static"
#: What a browser loads; licences and digests stand beside it.
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
#: LIMIT: digits of a digest in an address: 48 bits, so that two of our files never have one.
DIGITS = 12
#: LIMIT: a year; the address of an asset names its bytes.
FOR_EVER = "public, max-age=31536000, immutable"
_URL = re.compile(r'url\("([\w.-]+)"\)', re.ASCII)


class Asset(NamedTuple):
    """A file as it is sent; `compressed` is empty where that would save nothing."""

    address: str
    kind: str
    content: bytes
    compressed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Return the assets by the name of their file."""
    made: dict[str, Asset] = {}
    # WHY: a style sheet names fonts by their address, so that fonts come first.
    for path in sorted(STATIC.iterdir(), key=lambda each: (each.suffix == ".css", each.name)):
        if path.suffix not in KINDS:
            continue
        content = path.read_bytes()
        if path.suffix == ".css":
            content = _URL.sub(
                lambda match: f'url("{made[match[1]].address}")', content.decode()
            ).encode()
        digest = hashlib.sha256(content).hexdigest()[:DIGITS]
        compressed = b"" if path.suffix == ".woff2" else gzip.compress(content, 9, mtime=0)
        address = f"{path.stem}.{digest}{path.suffix}"
        made[path.name] = Asset(address, KINDS[path.suffix], content, compressed)
    return made


@cache
def by_address() -> dict[str, Asset]:
    """Return the assets by their address, relative to their folder."""
    return {each.address: each for each in assets().values()}
