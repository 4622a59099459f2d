"""Makes a picture small: at most 256 colours, each pixel one byte, packed well."""

import struct
import zlib
from collections import Counter
from functools import cache
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256
RGB, INDEXED = 2, 3

Colour = tuple[int, int, int]


def make_smaller(path: Path) -> None:
    """Write a picture of Chromium anew; its most frequent colours stay as they are."""
    width, height, rows = _read(path.read_bytes())
    pixels = [list(zip(*[iter(row)] * 3, strict=True)) for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = [colour for colour, _ in counted.most_common(MOST)]
    indices = {colour: index for index, colour in enumerate(palette)}

    @cache
    def nearest(colour: Colour) -> int:
        return min(range(len(palette)), key=lambda index: _distance(palette[index], colour))

    def index_of(colour: Colour) -> int:
        return indices[colour] if colour in indices else nearest(colour)

    packed = b"".join(b"\0" + bytes(map(index_of, row)) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, INDEXED, 0, 0, 0)
    parts = [
        (b"IHDR", head),
        (b"PLTE", bytes(value for colour in palette for value in colour)),
        (b"IDAT", zlib.compress(packed, 9)),
        (b"IEND", b""),
    ]
    path.write_bytes(SIGNATURE + b"".join(_chunk(*part) for part in parts))


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _read(png: bytes) -> tuple[int, int, list[bytearray]]:
    """Return width, height and the rows of a PNG with 8 bits for each of red, green and blue."""
    offset, packed, head = len(SIGNATURE), b"", b""
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        kind, content = png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]
        head = content if kind == b"IHDR" else head
        packed += content if kind == b"IDAT" else b""
        offset += length + 12
    width, height, depth, colours = struct.unpack_from(">IIBB", head)
    assert (depth, colours) == (8, RGB), "a picture of Chromium has no transparency"
    data, step, rows = zlib.decompress(packed), width * 3 + 1, []
    above = bytearray(width * 3)
    for start in range(0, len(data), step):
        above = _unfiltered(data[start], bytearray(data[start + 1 : start + step]), above)
        rows.append(above)
    return width, height, rows


def _unfiltered(kind: int, row: bytearray, above: bytearray) -> bytearray:
    """Return a row without its filter.  SPEC: PNG, 9.2."""
    if kind == 0:
        return row
    if kind == 2:
        return bytearray((a + b) & 255 for a, b in zip(row, above, strict=True))
    for index in range(len(row)):
        left = row[index - 3] if index >= 3 else 0
        up, corner = above[index], above[index - 3] if index >= 3 else 0
        guess = (left, up, (left + up) // 2, _paeth(left, up, corner))[(1, 2, 3, 4).index(kind)]
        row[index] = (row[index] + guess) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    """Return which neighbour is nearest to their plane."""
    plane = left + up - corner
    return min((left, up, corner), key=lambda each: abs(plane - each))
