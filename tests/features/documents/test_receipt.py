"""The receipt of a payment as PDF: every datum that is owed, whatever the message holds."""

import logging
import re
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.cli.main import main
from gpd_soap.features.documents import typesetting
from gpd_soap.features.documents.reading import (
    Difference,
    Item,
    attachments,
    read_pages,
    receipt_differences,
)
from gpd_soap.features.documents.reasons import Reason, Refused
from gpd_soap.features.documents.receipt import ReceiptPaper, receipt_name, receipt_paper
from gpd_soap.features.documents.receipts import Receipts, release_receipt
from gpd_soap.features.documents.release import DocumentDiffers
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.soap import codec, stored
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, BackOffice, Clock, prepare
from tests.api.paying import V1, V2, message, send
from tests.conftest import FreshDatabase
from tests.drawn import draws
from tests.features.documents.samples import NOW, letters, overlaps
from tests.messages.build import tags, transfer
from tests.validation.bodies import body, nav, option

DATA = {
    "companyName": "Comune di Esempio",
    "description": "/RFB/00000000001/10.00",
    "officeName": "Ufficio Tributi",
    "pspFiscalCode": "00000000001",
    "PSPCompanyName": "Banca di Esempio",
    "paymentMethod": "creditCard",
    "fee": "1.50",
    "paymentDateTime": "2026-07-16T09:58:31.123",
    "applicationDate": "2026-07-17",
    "transferDate": "2026-07-18",
}


def person(name: str, code: str) -> str:
    """Return a debtor or payer of a message."""
    identifier = tags(entityUniqueIdentifierType="F", entityUniqueIdentifierValue=code)
    return tags(uniqueIdentifier=identifier, fullName=name)


PEOPLE = {
    "debtor": person("Maria Esempio", "RSSMRA00A01A000A"),
    "payer": person("Luigi Verdi", "VRDLGU00A01A000A"),
}
OURS = ("--organization", ORGANIZATION)
STAMP = "PHN0YW1wLz4="


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


def sent(primitive: str = V2, **fields: Any) -> Any:
    """Return the receipt of a message as the store reads it."""
    payload = open_envelope(message(1, "r-1", primitive, **fields))
    assert not isinstance(payload, NotSoap)
    return codec.reader(stored.RECEIPTS[str(payload.tag)])(payload, None, None).receipt


def printed(subject: str | None = None, primitive: str = V2, **fields: Any) -> ReceiptPaper:
    """Return what is printed of a message."""
    return receipt_paper(sent(primitive, **{**DATA, **PEOPLE, **fields}), subject)


def text_of(pdf: bytes) -> str:
    """Return the text of all pages with single blanks."""
    return " ".join(page.text for page in read_pages(pdf))


@pytest.mark.parametrize("primitive", [V1, V2])
def test_receipt_has_the_nine_data_and_the_rest(typesetter: Typesetter, primitive: str):
    """Each of the data that the organization owes is on the page, with its name."""
    paper = printed("Tassa sui rifiuti 2026", primitive)
    text = text_of(release_receipt(typesetter, paper, NOW).pdf)
    number = nav(1)
    nine = {
        "Data e ora dell'operazione 16 luglio 2026, 09:58:31",
        "Data di applicazione 17 luglio 2026",
        f"Codice fiscale Ente Creditore {ORGANIZATION}",
        "Ente Creditore Comune di Esempio",
        f"IUV {number[1:]}",
        "Prestatore di servizi di pagamento Banca di Esempio",
        "Codice fiscale del PSP 00000000001",
        "ID transazione (paymentToken) r-1",
        "Importo 10,00",
        "Causale /RFB/00000000001/10.00",
    }
    rest = {
        "Ricevuta di pagamento",
        "Ufficio Ufficio Tributi",
        "Oggetto del pagamento Tassa sui rifiuti 2026",
        "Debitore Nome e cognome o ragione sociale Maria Esempio",
        "Codice fiscale o partita IVA RSSMRA00A01A000A",
        "Eseguito da Nome e cognome o ragione sociale Luigi Verdi",
        "Metodo di pagamento creditCard",
        "Commissione 1,50",
        "Totale 11,50",
        "pagoPA",
    }

    assert {each for each in nine | rest if each not in text} == set()


def test_datum_that_the_message_lacks_is_named_or_left_out(typesetter: Typesetter):
    """Dates are said to be missing; an anonymous debtor and an unknown payer are left out."""
    anonymous = person("ANONIMO", "ANONIMO")
    paper = receipt_paper(sent(debtor=anonymous), None)
    text = text_of(release_receipt(typesetter, paper, NOW).pdf)

    assert "Data e ora dell'operazione non indicata dal PSP" in text
    assert "Data di applicazione non indicata dal PSP" in text
    assert "Codice fiscale del PSP non indicato dal PSP" in text
    assert "Totale (commissioni escluse) 10,00" in text
    for word in ("ANONIMO", "Debitore", "Eseguito da", "Commissione", "Causale:", "Ufficio"):
        assert word not in text


def test_every_beneficiary_and_stamp_is_listed(typesetter: Typesetter):
    """The part of each has its own line, and a stamp is named and not printed."""
    parts = (
        transfer(1, "6.00")
        + transfer(2, "3.00", organization="88888888888", company="Provincia di Esempio")
        + transfer(3, "1.00", None, attachment=STAMP)
    )
    paper = printed(transferList=parts)
    text = text_of(release_receipt(typesetter, paper, NOW).pdf)

    assert [(s.number, s.beneficiary, s.fiscal_code, s.amount, s.stamp) for s in paper.parts] == [
        (1, "Comune di Esempio", ORGANIZATION, "6,00", False),
        (2, "Provincia di Esempio", "88888888888", "3,00", False),
        (3, "Comune di Esempio", ORGANIZATION, "1,00", True),
    ]
    assert "Provincia di Esempio 88888888888" in text
    assert text.count("Marca da bollo digitale, allegata alla ricevuta elettronica") == 1
    assert STAMP not in text


def test_message_is_embedded_on_request(typesetter: Typesetter):
    """The document is then PDF/A-3a, and has the message byte for byte; else it is PDF/A-2a."""
    paper, xml = printed(), '<?xml version="1.0"?><a>è \u20ac</a>'.encode()
    alone = release_receipt(typesetter, paper, NOW).pdf
    embedded = release_receipt(typesetter, paper, NOW, xml).pdf

    assert attachments(alone) == []
    assert attachments(embedded) == [xml]
    assert b"pdfaid:part>2<" in alone
    assert b"pdfaid:part>3<" in embedded
    assert b"/AFRelationship" in embedded
    for pdf in (alone, embedded):
        for words in (rb"pdfaid:conformance>A<", rb"pdfuaid:part>1<", rb"/S ?/H1", rb"/S ?/H2",
                      rb"/S ?/Table", rb"/S ?/TH", rb"/DisplayDocTitle true"):  # fmt: skip
            assert re.search(words, pdf), words


def test_receipt_is_read_back_before_it_is_released(
    typesetter: Typesetter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Another amount, number, organization or id differs; the log has no personal data."""
    paper = printed()
    pdf = typesetter.receipt(paper, NOW)
    changed = {row.name: row for row in paper.paid}
    for item, name, value in (
        (Item.NUMBER, "Codice Avviso", nav(2)),
        (Item.ORGANIZATION, "Codice fiscale Ente Creditore", "88888888888"),
        (Item.RECEIPT_ID, "ID transazione (paymentToken)", "r-2"),
    ):
        rows = {**changed, name: changed[name]._replace(value=value)}
        other = paper._replace(paid=tuple(rows.values()))
        assert receipt_differences(pdf, other, None) == [Difference(1, item)]
    for other in (
        paper._replace(amount="10,01"),
        paper._replace(total="10,00"),
        paper._replace(fee=None),
    ):
        assert receipt_differences(pdf, other, None) == [Difference(1, Item.AMOUNT)]
    assert receipt_differences(pdf, paper, b"<a/>") == [Difference(1, Item.MESSAGE)]

    right = typesetting.receipt_data
    wrong = paper._replace(amount="9,99")
    monkeypatch.setattr(typesetting, "receipt_data", lambda _, message: right(wrong, message))
    with caplog.at_level(logging.ERROR), pytest.raises(DocumentDiffers):
        release_receipt(typesetter, paper, NOW)
    assert "printed amount" in caplog.text
    assert not any(text in caplog.text for text in ("Maria", "RSSMRA", "Verdi"))


HOSTILE = "#panic() $x$ *b* <label> \u202eoiraM\u202c \u2066x\u2069 \"]}'"


def test_texts_are_never_a_template_and_the_longest_fit(typesetter: Typesetter):
    """A receiptId of any length stays whole; texts flow over pages and cover nothing."""
    parts = "".join(transfer(n, "2.00", company=70 * "W ") for n in range(1, 6))
    model = sent(**{**DATA, **PEOPLE, "transferList": parts})
    model.receiptId, model.companyName, model.officeName = 300 * "x-1", 140 * "W", 140 * "W"
    model.description, model.debtor.fullName, model.PSPCompanyName = HOSTILE, 70 * "W", 70 * "W"
    paper = receipt_paper(model, 140 * "W ")
    pdf = release_receipt(typesetter, paper, NOW).pdf
    text = text_of(pdf)

    assert 300 * "x1" in re.sub(r"[\s\x02\ufffe-]", "", text)
    assert '#panic() $x$ *b* <label> oiraM x "]}' in text
    for index in range(len(pypdfium2.PdfDocument(pdf))):
        boxes = letters(pdf, index)
        assert max(box[2] for box in boxes) <= 200
        assert max(box[3] for box in boxes) <= 292
        assert overlaps(boxes) == 0


@draws(25)
@given(name=st.text(max_size=200), subject=st.text(max_size=300), token=st.text(max_size=80))
def test_any_text_is_printed(typesetter: Typesetter, name: str, subject: str, token: str):
    """Whatever the texts are, the document is made, and its data are on it."""
    model = sent(**{**DATA, **PEOPLE})
    model.debtor.fullName, model.receiptId = name, f"r{token}"
    paper = receipt_paper(model, subject)

    assert release_receipt(typesetter, paper, NOW).pdf


def test_equal_receipt_has_equal_bytes_and_a_safe_file_name(typesetter: Typesetter):
    """The name has no path, whatever the receiptId contains."""
    paper = printed()
    assert typesetter.receipt(paper, NOW) == Typesetter().receipt(paper, NOW)
    assert receipt_name(paper) == f"ricevuta-{ORGANIZATION}-{nav(1)}-r-1.pdf"
    hostile = receipt_name(paper._replace(receipt_id="../../etc/passwd\0"))
    assert re.fullmatch(r"ricevuta-[0-9]{11}-[0-9]{18}-[~A-Za-z0-9_.-]+\.pdf", hostile)
    assert ".." not in hostile


def test_date_in_winter_is_in_rome():
    """The Node's times without zone are Rome's."""
    paper = printed(paymentDateTime="2026-01-31T23:59:59", applicationDate="2026-02-01")
    values = {row.name: row.value for row in paper.paid}

    assert values["Data e ora dell'operazione"] == "31 gennaio 2026, 23:59:59"
    assert sent(**DATA).applicationDate == date(2026, 7, 17)


def filled(url: str) -> None:
    """Create a database with a paid notice, and a receipt of no payment."""
    prepare(url)
    store = Store(url)
    office = BackOffice(store, Clock())
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, "r-1", **DATA, **PEOPLE)) == "OK"
    assert send(office, message(2, "r-2", outcome="KO")) == "OK"
    store.close()


@pytest.fixture
def database(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a new database like that, which the commands use."""
    url = fresh_database("sqlite", filled)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    monkeypatch.delenv("GPD_CONFIG", raising=False)
    return url


def test_stored_receipt_is_printed_with_its_notice(database: str, typesetter: Typesetter):
    """The description of the notice stands before the causale, and the message can be inside."""
    store = Store(database)
    receipts = Receipts(store, typesetter)
    released = receipts.of_receipt(ORGANIZATION, "r-1", embed=True)

    assert not isinstance(released, Refused)
    subject = {row.name: row.value for row in released.paper.paid}["Oggetto del pagamento"]
    assert subject == option(1)["description"]
    [xml] = attachments(released.pdf)
    assert b"<receiptId>r-1</receiptId>" in xml
    again = receipts.of_receipt(ORGANIZATION, "r-1", embed=True)
    assert not isinstance(again, Refused)
    assert again.pdf == released.pdf
    assert receipts.of_receipt(ORGANIZATION, "r-9") == Refused(Reason.UNKNOWN_RECEIPT, None)
    assert receipts.of_receipt(ORGANIZATION, "../x") == Refused(Reason.UNKNOWN_RECEIPT, None)
    assert receipts.of_receipt("88888888888", "r-1") == Refused(Reason.UNKNOWN_RECEIPT, None)
    assert receipts.of_receipt(ORGANIZATION, "r-2") == Refused(Reason.NOT_PAID, nav(2))
    with store.begin() as connection:
        connection.execute(tables.receipt.update().values(raw=b""))
    assert receipts.of_receipt(ORGANIZATION, "r-1") == Refused(Reason.ERASED, None)
    store.close()


@pytest.mark.usefixtures("database")
def test_command_writes_the_receipt_or_its_reason(tmp_path: Path):
    """`gpd-soap receipt ID -o FILE`; the reason is one line in Italian, and no file is made."""
    file, other = tmp_path / "a.pdf", tmp_path / "b.pdf"
    ended = CliRunner().invoke(main, ["receipt", "r-1", "-o", str(file), "--embed", *OURS])
    refused = CliRunner().invoke(main, ["receipt", "r-2", "-o", str(other), *OURS])

    assert ended.exit_code == 0, ended.output
    assert len(attachments(file.read_bytes())) == 1
    assert (refused.exit_code, other.exists()) == (1, False)
    assert Reason.NOT_PAID in refused.output
