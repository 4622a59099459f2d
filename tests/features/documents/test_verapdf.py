"""PDF/A and PDF/UA by veraPDF, which implements the rules that a program can check.

`make verapdf` installs veraPDF and runs these.
"""

import subprocess
from pathlib import Path

import pytest

from gpd_soap.features.documents.languages import OFFERED
from gpd_soap.features.documents.reading import attachments
from gpd_soap.features.documents.typesetting import Typesetter
from tests.features.documents import gallery
from tests.features.documents.samples import NOW, option, paper, plan
from tests.features.documents.test_receipt import printed

pytestmark = pytest.mark.verapdf

MESSAGE = b"<ricevuta/>"
#: LIMIT: seconds for some 40 validations on a busy machine.
LONG = 300


def validate(folder: Path, flavours: str, documents: dict[str, bytes]) -> dict[str, str]:
    """Return by name and flavour what veraPDF says: `valid`, or the rules that are broken."""
    for name, pdf in documents.items():
        (folder / f"{name}.pdf").write_bytes(pdf)
    files = [f"{name}.pdf" for name in documents]
    ended = subprocess.run(
        ["/usr/local/bin/verapdf", flavours, *files],
        cwd=folder, capture_output=True, text=True, check=False, timeout=LONG,
    )  # fmt: skip
    lines = [line.split(" ", 2) for line in ended.stdout.splitlines() if ".pdf " in line]
    assert len(lines) == len(documents) * len(flavours.split(",")), ended.stderr
    return {f"{file.removesuffix('.pdf')} {flavour}": verdict for file, flavour, verdict in lines}


def test_every_kind_and_language_is_pdf_a_2a_and_pdf_ua_1(tmp_path: Path):
    """Each picture of the README is of a valid document."""
    made = {name: pdf for name, pdf, _ in gallery.documents()}
    typesetter = Typesetter()
    for name, spoken in OFFERED.items():
        each = paper(option(1, slip=True), *plan(3, slip=True), languages=spoken)
        made[f"notice {name}".replace(" ", "-")] = typesetter.notice(each, NOW)
    verdicts = validate(tmp_path, "2a,ua1", made)

    assert len(verdicts) == 2 * (len(OFFERED) + 10)
    assert {name: each for name, each in verdicts.items() if each != "valid"} == {}


def test_receipt_with_its_message_is_pdf_a_3a_and_pdf_ua_1(tmp_path: Path):
    """PDF/A-2 forbids the file inside."""
    pdf = Typesetter().receipt(printed("Tassa sui rifiuti 2026"), NOW, MESSAGE)
    verdicts = validate(tmp_path, "3a,ua1,2a", {"receipt": pdf})

    assert attachments(pdf) == [MESSAGE]
    assert (verdicts["receipt 3a"], verdicts["receipt ua1"]) == ("valid", "valid")
    assert verdicts["receipt 2a"] != "valid"


@pytest.mark.parametrize(
    ("part", "instead", "flavour", "rule"),
    [
        (b"/DisplayDocTitle true", b"/DisplayDocTitle null", "ua1", "7.1-10"),
        (b"/Marked true", b"/Marked null", "2a", "6.7.2.2-1"),
        (b"<pdfuaid:part>1</pdfuaid:part>", b"<pdfuaid:part>7</pdfuaid:part>", "ua1", "5-2"),
    ],
)
def test_document_that_breaks_a_rule_is_discovered(
    tmp_path: Path, part: bytes, instead: bytes, flavour: str, rule: str
):
    """What the other tests call valid was really looked at."""
    pdf = Typesetter().notice(paper(option(1)), NOW)
    assert part in pdf
    verdicts = validate(tmp_path, flavour, {"broken": pdf.replace(part, instead)})

    assert f"{rule}=" in verdicts[f"broken {flavour}"]
