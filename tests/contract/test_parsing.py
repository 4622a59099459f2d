from __future__ import annotations

import http.server
import threading
import time
from pathlib import Path

import pytest

from gpd_soap.contract.parsing import CHARSETS, TOO_MANY_NAMES, has_unknown_charset, parse

TEXT = "è dovuto"
PLAIN = f"<a>{TEXT}</a>"


def declared(encoding: str) -> str:
    """Return the document with an XML declaration."""
    return f'<?xml version="1.0" encoding="{encoding}"?>{PLAIN}'


def read(raw: bytes, charset: str | None = None) -> str | None:
    """Return the text of the root, or None for a refused document."""
    root = parse(raw, charset)
    return None if root is None else root.text


def attributes(many: int) -> bytes:
    """Return an element with so many attributes."""
    given = " ".join(f'b{n}=""' for n in range(many))
    return f"<a {given}>{TEXT}</a>".encode()


def namespaces(many: int) -> bytes:
    """Return elements that declare so many namespaces in all."""
    declaring = "".join(f'<b xmlns="{n}"/>' for n in range(many))
    return f"<a>{TEXT}{declaring}</a>".encode()


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
    "UTF-16LE named by the transport": (PLAIN.encode("utf-16-le"), "utf-16le"),
    "UTF-16BE named by the transport": (f"{PLAIN}\n".encode("utf-16-be"), "UTF-16BE"),
    "UTF-16 with mark and white space": (f"\n{declared('UTF-16')}".encode("utf-16"), "utf-16"),
    "Latin-1 declared": (declared("ISO-8859-1").encode("latin-1"), None),
    "Latin-1 named by the transport": (PLAIN.encode("latin-1"), "ISO-8859-1"),
    "Windows-1252 named by the transport": (PLAIN.encode("cp1252"), "windows-1252"),
    "declaration against the transport": (declared("ISO-8859-1").encode("latin-1"), "utf-8"),
    "transport against a wrong declaration": (declared("US-ASCII").encode(), "UTF-8"),
    "re-encoded under an old declaration": (declared("UTF-16").encode("latin-1"), "iso-8859-1"),
    "a value that libxml2 warns of": (f'<a xml:space="odd">{TEXT}</a>'.encode(), None),
    "attributes that are not too many": (attributes(TOO_MANY_NAMES - 1), None),
    "namespaces that are not too many": (namespaces(TOO_MANY_NAMES - 1), None),
    "unknown charset, not needed": (PLAIN.encode(), "klingon"),
}


@pytest.mark.parametrize(("raw", "charset"), ACCEPTED.values(), ids=ACCEPTED)
def test_document_in_an_accepted_encoding_is_read(raw: bytes, charset: str | None):
    """The text is the one that the sender wrote."""
    assert read(raw, charset) == TEXT


@pytest.mark.parametrize("charset", sorted(CHARSETS))
def test_charset_of_the_list_is_tried_if_the_declared_one_fails(charset: str):
    """Each charset of the list is known to Python, in any spelling."""
    text = declared("klingon").replace("è", "e")

    assert read(text.encode(charset), charset.upper()) == TEXT.replace("è", "e")


#: Documents whose encoding is told in several ways: the first way that applies decides.
DECIDED = {
    "mark before charset": (declared("UTF-16").encode("utf-8-sig"), "iso-8859-1"),
    "UTF-16 mark before charset": (declared("ISO-8859-1").encode("utf-16"), "utf-8"),
    "mark before unknown charset": (PLAIN.encode("utf-8-sig"), "klingon"),
    "charset before declaration": (declared("ISO-8859-1").encode(), "utf-8"),
    "Latin charset before declaration": (declared("UTF-8").encode("latin-1"), "latin_1"),
    "UTF-16 charset before declaration": (declared("UTF-8").encode("utf-16-le"), "UTF-16LE"),
    "big-endian without a mark": (PLAIN.encode("utf-16-be"), "utf-16"),
    "little-endian without a mark": (declared("UTF-8").encode("utf-16-le"), "utf-16"),
    "white space before a big-endian document": (f"\n{PLAIN}".encode("utf-16-be"), "UTF-16"),
    "declaration where the charset does not fit": (declared("latin1").encode("latin-1"), "ascii"),
    "other spellings": (PLAIN.encode("latin-1"), "L1"),
    "Latin 9": (PLAIN.encode("iso-8859-15"), "ISO_8859-15"),
}


@pytest.mark.parametrize(("raw", "charset"), DECIDED.values(), ids=DECIDED)
def test_mark_decides_the_encoding_before_charset_before_declaration(
    raw: bytes, charset: str | None
):
    """The order is that of RFC 7303, sections 3.2 and 3.3."""
    assert read(raw, charset) == TEXT


def test_charset_that_fits_decides_even_if_the_text_was_another():
    """The bytes of the UTF-8 text are read as Latin-1, because the transport says so."""
    assert read(declared("UTF-8").encode(), "iso-8859-1") == TEXT.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("raw", "charset", "unknown"),
    [
        (PLAIN.encode(), None, False),
        (PLAIN.encode(), "utf8", False),
        (PLAIN.encode(), "klingon", True),
        (PLAIN.encode(), "punycode", True),
        (PLAIN.encode(), "utf-8\0", True),
        (PLAIN.encode(), "", True),
        (PLAIN.encode("utf-8-sig"), "klingon", False),
        (PLAIN.encode("utf-16"), "klingon", False),
    ],
)
def test_unknown_charset_is_seen_unless_a_mark_decides(
    raw: bytes, charset: str | None, *, unknown: bool
):
    """Python's own encodings are not all charsets."""
    assert has_unknown_charset(raw, charset) is unknown


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
def test_document_that_is_not_well_formed_is_refused(raw: bytes, charset: str | None):
    """Nothing is repaired, because the sender's intention is unknown."""
    assert parse(raw, charset) is None


def test_charset_outside_the_list_is_not_tried():
    """A charset that would take minutes is refused at once."""
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
def test_value_split_by_comments_is_read_whole(inside: str):
    """Two readers of a message see the same value."""
    root = parse(f"<a>{inside}</a>".encode())

    assert root is not None
    assert (root.text, len(root)) == ("1234", 0)


def test_comments_and_instructions_around_the_root_are_ignored():
    """A comment of the sender's tool is no reason to refuse."""
    assert read(f"<?p q?><!-- x -->{PLAIN}<!-- y --><?r s?>".encode()) == TEXT


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
def test_doctype_is_refused_with_or_without_entities(doctype: str, charset: str | None):
    """SOAP does not allow a DOCTYPE, and attacks on parsers need one."""
    assert parse(f"{doctype}<a/>".encode(), charset) is None
    assert parse(f"{doctype}<a/>".encode("utf-16"), charset) is None


@pytest.mark.parametrize("entity", ["<a>&l9;</a>", '<a x="&l9;"/>'], ids=["text", "attribute"])
def test_growing_entities_are_not_expanded(entity: str):
    """A billion laughs take no time."""
    before = time.thread_time()

    assert parse(f"{DOCTYPES['billion laughs']}{entity}".encode()) is None
    assert time.thread_time() - before < 1


def test_external_entity_of_a_file_is_not_read(tmp_path: Path):
    """A document cannot read our disk."""
    secret = tmp_path / "secret"
    secret.write_text("segreto")
    document = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'

    assert parse(document.encode()) is None
    assert parse(document.encode(), "utf-8") is None


def test_document_opens_no_connection():
    """Entities, DTDs, stylesheets and inclusions are not fetched."""
    requests: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)

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

    assert requests == []


def test_threads_that_parse_at_once_get_their_own_documents():
    """Each thread has parsers of its own."""
    wrong: list[str | None] = []

    def reads(text: str) -> None:
        for turn in range(500):
            result = read(f"<a>{text}</a>".encode()) if turn % 2 else read(b"<a>")
            wrong.extend([result] if result != (text if turn % 2 else None) else [])

    threads = [threading.Thread(target=reads, args=(f"testo {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
