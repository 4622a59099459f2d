"""The finished page: measures in millimetres, texts, archival form, and hostile texts."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest

from gpd_soap.features.documents import cleaning, languages, wordings
from gpd_soap.features.documents.notice import Issuer, Paper
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import differences, read_pages
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents.samples import (
    DEBTOR,
    ISSUER,
    NOW,
    ORGANIZATION,
    beside,
    letters,
    marks,
    on_page,
    option,
    overlaps,
    paper,
    plan,
)

#: Millimetres by which a letter may stand beside its measure: bearings and overshoots of glyphs.
NEAR = 0.6
#: The texts of traffic fines.
FINE = {
    "discounted", "reduced", "discountedTerm", "reducedTerm", "deadlines", "deadlinesText",
    "unclaimed", "unclaimedText", "chooseAmount",
}  # fmt: skip
HOSTILE = [
    '#panic() #import "@preview/cetz:0.1.0" $x$ `raw` *b* _i_ <label> @ref // /* \\u{41}',
    "Rossi\u202eoiraM\u202c \u200f\u2066x\u2069",
    10_000 * "w",
    10_000 * "a ",
    "nul\x00 bell\x07 escape\x1b[31m",
    '{"a": "]}\'--" & < > %s {0}',
    "شركة 山田太郎 😀 Ελλάδα Москва",
    "",
]


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


def text_of(pdf: bytes) -> str:
    """Return the text of all pages with single blanks."""
    return " ".join(page.text for page in read_pages(pdf))


def check(typesetter: Typesetter, printed: Paper) -> bytes:
    """Return the document of a paper, of which nothing differs when it is read back."""
    pdf = typesetter.notice(printed, NOW)
    assert differences(pdf, [page.portions for page in pages_of(printed)]) == []
    return pdf


def test_single_notice_with_slip_has_the_measures_of_the_model(typesetter: Typesetter):
    """Each part begins where the official notice has it, within 0.6 mm."""
    pdf = check(typesetter, paper(option(1, slip=True)))
    corner = on_page(pdf)
    expected = {
        "Avviso di pagamento": (29, 10.6),
        "Tassa sui rifiuti 2026": (10, 25),
        "ENTE CREDITORE": (10, 46.3),
        "DESTINATARIO": (114, 46.3),
        "Comune di Esempio": (10, 58.8),
        "Maria Esempio": (114, 58.8),
        "Ufficio Tributi": (10, 71),
        "Via Roma 12": (114, 77),
        "tel. 06": (10, 82.4),
        "QUANTO E QUANDO": (10, 92.1),
        "DOVE PAGARE?": (114, 92.1),
        "Importo": (10, 104.3),
        "31/12/2026": (72, 108.4),
        "In fase di": (16, 118.8),
        "Paga con": (114, 104.3),
        "Paga sul": (114, 120.7),
        "DATI PER IL": (10, 143.2),
        "Inquadra il": (10, 185),
        "Destinatario": (59, 155),
        "Ente creditore": (59, 164),
        "Oggetto del": (59, 173.6),
        "Cod. CBILL": (59, 185),
        "Cod. Avviso": (94, 185),
        "A0EDT": (59, 190),
        "BOLLETTINO": (10, 204.1),
        "123456": (85, 217.8),
        "Intestato a": (59, 229.8),
        "Oggetto pag": (59, 240.3),
        "Codice Avviso": (59, 250.1),
        "Tipo": (116, 250.1),
        "P1": (116, 255.2),
        "AUT. DB": (10, 262.1),
    }

    for text, (x, y) in expected.items():
        measured: object = corner(text)
        assert measured == (pytest.approx(x, abs=NEAR), pytest.approx(y, abs=NEAR)), text


def test_codes_have_their_size_and_stand_where_the_model_has_them(typesetter: Typesetter):
    """QR code and Data Matrix are 25 mm wide, and 3 mm beside the QR code stay white."""
    pdf = check(typesetter, paper(option(1, slip=True)))
    by_kind = {text[:6]: mark for text, mark in marks(pdf)}
    qr: object = by_kind["PAGOPA"]
    matrix: object = by_kind["codfas"]

    assert qr == tuple(pytest.approx(each, abs=0.4) for each in (10, 154.8, 25, 25))
    assert matrix == tuple(pytest.approx(each, abs=0.6) for each in (175, 231.8, 25, 25))


def test_notice_without_office_moves_up(typesetter: Typesetter):
    """The parts below the office line stand 3.9 mm higher."""
    pdf = check(typesetter, paper(option(1, slip=True), office_name=None))
    by_kind = {text[:6]: mark for text, mark in marks(pdf)}

    assert by_kind["PAGOPA"].y == pytest.approx(150.9, abs=0.4)
    assert by_kind["codfas"].y == pytest.approx(227.9, abs=0.6)


def test_notice_without_slip_says_nothing_of_one(typesetter: Typesetter):
    """There is no Data Matrix, and no postal text."""
    pdf = check(typesetter, paper(option(1), issuer=Issuer()))

    assert [kind for kind, _ in read_pages(pdf)[0].codes] == ["QR code"]
    assert not re.search("bollettino|intestato|cbill|AUT", text_of(pdf), re.IGNORECASE)


@pytest.mark.parametrize("slip", [False, True])
def test_single_notice_has_every_prescribed_text(typesetter: Typesetter, *, slip: bool):
    """None of them is altered, shortened or missing."""
    text = text_of(check(typesetter, paper(option(1, slip=slip))))
    expected = {
        name: languages.TEXTS["it"][name]
        for name in (*wordings.PLAIN, *wordings.SLIP, "euro", "howMuchWhen", "onlineText")
        if name not in FINE and name != "scanAbove" and (slip or not name.startswith("slip"))
    }
    for capital in ("payee", "recipient", "where", "data", "slip", "howMuchWhen"):
        expected[capital] = languages.TEXTS["it"][capital].upper()
    if not slip:
        del expected["slip"]

    assert [each for each in expected.values() if each not in text] == []


@pytest.mark.parametrize(
    ("site", "app", "words"),
    [
        (True, False, "oppure sul sito di Comune di Esempio, dal tuo"),
        (False, True, "oppure sull'app di Comune di Esempio, dal tuo"),
        (True, True, "oppure sul sito o app di Comune di Esempio, dal tuo"),
    ],
)
def test_channels_of_the_organization_are_named(
    typesetter: Typesetter, *, site: bool, app: bool, words: str
):
    """The sentence about paying online follows the organization's channels."""
    issuer = ISSUER._replace(has_site=site, has_app=app)

    assert words in text_of(check(typesetter, paper(option(1), issuer=issuer)))


def test_notice_without_a_date_names_none(typesetter: Typesetter):
    """A date that is past leaves title and band without it."""
    late = option(1, due_at=NOW - timedelta(days=1), switch_to_expired=False)
    text = text_of(check(typesetter, paper(late)))

    assert "QUANTO PAGARE?" in text
    assert "Rata unica" in text
    assert "entro il" not in text


@pytest.mark.parametrize("slip", [False, True])
@pytest.mark.parametrize("count", [2, 3, 5, 7, 13])
@pytest.mark.parametrize("beside", [False, True])
def test_plan_is_printed_with_all_installments(
    typesetter: Typesetter, *, slip: bool, count: int, beside: bool
):
    """Every code of every page is read, with its amount and number in figures."""
    single = (option(1, slip=slip),) if beside else ()
    pdf = check(typesetter, paper(*single, *plan(count, slip=slip)))
    text = text_of(pdf)

    words = f"Puoi pagare {'per intero o ' if beside else ''}in {count} rate"
    assert words in text
    assert all(f"Rata {number}" in text for number in range(1, count + 1))


def test_installments_have_the_measures_of_the_models(typesetter: Typesetter):
    """Two in a row have codes of 25 mm, three of 20 mm, each at its column."""
    two = typesetter.notice(paper(option(1), *plan(2)), NOW)
    three = typesetter.notice(paper(option(1, slip=True), *plan(3, slip=True)), NOW)
    squares = sorted((m.x, m.y, m.width) for t, m in marks(two) if t.startswith("PAGOPA"))
    small = sorted((m.x, m.y, m.width) for t, m in marks(three, 1) if t.startswith("PAGOPA"))
    slips = sorted((m.y, m.x) for t, m in marks(three, 1) if t.startswith("codfase"))

    for read, expected in (
        (squares, [(10, 154.8, 25), (74, 209.6, 25), (175.2, 209.6, 25)]),
        (small, [(45.3, 56, 20), (112.7, 56, 20), (180.2, 56, 20)]),
        (slips, [(136.6, 175), (197.4, 175), (258.2, 175)]),
    ):
        assert len(read) == len(expected)
        for each, measure in zip(read, expected, strict=True):
            assert each == tuple(pytest.approx(v, abs=0.6) for v in measure)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_a_user_is_never_a_template(typesetter: Typesetter, text: str):
    """Whatever the texts are, the document is made and its codes are right."""
    debtor = DEBTOR._replace(full_name=text or "x", street_name=text, city=text, code="X")
    issuer = Issuer(text, text, text, text)
    printed = paper(
        option(1, slip=True, description=text), issuer=issuer, debtor=debtor, company_name=text,
        office_name=text,
    )  # fmt: skip
    pdf = check(typesetter, printed)

    assert len(pypdfium2.PdfDocument(pdf)) == 1
    for shown in (printed.person, printed.company, printed.office):
        assert "".join(shown.split()) in "".join(text_of(pdf).split())


@pytest.mark.parametrize("slip", [True, False])
@pytest.mark.parametrize("rates", [2, 3])
@pytest.mark.parametrize("word", ["W", "Precipitevolissime "])
def test_longest_fields_of_everything_cover_nothing(
    typesetter: Typesetter, word: str, rates: int, *, slip: bool
):
    """No letter leaves the page, covers another, or comes near a code, and none is lost."""
    debtor = DEBTOR._replace(full_name=(70 * word)[:70], street_name=(69 * word)[:69],
                             city=(60 * word)[:60])  # fmt: skip
    info, cbill, holder, authorisation = ((n * word)[:n] for n in (100, 16, 50, 40))
    issuer = Issuer(info, cbill, holder, authorisation, has_site=True, has_app=True)
    largest = 9_999_999_999 if slip else 99_999_999_999
    installments = (each._replace(amount=largest) for each in plan(rates, slip=slip))
    subject = (90 * word)[:90]
    printed = paper(
        option(1, largest, slip=slip, description=subject),
        *(each._replace(description=subject) for each in installments),
        issuer=issuer, debtor=debtor, company_name=(100 * word)[:100], office_name=(50 * word)[:50],
    )  # fmt: skip
    pdf = check(typesetter, printed)
    text = "".join(text_of(pdf).split())

    assert text.count("".join(printed.company.split())) >= 2
    for index in range(len(pypdfium2.PdfDocument(pdf))):
        boxes = letters(pdf, index)
        assert min(min(box) for box in boxes) >= 7
        assert max(box[2] for box in boxes) <= 203
        assert max(box[3] for box in boxes) <= 292
        assert overlaps(boxes) == 0
        for content, mark in marks(pdf, index):
            distance = 2.6 if content.startswith("PAGOPA") else 1
            assert [box for box in boxes if beside(box, mark, distance)] == []


def test_threads_share_a_typesetter(typesetter: Typesetter):
    """Four threads get the same bytes as one."""
    printed = paper(option(1, slip=True))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: check(typesetter, printed), range(8)))

    assert set(made) == {typesetter.notice(printed, NOW)}


def test_every_printable_character_is_in_the_fonts(typesetter: Typesetter):
    """The fonts have a glyph for each character that paper is said to show."""
    every = [chr(point) for point in range(0x2200) if cleaning.is_printed(chr(point))]
    lines = [" ".join(every[start : start + 40]) for start in range(0, len(every), 40)]
    assert len(every) > 400

    for line in lines:
        typesetter.notice(paper(option(1))._replace(office=line, person=line, company=line), NOW)


def test_document_claims_archival_and_accessible_form(typesetter: Typesetter):
    """Its metadata name PDF/A-2a and PDF/UA-1, its language and title, and it is tagged."""
    pdf = typesetter.notice(paper(option(1, slip=True)), NOW)
    document = pypdfium2.PdfDocument(pdf)

    for words in (
        rb"pdfaid:part>2<", rb"pdfaid:conformance>A<", rb"pdfuaid:part>1<", rb"/Lang ?\(it-IT\)",
        rb"/DisplayDocTitle true", rb"/MarkInfo", rb"/StructTreeRoot", rb"/S ?/H1", rb"/S ?/H2",
        rb"/Alt ?\(Codice QR per pagare l'avviso", rb"/Alt ?\(Codice Data Matrix del bollettino",
    ):  # fmt: skip
        assert re.search(words, pdf), words
    assert document.get_metadata_value("Title") == f"Avviso di pagamento {option(1).nav}"
    assert ORGANIZATION.encode() not in document.get_metadata_value("Author").encode()


def test_equal_notice_has_equal_bytes(typesetter: Typesetter):
    """Another typesetter makes the same document, and another instant another one."""
    printed = paper(option(1, slip=True))
    first = typesetter.notice(printed, NOW)

    assert Typesetter().notice(printed, NOW) == first
    assert typesetter.notice(printed, NOW + timedelta(days=1)) != first


def test_document_is_small_and_uses_the_packaged_fonts_alone(typesetter: Typesetter):
    """A page takes at most 60 KiB; no font of the system is in it."""
    pdf = typesetter.notice(paper(option(1, slip=True)), NOW)
    fonts = set(re.findall(rb"/FontName ?/[A-Z]{6}\+([\w-]+)", pdf))

    assert len(pdf) <= 60 * 1024
    assert fonts
    assert all(name.startswith((b"TitilliumWeb", b"RobotoMono")) for name in fonts), fonts


def test_template_has_no_evaluation_and_no_package():
    """The template reads its data and nothing else."""
    folder = Path(wordings.__file__).with_name("templates")
    for path in folder.glob("*.typ"):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|#import|#include|\bread\(|plugin\(", code)
