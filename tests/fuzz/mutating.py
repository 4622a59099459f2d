"""Hostile messages: a case of tests/messages after random changes.

A changed message keeps enough of its shape to get past the parser.  Whole tags, texts and base64
contents are moved, doubled, split and replaced.  Some changes are of plain bytes.
"""

import base64
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

MESSAGES = Path(__file__).parents[1] / "messages"
#: LIMIT: 64 KiB, near the largest accepted body; most inputs are as short as the Node's messages.
LONGEST = 64 * 1024

CORPUS = [path.read_bytes() for path in sorted(MESSAGES.glob("*/*/ask.xml"))]

TOKEN = re.compile(rb"<[^>]*>|[^<]+")
TOKENS = sorted({token for message in CORPUS for token in TOKEN.findall(message)})
BASE64 = re.compile(rb"[A-Za-z0-9+/]{12,}={0,2}")

VALUES = [
    *(b"", b" ", b"0", b"-1", b"0.00", b"1e9", b"NaN", b"INF", b"100.0", b"999999999.99", b"+1.00"),
    *(b"1" * 11, b"9" * 18, b"0" * 18, b"A" * 36, b"x" * 256, b"\xc3\xa8" * 70, b"true", b"OK"),
    *(b"0001-01-01", b"9999-12-31", b"-0044-03-15", b"2026-02-30", b"2026-03-29T02:30:00"),
    *(b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"2026-03-16T24:00:00Z"),
    *(b"&#0;", b"&#x1f;", b"&#xD800;", b"&lt;a&gt;", b"&amp;amp;", b"\x00", b"\xff"),
    *(b"\xef\xbf\xbf", b"IT60X0542811101000000123456", b"AAAA====", b"\xe2\x80\xae"),
]  # fmt: skip
PIECES = [b"<!-- -->", b"<![CDATA[]]>", b"<![CDATA[1]]>", b"<?p q?>", b"&#48;", b"&e;", b"\r\n"]
ATTRIBUTES = [
    b' a="1"', b' xmlns=""', b' xmlns="urn:x"', b' xsi:nil="true"', b' xsi:type="xs:int"',
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"',
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"',
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"',
    b' xml:space="preserve"', b' soapenv:mustUnderstand="1"', b' id="1" ID="1" wsu:Id="1"',
]  # fmt: skip
FRONTS = [
    b"\xef\xbb\xbf", b"\r\n ", b"<!DOCTYPE a>", b'<!DOCTYPE a [<!ENTITY e "1">]>',
    b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>', b'<?xml version="1.1"?>',
]  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "utf-7", "utf-32")

TYPES = [
    *("text/xml", "application/xml", "text/plain", "", "application/soap+xml", "application/json"),
    *("multipart/related; type=x", "text/xml; charset=utf-16", "text/xml; charset=latin1"),
    *('text/xml; charset="UTF-8"', "text/xml; charset=punycode", "TEXT/XML;charset=;;charset=x"),
]

Change = Callable[[Random, bytes], bytes]
OfTokens = Callable[[Random, list[bytes], int], object]


def mutate(random: Random, message: bytes) -> bytes:
    """Return the message after one change or several."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        message = random.choice(CHANGES)(random, message)[:LONGEST]
    return message


def transport(message: bytes) -> dict[str, Any]:
    """Return the HTTP headers for a message, the same each time, mostly as the Node sends them."""
    random = Random(zlib.crc32(message))  # noqa: S311  # nobody's secret
    headers: dict[str, Any] = {"CONTENT_TYPE": "text/xml", "HTTP_SOAPACTION": '"paSendRT"'}
    if random.random() < 0.15:
        headers["CONTENT_TYPE"] = random.choice(TYPES)
    if random.random() < 0.02:
        headers["HTTP_CONTENT_ENCODING"] = random.choice(("gzip", "identity", "x"))
    if random.random() < 0.02:
        headers["CONTENT_LENGTH"] = random.choice(("", "-1", "x", str(1 << 40), "0", "5"))
    if random.random() < 0.02:
        headers["HTTP_SOAPACTION"] = random.choice(("", "x" * 300, "paVerifyPaymentNotice", "\xe8"))
    return headers


def _flip(random: Random, message: bytes) -> bytes:
    index = random.randrange(len(message) + 1)
    return message[:index] + bytes([random.randrange(256)]) + message[index + 1 :]


def _cut(random: Random, message: bytes) -> bytes:
    first, last = sorted(random.randrange(len(message) + 1) for _ in range(2))
    return message[:first] + message[last:]


def _insert(random: Random, message: bytes) -> bytes:
    index = random.randrange(len(message) + 1)
    return message[:index] + random.choice(VALUES + PIECES) + message[index:]


def _front(random: Random, message: bytes) -> bytes:
    return random.choice(FRONTS) + re.sub(rb"^<\?xml[^>]*>\s*", b"", message)


def _encode(random: Random, message: bytes) -> bytes:
    text = re.sub(r'encoding="[^"]*"', "", message.decode("utf-8", "replace"))
    return text.encode(random.choice(ENCODINGS), "replace")


def _inside(random: Random, message: bytes) -> bytes:
    """Change the content of some base64, or replace it by other data."""
    match = random.choice([*BASE64.finditer(message), None])
    if match is None:
        return message
    try:
        data = base64.b64decode(match[0], validate=True)
    except ValueError:
        return message
    other = random.choice([mutate(random, data), random.choice(CORPUS), mutate(random, b"<a/>")])
    return message[: match.start()] + base64.b64encode(other) + message[match.end() :]


def _by_tokens(change: OfTokens) -> Change:
    def changed(random: Random, message: bytes) -> bytes:
        tokens = TOKEN.findall(message)
        if tokens:
            change(random, tokens, random.randrange(len(tokens)))
        return b"".join(tokens)

    return changed


def _drop(random: Random, tokens: list[bytes], index: int) -> None:
    del tokens[index : index + random.choice((1, 1, 2, 3))]


def _double(random: Random, tokens: list[bytes], index: int) -> None:
    tokens[index:index] = tokens[index : index + random.choice((1, 3, 3, 9))] * random.choice(
        (1, 1, 2, 50)
    )


def _swap(random: Random, tokens: list[bytes], index: int) -> None:
    other = random.randrange(len(tokens))
    tokens[index], tokens[other] = tokens[other], tokens[index]


def _borrow(random: Random, tokens: list[bytes], index: int) -> None:
    tokens.insert(index, random.choice(TOKENS))


def _value(random: Random, tokens: list[bytes], index: int) -> None:
    """Replace a text by another value, or a tag by another one."""
    texts = [n for n, token in enumerate(tokens) if token.strip() and not token.startswith(b"<")]
    if texts and random.random() < 0.8:
        tokens[random.choice(texts)] = random.choice(VALUES)
    else:
        tokens[index] = random.choice(TOKENS)


def _split(random: Random, tokens: list[bytes], index: int) -> None:
    token = tokens[index]
    middle = random.randrange(len(token) + 1)
    tokens[index] = token[:middle] + random.choice(PIECES) + token[middle:]


def _attribute(random: Random, tokens: list[bytes], index: int) -> None:
    if tokens[index].endswith(b">"):
        tokens[index] = tokens[index][:-1].rstrip(b"/") + random.choice(ATTRIBUTES) + b">"


def _bury(random: Random, tokens: list[bytes], index: int) -> None:
    depth = random.choice((1, 3, 300))
    tokens[index] = b"<x>" * depth + tokens[index] + b"</x>" * depth


CHANGES: list[Change] = [
    *(_flip, _cut, _insert, _front, _encode, _inside, _inside),
    *map(_by_tokens, (_drop, _double, _swap, _borrow, _value, _value, _split, _attribute, _bury)),
]
