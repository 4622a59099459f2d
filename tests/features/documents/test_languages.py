"""Notices in two languages: the prescribed texts of both, on as many pages, and nothing covered."""

import json
import re
import zlib
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest

from gpd_soap.features.documents import languages, wordings
from gpd_soap.features.documents.languages import ITALIAN, OFFERED, Languages, parse, phrase
from gpd_soap.features.documents.notice import Issuer, Paper
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import differences, read_pages
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents.samples import (
    DEBTOR,
    ISSUER,
    NOW,
    beside,
    fine,
    letters,
    marks,
    option,
    overlaps,
    paper,
    plan,
)

OTHERS = [each for each in OFFERED.values() if each != ITALIAN]
GREY = (0x7C, 0x7C, 0x7B)


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


def check(typesetter: Typesetter, printed: Paper) -> bytes:
    """Return the document of a paper, of which nothing differs when it is read back."""
    pdf = typesetter.notice(printed, NOW)
    meant = [page.portions for page in pages_of(printed)]
    assert differences(pdf, meant, printed.languages.first) == []
    return pdf


def squeezed(text: str) -> str:
    """Return a text without blanks and the hyphens at the ends of lines, in capitals."""
    return re.sub(r"[\s\u00ad\x02\ufffe-]", "", text).upper()


def colours(pdf: bytes) -> set[tuple[int, ...]]:
    """Return the colours of the letters on the first page."""
    raw = pypdfium2.raw
    page = pypdfium2.PdfDocument(pdf)[0]
    shown = set()
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
        parts = [pypdfium2.raw.c_uint() for _ in range(4)]
        raw.FPDFPageObj_GetFillColor(each, *parts)
        shown.add(tuple(part.value for part in parts[:3]))
    return shown


def test_italian_and_each_second_language_are_offered():
    """Each in grey beside Italian, as an equal of it, or alone."""
    assert set(OFFERED) == {
        "it", "it-en", "it-de", "it-fr", "it-sl", "it+en", "it+de", "it+fr", "it+sl",
        "en", "de", "fr", "sl",
    }  # fmt: skip
    assert parse("it+de") == Languages("de", equal=True)
    assert all(parse(str(each)) == each for each in OFFERED.values())
    assert [parse(name) for name in ("la", "it-la", "it-it", "", "IT", "de-it")] == [None] * 6


def test_language_that_lacks_a_text_is_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ladin has no prescribed text, and a file of a part of the texts offers nothing."""
    texts = dict(languages.TEXTS)
    texts["lld"] = {name: text for name, text in texts["it"].items() if name != "legal"}
    for name, each in texts.items():
        content = {"guide": each, "renderer": {}}
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(languages, "LOCALES", tmp_path)
    read = languages.texts()

    assert set(read) == {"it", "en", "de", "fr", "sl", "lld"}
    assert "lld" not in languages.complete(read)
    assert languages.complete(read) == languages.SECOND


@pytest.mark.parametrize("file", sorted(languages.LOCALES.glob("*.json")), ids=lambda f: f.stem)
def test_each_text_has_one_source(file: Path):
    """It stands in pagoPA's guide, or else in pagoPA's own renderer; both are named."""
    content = json.loads(file.read_text(encoding="utf-8"))

    assert set(content) == {"sources", "guide", "renderer"}
    assert set(content["sources"]) == {"guide", "renderer"}
    assert not set(content["guide"]) & set(content["renderer"])
    assert all(text.strip() == text != "" for text in languages.TEXTS[file.stem].values())


def test_name_of_an_organization_is_no_format():
    """Braces in it stay braces, and what it names is not filled in again."""
    [piece] = phrase(ITALIAN, "onlineSite", company="{company} {0} {count}")

    assert "sul sito di {company} {0} {count}, dal tuo" in piece.text


def test_text_that_is_the_same_in_both_languages_stands_once():
    """German has the Italian word for an installment."""
    assert len(phrase(Languages("de"), "rate", number="1")) == 2
    assert len(phrase(Languages("de"), "euro")) == 1


def cases(spoken: Languages) -> dict[str, Paper]:
    """Return a paper of each kind in these languages."""
    both = Issuer(*ISSUER[:4], has_site=True, has_app=True)
    return {
        "single": paper(option(1), languages=spoken),
        "slip": paper(option(1, slip=True), languages=spoken, issuer=both),
        "plan": paper(option(1), *plan(2), languages=spoken),
        "plan of three": paper(*plan(3), languages=spoken),
        "plan with slips": paper(option(1, slip=True), *plan(5, slip=True), languages=spoken),
        "fine": fine(slip=False, languages=spoken),
        "fine with slips": fine(slip=True, languages=spoken),
    }


@pytest.mark.parametrize("spoken", OTHERS, ids=str)
def test_every_kind_says_everything_in_its_languages_on_as_many_pages(
    typesetter: Typesetter, spoken: Languages
):
    """Each prescribed text is there in each language, and no letter covers another."""
    alone = cases(ITALIAN)
    for kind, printed in cases(spoken).items():
        pdf = check(typesetter, printed)
        text = squeezed("".join(page.text for page in read_pages(pdf)))
        texts = [*wordings.plain(spoken).items(), ("", wordings.installments(printed)),
                ("", wordings.online(spoken, printed.issuer, printed.company))]  # fmt: skip
        names = set(NAMES["fine" if printed.fine else "amount"])
        names -= set() if printed.has_slips else set(wordings.SLIP)
        names -= set() if printed.rates else {"scanAbove"}
        names -= set() if printed.single or printed.fine else {"scanBeside", "data"}
        missing = [
            piece
            for name, pieces in texts
            if name in names or name == ""
            for piece in pieces
            if squeezed(piece.text) not in text
        ]

        assert missing == [], kind
        assert len(pages_of(printed)) == len(pages_of(alone[kind])), kind
        for index in range(len(pypdfium2.PdfDocument(pdf))):
            boxes = letters(pdf, index)
            assert max(box[2] for box in boxes) <= 203, kind
            assert max(box[3] for box in boxes) <= 292, kind
            assert overlaps(boxes) == 0, kind


FINE = {
    "discounted", "reduced", "discountedTerm", "reducedTerm", "deadlines", "deadlinesText",
    "unclaimed", "unclaimedText", "chooseAmount",
}  # fmt: skip
COMMON = {*wordings.PLAIN, *wordings.SLIP} - FINE
#: Texts that stand on the page of one amount, and on that of a fine.
NAMES = {
    "amount": COMMON - {"amountBy", "by", "cbill", "payeeData", "subject"},
    "fine": (COMMON | FINE) - {"legal", "amount", "amountBy", "by"},
}


@pytest.mark.parametrize("spoken", OTHERS, ids=str)
def test_longest_fields_cover_nothing_in_other_languages(typesetter: Typesetter, spoken: Languages):
    """No letter leaves the page, covers another, or comes near a code."""
    word = "Precipitevolissime "
    debtor = DEBTOR._replace(full_name=(70 * word)[:70], street_name=(69 * word)[:69],
                             city=(60 * word)[:60])  # fmt: skip
    info, cbill, holder, authorisation = ((n * word)[:n] for n in (100, 16, 50, 40))
    issuer = Issuer(info, cbill, holder, authorisation, has_site=True, has_app=True)
    printed = paper(
        option(1, 9_999_999_999, slip=True, description=(90 * word)[:90]),
        *(each._replace(amount=9_999_999_999) for each in plan(3, slip=True)),
        issuer=issuer, debtor=debtor, company_name=(100 * word)[:100], office_name=(50 * word)[:50],
        languages=spoken,
    )  # fmt: skip
    pdf = check(typesetter, printed)

    for index in range(2):
        boxes = letters(pdf, index)
        assert max(box[2] for box in boxes) <= 203
        assert max(box[3] for box in boxes) <= 292
        assert overlaps(boxes) == 0
        for content, mark in marks(pdf, index):
            distance = 2.6 if content.startswith("PAGOPA") else 1
            assert [box for box in boxes if beside(box, mark, distance)] == []


def test_second_language_is_grey_and_an_equal_one_is_black(typesetter: Typesetter):
    """Perfect bilingualism has one colour, and the slip in both languages."""
    second = check(typesetter, paper(option(1, slip=True), languages=Languages("de")))
    equal = check(typesetter, paper(option(1, slip=True), languages=Languages("de", equal=True)))

    assert GREY in colours(second)
    assert GREY not in colours(equal)
    assert "Posterlagschein" not in read_pages(second)[0].text
    assert "POSTERLAGSCHEIN" in read_pages(equal)[0].text


def test_second_language_is_marked_for_screen_readers(typesetter: Typesetter):
    """Its texts carry their own language; the document stays Italian."""
    pdf = check(typesetter, paper(option(1, slip=True), languages=Languages("sl")))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    content = b"".join(zlib.decompress(each) for each in streams if each.startswith(b"x"))

    assert content.count(b"/Lang(sl)") + content.count(b"/Lang (sl)") >= 20
    assert re.search(rb"/Lang ?\(it-IT\)", pdf)


@pytest.mark.parametrize("spoken", languages.SECOND)
def test_notice_in_another_language_alone_is_for_an_addressee_abroad(
    typesetter: Typesetter, spoken: str
):
    """Nothing prescribed stands there in Italian, and the document says its language."""
    printed = paper(
        option(1, 102_099, slip=True), *plan(1, slip=True), languages=Languages(alone=spoken)
    )
    pdf = check(typesetter, printed)
    text = squeezed("".join(page.text for page in read_pages(pdf)))
    italian, own = languages.TEXTS["it"], languages.TEXTS[spoken]
    names = set(italian) - {"amountBy", "by", "cbill", "euro", "rate", "payeeData", "subject"}

    assert [name for name in names if italian[name] != own[name]
            and squeezed(italian[name].partition("{")[0]) in text] == []  # fmt: skip
    for name in ("abroadOnline", "abroadOnlineText", "abroadLocalText", "slipText"):
        assert squeezed(own[name]) in text, name
    assert squeezed(own["online"]) not in text
    assert ("1,020.99" if spoken == "en" else "1.020,99") in text
    assert re.search(rf"/Lang ?\({spoken}\)".encode(), pdf)
    assert b"it-IT" not in pdf
    assert read_title(pdf).startswith(own["title"])


def read_title(pdf: bytes) -> str:
    """Return the title in the document's metadata."""
    return str(pypdfium2.PdfDocument(pdf).get_metadata_value("Title"))
