"""A service's schema comes from an operator and reaches nothing but itself."""

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
    """An address that notices whoever connects to it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        yield listening


def reached(listener: socket.socket) -> bool:
    """Whether anybody has connected."""
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("way", ["include", "import", "redefine", "override"])
def test_a_schema_that_names_another_document_is_refused(way: str, tmp_path: Path):
    """Even where the other document is a good one, and there."""
    other = tmp_path / "other.xsd"
    other.write_text(XSD.format(ELEMENT))

    with pytest.raises(BadSchema, match="without include, import, redefine or override"):
        compiled(XSD.format(f'<xs:{way} schemaLocation="{other.as_uri()}"/>{ELEMENT}'))


@pytest.mark.parametrize("way", ["include", "import", "redefine"])
def test_no_file_is_read(way: str):
    """Neither one that everybody has, nor one that says so by failing otherwise."""
    said = set()
    for address in ("file:///etc/passwd", "/etc/passwd", "file:///no/such/file"):
        with pytest.raises(BadSchema) as refused:
            compiled(XSD.format(f'<xs:{way} schemaLocation="{address}"/>'))
        said.add(str(refused.value))

    assert len(said) == 1
    assert "root:" not in said.pop()


def test_no_address_is_asked(listener: socket.socket):
    """A schema cannot make us call anybody."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.xsd"

    for way in ("include", "import", "redefine"):
        with pytest.raises(BadSchema):
            compiled(XSD.format(f'<xs:{way} schemaLocation="{url}"/>'))

    assert not reached(listener)


def test_service_data_cannot_bring_its_own_schema(listener: socket.socket, tmp_path: Path):
    """What xsi:schemaLocation says is not looked at."""
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
def test_a_schema_with_a_doctype_is_refused(doctype: str):
    """So nothing of it is expanded or fetched."""
    with pytest.raises(BadSchema, match="without a DOCTYPE"):
        compiled(doctype + XSD.format(ELEMENT))


@pytest.mark.parametrize("text", ["", "<a/>", "<schema/>", "nonsense", f"{XSD.format('')}<b/>"])
def test_what_is_no_schema_is_refused(text: str):
    """Whoever configures a service is told, not whoever pays."""
    with pytest.raises(BadSchema):
        compiled(text)


def test_a_schema_that_is_wrong_is_refused_by_its_line():
    """The operator learns where to look."""
    with pytest.raises(BadSchema, match="line 3 is invalid"):
        compiled(XSD.format('<xs:element name="a" type="nobody"/>'))


def test_a_schema_may_say_any_encoding():
    """It was a file before it was a setting, and its text has none."""
    text = f'<?xml version="1.0" encoding="UTF-16"?>{PLATES}'

    assert compiled("\ufeff" + text) is not None


def test_a_schema_that_would_stop_the_server_is_refused():
    """By its length, and by bounds that the validator counts one by one."""
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


def test_service_schema_is_one_for_all_threads():
    """The text that another thread compiled is not compiled again."""
    mine, others = compiled(PLATES), []
    other = threading.Thread(target=lambda: others.append(compiled(PLATES)))
    other.start()
    other.join()

    assert others == [mine]


def test_threads_that_share_a_service_schema_get_their_own_breach():
    """Two payers at the same instant are each told of their own mistake."""
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


def test_the_sender_cannot_write_the_sentence():
    """A namespace that is spelled like an error does not become one."""
    space = "urn:service':(targa).Element'targa':"
    data = etree.fromstring(f'<altro xmlns="{space}"/>')

    breach = compiled(PLATES).breach(data)

    assert breach is not None
    assert space not in breach.description
    assert breach.element == "un elemento non previsto"
