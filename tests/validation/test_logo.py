"""A logo is a picture, small, and does nothing but stand on the page."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.validation.logo import MAX_BYTES, Format, Picture, read_logo
from tests.validation.pictures import SVG, chunk, jpeg, png, svg


@pytest.mark.parametrize(
    ("content", "picture"),
    [
        (SVG, Picture(Format.SVG, 40, 20)),
        (b"\xef\xbb\xbf" + SVG, Picture(Format.SVG, 40, 20)),
        (
            svg("<path d='M0 0h1v1z'/>", 'width="30mm" height="15.5mm"'),
            Picture(Format.SVG, 30, 15.5),
        ),
        (svg('<path fill="url(#a)" d="M0 0"/>'), Picture(Format.SVG, 40, 20)),
        (png(), Picture(Format.PNG, 30, 20)),
        (jpeg(), Picture(Format.JPEG, 8, 8)),
    ],
)
def test_picture_is_read(content: bytes, picture: Picture):
    """Format and proportions come from the file itself."""
    assert read_logo(content) == picture


BOMB = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", png()[16:29]) + chunk(
    b"IDAT", zlib.compress(9_000_000 * b"\0")
) + chunk(b"IEND", b"")  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"%PDF-1.7",
        b"not a picture",
        b"<html><body/></html>",
        b"<svg/>",
        SVG[:-3],
        png()[:-20],
        png().replace(b"IDAT", b"IDAX"),
        png()[:40] + b"\xff" + png()[41:],
        png(rows=b"\0"),
        png(0, 20),
        png(2001, 20),
        png(300, 20),
        png(interlaced=1),
        BOMB,
        jpeg()[:-2],
        jpeg()[:20] + b"\xff\xd9",
        jpeg(channels=4),
        jpeg(width=9000),
        svg("", ""),
        svg("", 'viewBox="0 0 0 20"'),
        svg("", 'viewBox="0 0 1e9 20"'),
        svg("", 'viewBox="0 0 nan inf"'),
        svg("", 'viewBox="0 0 20 400"'),
        SVG + MAX_BYTES * b" ",
        svg(2001 * "<g/>"),
    ],
    ids=range(27),
)
def test_unreadable_or_too_large_picture_is_refused(content: bytes):
    """A damaged, cut, wrong or huge file has no size."""
    with pytest.raises(ValueError, match=r".+"):
        read_logo(content)


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<style>@import url(http://x.example)</style>",
        '<image href="http://x.example/a.png"/>',
        '<image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="file:///etc/passwd"/>',
        '<use href="#a"/>',
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<text>hello</text>",
        '<rect onload="alert(1)" width="1" height="1"/>',
        '<a href="javascript:alert(1)"><rect/></a>',
        '<rect style="fill: url(http://x.example/a.svg#b)"/>',
        "<rect fill=\"url( '//x.example/#a')\"/>",
        '<animate attributeName="x"/>',
        '<filter id="a"><feImage/></filter>',
        '<x:rect xmlns:x="http://other.example"/>',
    ],
)
def test_svg_that_runs_or_fetches_something_is_refused(content: str):
    """What is not drawn as it stands is named in general, never quoted."""
    with pytest.raises(ValueError, match=r"alone|fetches") as refusal:
        read_logo(svg(content))
    assert "example" not in str(refusal.value)


def test_svg_with_a_doctype_is_refused():
    """Entities could grow without end, or read a file."""
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SVG
    with pytest.raises(ValueError, match="DOCTYPE"):
        read_logo(bomb)


@given(st.binary(max_size=200), st.sampled_from([b"", png()[:33], jpeg()[:30], SVG[:60]]))
def test_any_bytes_are_read_or_refused(tail: bytes, head: bytes):
    """No file ends in another error."""
    try:
        picture = read_logo(head + tail)
    except ValueError:
        return
    assert picture.width > 0
