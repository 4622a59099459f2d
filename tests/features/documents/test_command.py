"""`gpd-soap notice`: a file for each notice that can be printed, a reason for each other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.features.documents import typesetting
from gpd_soap.features.documents.notice import Reason
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.features.documents.symbols import qr_svg
from gpd_soap.store import tables
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase, migrated

NUMBERS = {label: nav for nav, label, _ in demo.describe()}


@pytest.fixture
def store(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the store of the demo, which the environment names."""
    address = fresh_database("sqlite", migrated)
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    store = Store(address)
    demo.install(store, utc_now())
    return store


def run(*options: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["notice", *map(str, options)])


REASONS = {
    "with a stamp, for getPaymentV2 only": Reason.STAMP,
    "expired: due yesterday": Reason.EXPIRED,
    "withdrawn": Reason.WITHDRAWN,
    "paid: its receipt is kept": Reason.PAID,
    "a draft, not published": Reason.DRAFT,
}


@pytest.mark.usefixtures("store")
def test_each_notice_of_the_demo_is_printed_or_refused_with_its_reason(tmp_path: Path):
    """A file has the notice's QR code; where there is none, the reason is one line in Italian."""
    for label, nav in NUMBERS.items():
        file = tmp_path / f"{nav}.pdf"
        ended = run(nav, "-o", file)
        if label in REASONS:
            assert (ended.exit_code, file.exists()) == (1, False), label
            assert REASONS[label] in ended.output
        else:
            assert ended.exit_code == 0, ended.output
            codes = [text for page in read_pages(file.read_bytes()) for _, text in page.codes]
            assert any(f"|{nav}|{demo.ORGANIZATION}|" in text for text in codes), label
            assert ("codfase" in str(codes)) is ("postal account" in label), label


@pytest.mark.usefixtures("store")
def test_all_ways_prints_single_payment_and_plan(tmp_path: Path):
    """The document of any of the notices has every number of the position."""
    file = tmp_path / "a.pdf"
    assert run(NUMBERS["installment 2 of 3"], "--all-ways", "-o", file).exit_code == 0
    text = " ".join(page.text for page in read_pages(file.read_bytes()))

    assert "Puoi pagare per intero o in 3 rate" in text


@pytest.mark.usefixtures("store")
def test_notice_of_an_unknown_number_is_refused(tmp_path: Path):
    """It may have been deleted; no file is made."""
    ended = run("347000000000009999", "-o", tmp_path / "a.pdf")

    assert ended.exit_code == 1
    assert Reason.UNKNOWN in ended.output
    assert not (tmp_path / "a.pdf").exists()


def test_organization_must_be_named_where_there_are_several(store: Store, tmp_path: Path):
    """A number names a notice of one organization."""
    with store.begin() as connection:
        configuration.put_organization(connection, "88888888888", "Provincia di Esempio")
    nav, file = NUMBERS["a single option"], tmp_path / "a.pdf"

    assert run(nav, "-o", file).exit_code == 2
    assert run(nav, "-o", file, "--organization", "88888888888").exit_code == 1
    assert run(nav, "-o", file, "--organization", demo.ORGANIZATION).exit_code == 0


def test_changed_field_is_named_on_standard_error(store: Store, tmp_path: Path):
    """The file is written, and the operator reads what it shows."""
    with store.begin() as connection:
        printing.put(connection, demo.ORGANIZATION, info="tel.  06 山")
    ended = run(NUMBERS["a single option"], "-o", tmp_path / "a.pdf")

    assert ended.exit_code == 0
    assert ended.stderr.startswith("info: tel. 06 ?")


@pytest.mark.usefixtures("store")
def test_language_and_fine_are_refused_where_they_cannot_be(tmp_path: Path):
    """A language without prescribed texts is named, and a fine has two amounts."""
    nav, file = NUMBERS["a single option"], tmp_path / "a.pdf"
    language = run(nav, "-o", file, "--language", "it-la")
    fine = run(nav, "-o", file, "--fine")

    assert language.exit_code == 2
    assert "it+sl" in language.output
    assert fine.exit_code == 1
    assert Reason.FINE in fine.output
    assert run(nav, "-o", file, "--fine", "--all-ways").exit_code == 2
    assert not file.exists()
    assert run(nav, "-o", file, "--language", "it-fr").exit_code == 0
    assert "Avis de paiement" in read_pages(file.read_bytes())[0].text


@pytest.mark.usefixtures("store")
def test_document_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The operator reads which part of which page differs."""
    monkeypatch.setattr(typesetting, "qr_svg", lambda text: qr_svg(text.replace("|", "/", 1)))
    ended = run(NUMBERS["a single option"], "-o", tmp_path / "a.pdf")

    assert ended.exit_code == 1
    assert "page 1: QR code" in ended.output
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.usefixtures("store")
def test_missing_libraries_are_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without the extra, the command says what to install."""
    for name in [name for name in sys.modules if name.startswith("gpd_soap.features.documents")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typst", None)
    ended = run(NUMBERS["a single option"], "-o", tmp_path / "a.pdf")

    assert ended.exit_code == 1
    assert "typst" in ended.output
    assert "requirements-documents.txt" in ended.output


def test_server_and_help_import_no_library_of_documents():
    """The faces, the node process and the help do without the feature and its libraries."""
    program = (
        "import sys; import gpd_soap.cli.main, gpd_soap.wiring, gpd_soap.api.app,"
        " gpd_soap.server.gunicorn, gpd_soap.server.worker, gpd_soap.demo\n"
        "names = ('typst', 'segno', 'ppf', 'zxingcpp', 'pypdfium2', 'fontpkg')\n"
        "print([n for n in sys.modules if n.split('.')[0].startswith(names)"
        " or 'features.documents' in n])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=180
    )

    assert ended.stdout.strip() == "[]"


def test_command_that_prints_a_person_leaves_a_row_of_the_audit(store: Store, tmp_path: Path):
    """A notice and a receipt are readings; one that is refused is none."""
    with store.reading() as connection:
        receipt_id = connection.execute(select(tables.receipt.c.receipt_id)).scalars().first()
    main_words = [
        ["notice", NUMBERS["a single option"], "-o", str(tmp_path / "a.pdf")],
        ["receipt", str(receipt_id), "-o", str(tmp_path / "b.pdf")],
        ["notice", NUMBERS["withdrawn"], "-o", str(tmp_path / "c.pdf")],
    ]
    codes = [CliRunner().invoke(main, words).exit_code for words in main_words]
    printed = CliRunner().invoke(main, ["audit", "--kind", "read", "--json"]).output
    rows = [json.loads(line) for line in printed.splitlines()]

    assert codes == [0, 0, 1]
    assert {row["path"] for row in rows} == {"notice", "receipt"}
    assert {row.get("nav") or row.get("resource") for row in rows} == {
        NUMBERS["a single option"], receipt_id,
    }  # fmt: skip
