"""Small pictures, made by hand: they hold what the formats ask for, and nothing else."""

import struct
import zlib

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">'
    b'<!-- a mark --><rect width="40" height="20" fill="#004080"/></svg>'
)


def chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG with its check."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int = 30, height: int = 20, *, interlaced: int = 0, rows: bytes | None = None
) -> bytes:
    """Return a PNG in colours, or with other rows than it should have."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    pixels = height * (b"\0" + width * b"\x00\x40\x80") if rows is None else rows
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def segment(marker: int, data: bytes) -> bytes:
    """Return one segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(width: int = 8, height: int = 8, channels: int = 1) -> bytes:
    """Return a grey JPEG of 8 x 8 dots; with other values its frame says what it does not hold."""
    one_code = b"\x01" + 15 * b"\0" + b"\0"
    components = b"".join(bytes((n, 0x11, 0)) for n in range(1, channels + 1))
    frame = struct.pack(">BHHB", 8, height, width, channels) + components
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + 64 * b"\x01")
        + segment(0xC0, frame)
        + segment(0xC4, b"\x00" + one_code)
        + segment(0xC4, b"\x10" + one_code)
        + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x3f\xff\xd9"
    )


def svg(content: str, attributes: str = 'viewBox="0 0 40 20"') -> bytes:
    """Return an SVG with this content."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{content}</svg>'.encode()
