"""The schema of a service comes from an operator and reads no other document."""

import socket
import threading
import time
from pathlib import Path

import pytest
from lxml import etree

from gpd_soap.usecases.spontaneous.data_schema import LONGEST, BadSchema, compiled
from tests.usecases.spontaneous.samples import PLATE, PLATES, XSD

ELEMENT = '<xs:element name="service" type="xs:string"/>'


@pytest.fixture
def listener():
    """A listening socket that nobody should connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        yield listening


def reached(listener: socket.socket) -> bool:
    """Return whether a client has connected."""
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("way", ["include", "import", "redefine", "override"])
def test_schema_that_refers_to_another_document_is_refused(way: str, tmp_path: Path):
    """The other document exists and is valid."""
    other = tmp_path / "other.xsd"
    other.write_text(XSD.format(ELEMENT))

    with pytest.raises(BadSchema, match="without include, import, redefine or override"):
        compiled(XSD.format(f'<xs:{way} schemaLocation="{other.as_uri()}"/>{ELEMENT}'))


@pytest.mark.parametrize("way", ["include", "import", "redefine"])
def test_schema_reads_no_file(way: str):
    """The file may exist or not."""
    messages = set()
    for address in ("file:///etc/passwd", "/etc/passwd", "file:///no/such/file"):
        with pytest.raises(BadSchema) as refused:
            compiled(XSD.format(f'<xs:{way} schemaLocation="{address}"/>'))
        messages.add(str(refused.value))

    assert len(messages) == 1
    assert "root:" not in messages.pop()


def test_schema_opens_no_connection(listener: socket.socket):
    """A listener on the address sees none."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.xsd"

    for way in ("include", "import", "redefine"):
        with pytest.raises(BadSchema):
            compiled(XSD.format(f'<xs:{way} schemaLocation="{url}"/>'))

    assert not reached(listener)


def test_schema_location_in_service_data_is_ignored(listener: socket.socket, tmp_path: Path):
    """The listener on its address sees no connection."""
    lax = tmp_path / "lax.xsd"
    lax.write_text(XSD.format('<xs:element name="service"/>'))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.xsd"
    for address in (lax.as_uri(), url):
        data = etree.fromstring(
            '<service xmlns="http://esempio.invalid/sosta" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="http://esempio.invalid/sosta {address}"/>'
        )

        assert compiled(PLATES).breach(data) is not None
    assert not reached(listener)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE xs:schema SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE xs:schema [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE xs:schema [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_schema_with_a_doctype_is_refused(doctype: str):
    """Nothing of it is expanded or fetched."""
    with pytest.raises(BadSchema, match="without a DOCTYPE"):
        compiled(doctype + XSD.format(ELEMENT))


@pytest.mark.parametrize("text", ["", "<a/>", "<schema/>", "nonsense", f"{XSD.format('')}<b/>"])
def test_text_that_is_no_schema_is_refused(text: str):
    """The error appears when the service is configured, not at a demand."""
    with pytest.raises(BadSchema):
        compiled(text)


def test_invalid_schema_is_refused_with_the_line():
    """The operator can find the mistake."""
    with pytest.raises(BadSchema, match="line 3 is invalid"):
        compiled(XSD.format('<xs:element name="a" type="nobody"/>'))


def test_schema_may_declare_any_encoding():
    """The text of a setting has no encoding of its own."""
    text = f'<?xml version="1.0" encoding="UTF-16"?>{PLATES}'

    assert compiled("\ufeff" + text) is not None


def test_schema_over_a_limit_is_refused():
    """The limits are for its length and for the bounds of occurrences."""
    sequence = '<xs:sequence><xs:element name="a" maxOccurs="{}"/></xs:sequence>'
    many = f'<xs:complexType name="t">{sequence}</xs:complexType>'
    started = time.thread_time()

    for bound in ("10001", "9" * 5000):
        with pytest.raises(BadSchema, match="occurrences"):
            compiled(XSD.format(many.format(bound)))
    with pytest.raises(BadSchema, match="characters"):
        compiled(XSD.format("<!--" + "x" * LONGEST + "-->"))

    assert compiled(XSD.format(many.format("unbounded"))) is not None
    assert time.thread_time() - started < 5


def test_service_schema_is_compiled_once_for_all_threads():
    """A text that another thread has compiled is not compiled again."""
    mine, others = compiled(PLATES), []
    other = threading.Thread(target=lambda: others.append(compiled(PLATES)))
    other.start()
    other.join()

    assert others == [mine]


def test_threads_with_one_service_schema_get_their_own_breach():
    """Two payers at the same time each get the error of their own data."""
    schema, start = compiled(PLATES), threading.Barrier(4)
    data = [PLATE.format("AB123CD", ""), PLATE.format("x", "<importo>1</importo>")] * 2
    expected = [schema.breach(etree.fromstring(each)) for each in data]
    breaches: list[set[object]] = [set() for _ in data]

    def validate(number: int) -> None:
        root = etree.fromstring(data[number])
        start.wait()
        for _ in range(500):
            breaches[number].add(schema.breach(root))

    threads = [threading.Thread(target=validate, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert breaches == [{one} for one in expected]


def test_sender_cannot_change_the_sentence_of_a_breach():
    """A namespace that looks like an error message has no effect."""
    space = "urn:service':(targa).Element'targa':"
    data = etree.fromstring(f'<altro xmlns="{space}"/>')

    breach = compiled(PLATES).breach(data)

    assert breach is not None
    assert space not in breach.description
    assert breach.element == "un elemento non previsto"
