"""What an organization has stored is printed: its logo where the model has it, and its texts."""

import json
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest
from click.testing import CliRunner, Result

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.features.documents.issuer import issuer_of, languages_of, logo_of
from gpd_soap.features.documents.languages import ITALIAN, Languages
from gpd_soap.features.documents.notice import Issuer
from gpd_soap.features.documents.pages import pages_of
from gpd_soap.features.documents.reading import differences, read_pages
from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase, migrated
from tests.features.documents.samples import NOW, option, paper
from tests.validation.pictures import SVG, jpeg, png, svg

NUMBERS = {label: nav for nav, label, _ in demo.describe()}
DOTS = 300 / 25.4


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """Return one typesetter for all documents."""
    return Typesetter()


@pytest.fixture
def store(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the store of the demo, which the environment names."""
    address = fresh_database("sqlite", migrated)
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    store = Store(address)
    demo.install(store, utc_now())
    return store


def run(*options: str | Path) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(map(str, options)))


def dark(pdf: bytes) -> tuple[float, float, float, float]:
    """Return the box in millimetres of what is drawn in the corner that the logo has."""
    bitmap = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72, grayscale=True)
    rows = memoryview(bitmap.buffer).cast("B").cast("B", (bitmap.height, bitmap.stride))
    left, top, right, bottom = (int(each * DOTS) for each in (168, 2, 208, 43))
    shown = [
        (x, y) for y in range(top, bottom, 2) for x in range(left, right, 2) if rows[y, x] < 200
    ]
    xs, ys = [x / DOTS for x, _ in shown], [y / DOTS for _, y in shown]
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize(
    ("content", "box"),
    [
        (SVG, (170, 10, 200, 25)),
        (png(), (170, 10, 200, 30)),
        (jpeg(), (170, 10, 200, 40)),
        (svg('<rect width="10" height="20"/>', 'viewBox="0 0 10 20"'), (185, 10, 200, 40)),
    ],
)
def test_logo_stands_in_its_corner(typesetter: Typesetter, content: bytes, box: tuple[float, ...]):
    """It has 30 mm at most with its own proportions, and words for a screen reader."""
    printed = paper(option(1, slip=True), issuer=Issuer(logo=logo_of(content)))
    pdf = typesetter.notice(printed, NOW)

    assert differences(pdf, [page.portions for page in pages_of(printed)]) == []
    assert dark(pdf) == tuple(pytest.approx(each, abs=0.5) for each in box)  # type: ignore[comparison-overlap]  # approx equals a number
    assert b"(Logo: Comune di Esempio)" in pdf


def test_settings_are_what_is_printed():
    """Each field has its place; an unknown language of a later version is Italian."""
    print_settings = PrintSettings(
        "i", "C", "h", "a", site=True, app=True, language="it-sl", logo=SVG
    )

    assert issuer_of(print_settings) == Issuer("i", "C", "h", "a", True, True, logo_of(SVG))
    assert issuer_of(PrintSettings()) == Issuer()
    assert languages_of(print_settings) == Languages("sl")
    assert languages_of(PrintSettings(language="it-xx")) == ITALIAN


def test_command_sets_what_notices_print(store: Store, tmp_path: Path):
    """Site, holder, logo and languages are on the next notice; an empty text removes one."""
    logo, file = tmp_path / "logo.svg", tmp_path / "a.pdf"
    logo.write_bytes(SVG)
    ours = ("organization", "printing", demo.ORGANIZATION)
    changed = run(*ours, "--cbill", "A0EDT", "--site", "--language", "it+de", "--logo", logo,
                  "--account-holder", "Tesoreria di Esempio")  # fmt: skip
    assert changed.output == "registered\n"
    nav = next(nav for label, nav in NUMBERS.items() if "postal account" in label)
    assert run("notice", nav, "-o", file).exit_code == 0
    [page] = read_pages(file.read_bytes())

    for words in ("A0EDT", "Zahlungsmitteilung", "Tesoreria di Esempio", "sul sito di"):
        assert words in page.text
    assert b"(Logo: " in file.read_bytes()
    assert run("notice", nav, "--language", "it", "-o", file).exit_code == 0
    assert "Zahlungsmitteilung" not in read_pages(file.read_bytes())[0].text
    shown = run(*ours).output.splitlines()
    assert "cbill: A0EDT" in shown
    assert f"logo: svg, 40 x 20, {len(SVG)} bytes" in shown
    assert run(*ours, "--cbill", "", "--no-logo", "--no-site").output == "changed\n"
    settings = read_only(store, lambda c: printing.read(c, demo.ORGANIZATION))
    assert settings == PrintSettings(account_holder="Tesoreria di Esempio", language="it+de")


@pytest.mark.usefixtures("store")
def test_command_refuses_what_is_no_picture(tmp_path: Path):
    """Nothing is stored, and the reason is one line."""
    logo = tmp_path / "logo.svg"
    logo.write_bytes(svg("<script>1</script>"))
    refused = run("organization", "printing", demo.ORGANIZATION, "--logo", logo)

    assert refused.exit_code != 0
    assert "logo" in refused.output
    assert "shapes" in refused.output
    assert run("organization", "printing", "11111111111").exit_code == 1
    assert (
        run("organization", "printing", demo.ORGANIZATION, "--logo", logo, "--no-logo").exit_code
        == 2
    )


def test_file_sets_what_notices_print(store: Store, tmp_path: Path):
    """A load of the configuration has them beside the name, under the same rules."""
    file = tmp_path / "a.json"
    ours = {"fiscalCode": demo.ORGANIZATION, "name": "Comune", "printing": {"cbill": "A0EDT"}}
    file.write_text(json.dumps({"organizations": [ours]}), encoding="utf-8")
    assert run("load", file).exit_code == 0
    assert read_only(store, lambda c: printing.read(c, demo.ORGANIZATION)).cbill == "A0EDT"

    wrong = {**ours, "printing": {"logo": "bm90aGluZw=="}}
    file.write_text(json.dumps({"organizations": [wrong]}), encoding="utf-8")
    ended = run("load", file)
    assert ended.exit_code == 2
    assert "organizations[0].printing.logo" in ended.output
