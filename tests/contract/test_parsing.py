from __future__ import annotations

import http.server
import threading
import time
from pathlib import Path

import pytest

from gpd_soap.contract.parsing import CHARSETS, TOO_MANY_NAMES, parse

SAID = "è dovuto"
PLAIN = f"<a>{SAID}</a>"


def declared(encoding: str) -> str:
    """The document under a declaration."""
    return f'<?xml version="1.0" encoding="{encoding}"?>{PLAIN}'


def read(raw: bytes, charset: str | None = None) -> str | None:
    """The text of the root as a reader gets it; None for what is refused."""
    root = parse(raw, charset)
    return None if root is None else root.text


def attributes(many: int) -> bytes:
    """An element with so many."""
    given = " ".join(f'b{n}=""' for n in range(many))
    return f"<a {given}>{SAID}</a>".encode()


def namespaces(many: int) -> bytes:
    """Elements that declare so many in all."""
    declaring = "".join(f'<b xmlns="{n}"/>' for n in range(many))
    return f"<a>{SAID}{declaring}</a>".encode()


ACCEPTED = {
    "UTF-8": (PLAIN.encode(), None),
    "declared UTF-8": (declared("UTF-8").encode(), None),
    "byte-order mark": (PLAIN.encode("utf-8-sig"), None),
    "byte-order mark and declaration": (declared("UTF-8").encode("utf-8-sig"), None),
    "byte-order mark against the declaration": (declared("ISO-8859-1").encode("utf-8-sig"), None),
    "byte-order mark and white space": (f"\ufeff\r\n{declared('UTF-8')}".encode(), None),
    "white space before the declaration": (f" \t\r\n{declared('UTF-8')}\r\n ".encode(), None),
    "UTF-16 with its mark": (PLAIN.encode("utf-16"), None),
    "UTF-16 with its mark and declaration": (declared("UTF-16").encode("utf-16"), None),
    "UTF-16LE without a mark, declared": (declared("UTF-16").encode("utf-16-le"), None),
    "UTF-16BE without a mark, declared": (declared("UTF-16").encode("utf-16-be"), None),
    "UTF-16LE told by the transport": (PLAIN.encode("utf-16-le"), "utf-16le"),
    "UTF-16BE told by the transport": (f"{PLAIN}\n".encode("utf-16-be"), "UTF-16BE"),
    "UTF-16 with mark and white space": (f"\n{declared('UTF-16')}".encode("utf-16"), "utf-16"),
    "Latin-1 declared": (declared("ISO-8859-1").encode("latin-1"), None),
    "Latin-1 told by the transport": (PLAIN.encode("latin-1"), "ISO-8859-1"),
    "Windows-1252 told by the transport": (PLAIN.encode("cp1252"), "windows-1252"),
    "declaration against the transport": (declared("ISO-8859-1").encode("latin-1"), "utf-8"),
    "transport against a wrong declaration": (declared("US-ASCII").encode(), "UTF-8"),
    "re-encoded under an old declaration": (declared("UTF-16").encode("latin-1"), "iso-8859-1"),
    "a value that libxml2 warns of": (f'<a xml:space="odd">{SAID}</a>'.encode(), None),
    "attributes that are not too many": (attributes(TOO_MANY_NAMES - 1), None),
    "namespaces that are not too many": (namespaces(TOO_MANY_NAMES - 1), None),
    "unknown charset, not needed": (PLAIN.encode(), "klingon"),
}


@pytest.mark.parametrize(("raw", "charset"), ACCEPTED.values(), ids=ACCEPTED)
def test_every_honest_encoding_is_read(raw: bytes, charset: str | None):
    """What the sender's machine calls text is read as the sender wrote it."""
    assert read(raw, charset) == SAID


@pytest.mark.parametrize("charset", sorted(CHARSETS))
def test_a_transport_may_name_every_encoding_of_the_list(charset: str):
    """Python decodes what the list promises, however its name is written."""
    text = declared("klingon").replace("è", "e")

    assert read(text.encode(charset), charset.upper()) == SAID.replace("è", "e")


REFUSED = {
    "nothing": (b"", None),
    "nothing in UTF-16": (b"", "utf-16"),
    "white space": (b" \r\n", None),
    "a mark alone": (b"\xef\xbb\xbf", None),
    "text": (b"ciao", None),
    "truncated": (PLAIN.encode()[:-1], None),
    "truncated inside a character": ("<a>è".encode()[:-1], "utf-8"),
    "truncated UTF-16": (PLAIN.encode("utf-16")[:-1], "utf-16"),
    "two roots": (b"<a/><a/>", None),
    "text after the root": (b"<a/>ciao", None),
    "zero byte": (b"<a>\0</a>", None),
    "control character": (b"<a>&#1;</a>", None),
    "half a surrogate pair": (b"<a>&#xD800;</a>", None),
    "not UTF-8": (PLAIN.encode("latin-1"), None),
    "overlong UTF-8": (b"<a>\xc0\xaf</a>", None),
    "not what the transport says": (PLAIN.encode("latin-1"), "utf-8"),
    "no such Windows-1252 character": (b"<a>\x81</a>", "windows-1252"),
    "unknown declared encoding": (declared("klingon").encode(), None),
    "unknown charset": (PLAIN.encode("latin-1"), "klingon"),
    "a charset that is no encoding": (b"<n>\xff</n>", "rot13"),
    "a charset with a zero byte": (b"<a>\xff</a>", "utf-8\0"),
    "a charset that drops what it cannot read": (b"<a>\xff</a>", "UTF-8//IGNORE"),
    "an empty charset": (b"<a>\xff</a>", ""),
    "unbound prefix": (b"<p:a/>", None),
    "attribute twice": (b'<a b="1" b="2"/>', None),
    "unbound prefix, then a warning": (b'<p:a><b xml:space="odd"/></p:a>', None),
    "unbound prefix of an attribute, then a warning": (b'<a p:b=""><b xml:space="odd"/></a>', None),
    "a second colon, then a warning": (b'<p:a:b xmlns:p="urn:p"><c xmlns="x"/></p:a:b>', None),
    "unknown entity": (b"<a>&e;</a>", None),
    "HTML entity": (b"<a>&egrave;</a>", None),
    "depth 300": (b"<a>" * 300 + b"</a>" * 300, None),
    "depth 100000": (b"<a>" * 100_000 + b"</a>" * 100_000, None),
    "attributes without end": (attributes(TOO_MANY_NAMES), None),
    "namespaces without end": (namespaces(TOO_MANY_NAMES), None),
    "namespaces without end in UTF-16": (
        namespaces(TOO_MANY_NAMES).decode().encode("utf-16-le"),
        "utf-16le",
    ),
    "JSON": (b'{"a": 1}', None),
    "gzip": (bytes.fromhex("1f8b08000000000002ffb349b4d307004e3a1cd804000000"), None),
}


@pytest.mark.parametrize(("raw", "charset"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_well_formed_is_refused(raw: bytes, charset: str | None):
    """Nothing is repaired: what the sender meant is not ours to guess."""
    assert parse(raw, charset) is None


def test_a_slow_encoding_is_never_tried():
    """A charset chosen to take minutes is refused at once."""
    long = b"<a>\xff" + b"a-" * 500_000
    before = time.thread_time()

    assert [parse(long, charset) for charset in ("punycode", "idna")] == [None, None]
    assert time.thread_time() - before < 1


@pytest.mark.parametrize(
    "inside",
    [
        "12<!-- 99 -->34",
        "12<?say 99?>34",
        "12<![CDATA[34]]>",
        "<![CDATA[12]]><!-- -->3<![CDATA[]]><?x?>&#52;",
        "<!-- -->1234<!-- -->",
    ],
)
def test_a_value_in_pieces_is_read_whole(inside: str):
    """Who splits a value with a comment cannot show two readers two values."""
    root = parse(f"<a>{inside}</a>".encode())

    assert root is not None
    assert (root.text, len(root)) == ("1234", 0)


def test_comments_and_instructions_around_the_root_change_nothing():
    """A banner of the sender's tool is no reason to refuse."""
    assert read(f"<?p q?><!-- x -->{PLAIN}<!-- y --><?r s?>".encode()) == SAID


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "bare": "<!DOCTYPE a>",
    "empty": "<!DOCTYPE a []>",
    "elements only": "<!DOCTYPE a [<!ELEMENT a ANY>]>",
    "default attribute": '<!DOCTYPE a [<!ATTLIST a x CDATA "1">]>',
    "external": '<!DOCTYPE a SYSTEM "a.dtd">',
    "public": '<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:9/a.dtd">',
    "entity": '<!DOCTYPE a [<!ENTITY e "1">]>',
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]>',
}


@pytest.mark.parametrize("charset", [None, "utf-8"])
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_a_doctype_is_refused_with_or_without_entities(doctype: str, charset: str | None):
    """No message of SOAP has one, and every attack on a parser begins there."""
    assert parse(f"{doctype}<a/>".encode(), charset) is None
    assert parse(f"{doctype}<a/>".encode("utf-16"), charset) is None


@pytest.mark.parametrize("place", ["<a>&l9;</a>", '<a x="&l9;"/>'], ids=["text", "attribute"])
def test_entities_that_grow_are_not_grown(place: str):
    """A billion laughs cost us a smile."""
    before = time.thread_time()

    assert parse(f"{DOCTYPES['billion laughs']}{place}".encode()) is None
    assert time.thread_time() - before < 1


def test_a_file_is_neither_read_nor_echoed(tmp_path: Path):
    """An entity that points to our disk brings nothing in."""
    secret = tmp_path / "secret"
    secret.write_text("segreto")
    asks = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'

    assert parse(asks.encode()) is None
    assert parse(asks.encode(), "utf-8") is None


def test_no_document_makes_us_call_anyone():
    """Neither an entity, a DTD, a stylesheet nor an inclusion opens a connection."""
    asked: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    with http.server.HTTPServer(("127.0.0.1", 0), Trap) as trap:
        thread = threading.Thread(target=trap.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{trap.server_port}"
        for document in (
            f'<!DOCTYPE a SYSTEM "{url}/dtd"><a/>',
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "{url}/entity">]><a>&e;</a>',
            f'<!DOCTYPE a [<!ENTITY % e SYSTEM "{url}/parameter">%e;]><a/>',
            f'<?xml-stylesheet href="{url}/style"?><a/>',
            f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{url}/include"/></a>',
        ):
            parse(document.encode())
        trap.shutdown()
        thread.join()

    assert asked == []


def test_threads_read_side_by_side():
    """Each thread has parsers of its own, and gets the document it brought."""
    wrong: list[str | None] = []

    def reads(text: str) -> None:
        for turn in range(500):
            said = read(f"<a>{text}</a>".encode()) if turn % 2 else read(b"<a>")
            wrong.extend([said] if said != (text if turn % 2 else None) else [])

    threads = [threading.Thread(target=reads, args=(f"testo {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
