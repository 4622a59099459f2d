"""Makes the PDFs: one compiled template for each kind, data as JSON, PDF/A-2a and PDF/UA-1.

Fonts are those of two packages and those inside typst; no font of the system is read, and nothing
is fetched.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import fontpkg_roboto_mono
import fontpkg_titillium_web
import typst

from gpd_soap.features.documents import codes, wordings
from gpd_soap.features.documents.notice import Paper, Portion
from gpd_soap.features.documents.pages import THREE, Page, pages_of
from gpd_soap.features.documents.receipt import ReceiptPaper
from gpd_soap.features.documents.symbols import data_matrix_svg, qr_svg

TEMPLATES = Path(__file__).with_name("templates")
#: Millimetres by which the parts below the office line move up where there is none.
OFFICE_LINE = 3.9
#: Millimetres by which installments move down on page 1: below the single payment, or without it.
BELOW_SINGLE, WITHOUT_SINGLE = 153.7, 96.8
#: Millimetres between rows of installments, by columns.
PITCH = {2: 82.2, THREE: 78}

#: Letters of a word that may be broken, and those between two breaks.
LONG_WORD, CHUNK = 25, 12
# SPEC: L'avviso di pagamento 3.5.1: a logo is 30 mm wide and high at most.
LOGO = 30


Archival = Literal["a-2a", "a-3a"]
ARCHIVAL: Archival = "a-2a"
#: PDF/A-2 forbids embedded files that are no PDF/A; PDF/A-3 allows them.
ARCHIVAL_WITH_FILES: Archival = "a-3a"


class Typesetter:
    """Compiles documents.  Threads may part it: one document is made at a time."""

    def __init__(self) -> None:
        """Read the fonts once for any number of documents."""
        packages = (fontpkg_titillium_web, fontpkg_roboto_mono)
        self._fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=True,
            font_paths=[str(Path(package.ROOT) / "files") for package in packages],
        )
        self._compilers: dict[str, typst.Compiler] = {}
        self._lock = threading.Lock()

    def notice(self, paper: Paper, made_at: datetime) -> bytes:
        """Return the PDF of a notice; equal arguments give equal bytes.

        Raises RuntimeError if the template fails or warns, without the text of the notice.
        """
        return self._pdf("notice", _data(paper, pages_of(paper)), made_at, ARCHIVAL)

    def receipt(
        self, paper: ReceiptPaper, made_at: datetime, message: bytes | None = None
    ) -> bytes:
        """Return the PDF of a receipt; a message in UTF-8 becomes a file inside it.

        Raises RuntimeError if the template fails or warns, without the text of the receipt.
        """
        archival = ARCHIVAL if message is None else ARCHIVAL_WITH_FILES
        return self._pdf("receipt", receipt_data(paper, message), made_at, archival)

    def _pdf(self, kind: str, data: dict[str, Any], made_at: datetime, archival: Archival) -> bytes:
        inputs = {"data": json.dumps(data, ensure_ascii=True)}
        try:
            with self._lock:
                pdf, warnings = self._compiler(kind).compile_with_warnings(
                    format="pdf",
                    sys_inputs=inputs,
                    pdf_standards=[archival, "ua-1"],
                    timestamp=int(made_at.timestamp()),
                )
        except typst.TypstError as error:
            # WHY: the message of typst may quote a text of the document.
            raise RuntimeError("typst could not make the document") from error
        if warnings or not isinstance(pdf, bytes):
            raise RuntimeError(f"typst made the document with {len(warnings)} warnings")
        return pdf

    def _compiler(self, kind: str) -> typst.Compiler:
        """Return the compiler of a template, which is read once."""
        if kind not in self._compilers:
            self._compilers[kind] = typst.Compiler(
                TEMPLATES / f"{kind}.typ",
                root=TEMPLATES,
                font_paths=self._fonts,
                ignore_system_fonts=True,
                # WHY: packages of typst's registry would be fetched; an empty folder holds none.
                package_path=TEMPLATES,
                package_cache_path=TEMPLATES,
            )
        return self._compilers[kind]


def receipt_data(paper: ReceiptPaper, message: bytes | None) -> dict[str, Any]:
    """Return what the template of a receipt prints."""
    total = "Totale" if paper.fee is not None else "Totale (commissioni escluse)"
    sums = [("Importo", paper.amount), ("Commissione", paper.fee), (total, paper.total)]
    return {
        "title": f"Ricevuta di pagamento {paper.number}",
        "footer": f"Ricevuta emessa tramite pagoPA. ID transazione {paper.receipt_id[:70]}",
        "company": paper.company,
        "paid": paper.paid,
        "people": paper.people,
        "provider": paper.provider,
        "parts": [part._asdict() for part in paper.parts],
        "sums": [(name, value) for name, value in sums if value is not None],
        "message": None if message is None else message.decode("utf-8"),
        "attachment": "ricevuta.xml",
    }


def _data(paper: Paper, pages: tuple[Page, ...]) -> dict[str, Any]:
    """Return what the template prints: texts, pictures, and where the parts of a page begin."""
    first = paper.portions[0]
    languages = paper.languages
    dates = {portion.due for portion in paper.portions}
    [due] = dates if len(paper.portions) == 1 else {paper.single.due if paper.single else None}
    total = paper.single.qr.amount if paper.single else sum(p.qr.amount for p in paper.rates)
    has_date = bool(paper.fine) or dates != {None}
    return {
        "title": f"{wordings.title(languages)} {first.qr.nav}",
        "lang": languages.first,
        "equal": languages.equal,
        "texts": _pieces(wordings.plain(languages)),
        "company": paper.company,
        "office": paper.office,
        "logo": _logo(paper),
        "info": paper.issuer.info or "",
        "organization": paper.organization,
        "cbill": paper.issuer.cbill or "",
        "holder": paper.issuer.account_holder or "",
        "authorisation": paper.issuer.authorisation or "",
        "person": paper.person,
        "person-code": paper.person_code,
        "address": paper.address,
        "subject": first.subject,
        "question": _spoken(wordings.question(languages, has_date=has_date)),
        "amount": codes.euro(total, languages.first),
        "due": due,
        "fine": [codes.euro(each.qr.amount, languages.first) for each in paper.fine],
        "installments": _spoken(wordings.installments(paper)),
        "online-text": _spoken(wordings.online(languages, paper.issuer, breakable(paper.company))),
        "up": 0 if paper.office else OFFICE_LINE,
        "pages": [_page(page, paper) for page in pages],
    }


def breakable(text: str) -> str:
    """Return a text whose very long words may be broken, as the template breaks other texts."""
    return " ".join(
        "\u200b".join(word[n : n + CHUNK] for n in range(0, len(word), CHUNK))
        if len(word) > LONG_WORD
        else word
        for word in text.split(" ")
    )


def _spoken(phrase: wordings.Phrase) -> list[dict[str, str]]:
    return [piece._asdict() for piece in phrase]


def _pieces(phrases: dict[str, wordings.Phrase]) -> dict[str, list[dict[str, str]]]:
    return {name: _spoken(phrase) for name, phrase in phrases.items()}


def _page(page: Page, paper: Paper) -> dict[str, Any]:
    up = 0 if paper.office else OFFICE_LINE
    down = 0.0
    if page.is_first:
        down = (BELOW_SINGLE if page.single else WITHOUT_SINGLE) - up
    return {
        "is-first": page.is_first,
        "single": page.single and _portion(page.single, paper),
        "fine": [_portion(portion, paper) for portion in page.fine],
        "columns": page.columns,
        "rows": [[_portion(portion, paper) for portion in row] for row in page.rows],
        "has-slips": page.has_slips,
        "down": down,
        "pitch": PITCH[page.columns],
    }


def _portion(portion: Portion, paper: Paper) -> dict[str, Any]:
    amount = codes.euro(portion.qr.amount, paper.languages.first)
    nav = codes.in_fours(portion.qr.nav)
    name_of_qr, name_of_matrix = wordings.codes_in_words(paper.languages, nav, amount)
    slip = portion.slip and {
        "account": portion.slip.account.lstrip("0"),
        "svg": data_matrix_svg(codes.data_matrix_text(portion.slip)),
        "alt": name_of_matrix,
        "name-with-date": _spoken(
            wordings.name_with_date(wordings.slip_languages(paper.languages), portion)
        ),
    }
    return {
        "name": _spoken(wordings.name_of(paper.languages, portion)),
        "name-with-date": _spoken(wordings.name_with_date(paper.languages, portion)),
        "due": portion.due,
        "amount": amount,
        "nav": nav,
        "subject": portion.subject,
        "svg": qr_svg(codes.qr_text(portion.qr)),
        "alt": name_of_qr,
        "slip": slip,
    }


def _logo(paper: Paper) -> tuple[str, float, float] | None:
    """Return the organization's logo with its size in millimetres, or None without one."""
    logo = paper.issuer.logo
    if logo is None:
        return None
    scale = LOGO / max(logo.width, logo.height)
    return logo.svg, logo.width * scale, logo.height * scale
