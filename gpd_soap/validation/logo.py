"""Reads the logo of an organization, and refuses what is no picture or could do harm.

Source: L'avviso di pagamento 3.5.1 (pagoPA): a logo is vector (SVG), or PNG or JPEG at 300 dots an
inch, on 30 mm.  Portable Network Graphics, third edition (W3C); ITU-T T.81 (JPEG).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from struct import Struct
from typing import Any, NamedTuple

from gpd_soap.contract.parsing import parse

#: LIMIT: bytes of a logo, because it is in every document.
MAX_BYTES = 64 << 10
#: LIMIT: dots on a side; 30 mm have 354 at 300 dots an inch.
MAX_SIDE = 2000
#: LIMIT: elements of an SVG document, so that a hostile one costs little time.
MAX_ELEMENTS = 2000
#: LIMIT: width to height, and height to width; a longer one would be a line.
MAX_RATIO = 10

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
SVG = "http://www.w3.org/2000/svg"
#: What may be drawn.  Scripts, styles, texts, pictures, links and what repeats others are missing.
ELEMENTS = frozenset(
    f"{{{SVG}}}{name}"
    for name in (
        "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath",
    )
)  # fmt: skip
#: Size and name of a chunk of PNG, its check, and its header: width, height, depth, colour type,
#: compression, filter, interlacing.
_PNG_CHUNK, _PNG_CHECK, _PNG_HEADER = Struct(">I4s"), Struct(">I"), Struct(">IIBBBBB")
#: Channels of the colour types of PNG; bits of each.
_CHANNELS, _DEPTHS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}, {1, 2, 4, 8, 16}
#: A segment of JPEG: sign, marker, size.  A frame: bits, height, width, channels.
_JPEG_HEAD, _JPEG_FRAME = Struct(">BBH"), Struct(">BHHB")
#: Four channels are ink colours, and not of a screen.
_JPEG_DEPTH, _JPEG_CHANNELS = 8, (1, 3)
#: Markers of JPEG that begin a frame that every reader knows; those that stand alone.
_MARKER, _FRAMES, _ALONE = 0xFF, {0xC0, 0xC1, 0xC2}, {0x01, *range(0xD0, 0xD8)}
_SCAN = 0xDA
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,6})?"
_BOX = re.compile(
    rf"-?{_NUMBER}[ ,]+-?{_NUMBER}[ ,]+(?P<width>{_NUMBER})[ ,]+(?P<height>{_NUMBER})"
)
_UNIT = r"(?:px|mm|pt)?"
_LENGTHS = re.compile(rf"(?P<width>{_NUMBER}){_UNIT} (?P<height>{_NUMBER}){_UNIT}")
_OUTSIDE = re.compile(
    r"url\(\s*['\"]?(?!#)|javascript:|data:|@import|expression\(", re.IGNORECASE | re.ASCII
)


class Format(StrEnum):
    """The format of a logo."""

    SVG = "svg"
    PNG = "png"
    JPEG = "jpeg"


class Picture(NamedTuple):
    """A logo's format and size in any unit."""

    format: Format
    width: float
    height: float


def read_logo(content: bytes) -> Picture:
    """Return format and size of a logo.  Raises ValueError, which says what is wrong with it."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"at most {MAX_BYTES >> 10} KiB")
    if content.startswith(PNG_START):
        picture = _png(content)
    elif content.startswith(JPEG_START):
        picture = _jpeg(content)
    else:
        picture = _svg(content)
    if max(picture.width, picture.height) > MAX_RATIO * min(picture.width, picture.height):
        raise ValueError(f"at most {MAX_RATIO} times as wide as high, or as high as wide")
    return picture


def _png(content: bytes) -> Picture:
    (first, header), *rest = _png_chunks(content)
    if first != b"IHDR" or len(header) != _PNG_HEADER.size:
        raise ValueError("the PNG has no header")
    width, height, depth, colour, *_, interlaced = _PNG_HEADER.unpack(header)
    _check_side(width, height)
    if colour not in _CHANNELS or depth not in _DEPTHS or interlaced:
        raise ValueError("a PNG with usual colours that is not interlaced")
    expected = height * (1 + -(-width * depth * _CHANNELS[colour] // 8))
    packed = b"".join(data for name, data in rest if name == b"IDAT")
    # WHY: a small file may unpack to gigabytes, so no more is unpacked than the picture has.
    try:
        size = len(zlib.decompressobj().decompress(packed, expected + 1))
    except zlib.error:
        size = 0
    if size != expected:
        raise ValueError("the PNG is damaged")
    return Picture(Format.PNG, width, height)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of each chunk.  Raises ValueError if one is damaged or missing."""
    start = len(PNG_START)
    while len(head := content[start : start + _PNG_CHUNK.size]) == _PNG_CHUNK.size:
        size, name = _PNG_CHUNK.unpack(head)
        end = start + len(head) + size
        data = content[start + len(head) : end]
        start = end + _PNG_CHECK.size
        if len(content) < start or _PNG_CHECK.unpack(content[end:start])[0] != zlib.crc32(
            name + data
        ):
            raise ValueError("the PNG is damaged")
        yield name, data
        if name == b"IEND":
            return
    raise ValueError("the PNG ends too early")


def _jpeg(content: bytes) -> Picture:
    if not content.rstrip(b"\0").endswith(JPEG_END):
        raise ValueError("the JPEG ends too early")
    frame = b""
    for marker, data in _jpeg_segments(content):
        if marker in _FRAMES:
            frame = data[: _JPEG_FRAME.size]
        elif marker == _SCAN:
            break
    if len(frame) != _JPEG_FRAME.size:
        raise ValueError("the JPEG has no picture")
    depth, height, width, channels = _JPEG_FRAME.unpack(frame)
    _check_side(width, height)
    if depth != _JPEG_DEPTH or channels not in _JPEG_CHANNELS:
        raise ValueError("a JPEG in grey or in colours of a screen")
    return Picture(Format.JPEG, width, height)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and data of each segment.  Raises ValueError if one does not begin with one."""
    start = len(JPEG_START) - 1
    while len(head := content[start : start + _JPEG_HEAD.size]) == _JPEG_HEAD.size:
        sign, marker, size = _JPEG_HEAD.unpack(head)
        if sign != _MARKER:
            raise ValueError("the JPEG is damaged")
        if marker == _MARKER or marker in _ALONE:
            start += 1 if marker == _MARKER else 2
            continue
        yield marker, content[start + len(head) : start + 2 + size]
        start += 2 + size


def _svg(content: bytes) -> Picture:
    root = parse(content) if _is_utf8(content) else None
    if root is None or root.tag != f"{{{SVG}}}svg":
        raise ValueError("an SVG in UTF-8 without DOCTYPE, a PNG or a JPEG")
    elements = list(islice(root.iter("*"), MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        raise ValueError(f"at most {MAX_ELEMENTS} elements")
    for each in elements:
        _check_element(each.tag, dict(each.attrib))
    sides = (str(root.get(name, "")) for name in ("viewBox", "width", "height"))
    return Picture(Format.SVG, *_svg_size(*sides))


def _check_element(tag: object, attributes: Mapping[Any, Any]) -> None:
    """Raises ValueError if an element is not drawn, or runs or fetches something."""
    if tag not in ELEMENTS:
        raise ValueError("shapes, gradients and clips alone: no text, picture, style or script")
    for name, value in attributes.items():
        local = str(name).rpartition("}")[2].lower()
        if local.startswith("on") or local == "href" or _OUTSIDE.search(str(value)):
            raise ValueError("no attribute that runs or fetches something")


def _svg_size(box: str, wide: str, high: str) -> tuple[float, float]:
    """Return the size of an SVG by its viewBox, or else by width and height."""
    sides = _BOX.fullmatch(box.strip()) or _LENGTHS.fullmatch(f"{wide} {high}")
    width, height = (float(sides["width"]), float(sides["height"])) if sides else (0.0, 0.0)
    if not (width > 0 and height > 0):
        raise ValueError("a size: viewBox, or width and height")
    return width, height


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_side(width: int, height: int) -> None:
    """Raises ValueError if a side of a picture has too many dots, or none."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"1 to {MAX_SIDE} dots on a side")
