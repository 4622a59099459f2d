"""The wheel is the whole program, with the contract and the command."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import requests

from tests.e2e.served import running, wait_for
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
ADDRESS = "http://ec.example/partner"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from this tree by the installed tools."""
    out = tmp_path_factory.mktemp("dist")
    options = ["--wheel", "--no-isolation", "--outdir"]
    run(sys.executable, "-m", "build", *options, out, ROOT, cwd=out)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment with the wheel; its libraries are those of ours."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    programs = home / "bin"
    pip = ("-m", "pip", "--python", programs / "python")
    run(sys.executable, *pip, "install", "--quiet", "--no-deps", wheel, cwd=home)
    site = run(programs / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=home)
    # WHY: a path in a .pth comes last, and its own .pth files (an editable install) are not read.
    borrowed = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    (Path(site.strip()) / "borrowed.pth").write_text("\n".join(sorted(borrowed)))
    return programs


def run(*command: str | Path, cwd: Path) -> str:
    """Return the output of a program; its failure fails the test with its output."""
    ended = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_wheel_contains_every_contract_file(wheel: Path):
    """No file that the WSDL needs is missing."""
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"gpd_soap/_contract/{path.relative_to(ROOT)}"
        for folder in ("wsdl", "xsd")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }

    assert expected
    assert expected <= held
    assert "gpd_soap/py.typed" in held
    for name in ("templates/notice.typ", "templates/receipt.typ", "locales/de.json"):
        assert f"gpd_soap/features/documents/{name}" in held


def test_installed_program_reads_the_contract_from_any_folder(installed: Path, tmp_path: Path):
    """Outside the source tree the WSDL is found, with the public address."""
    ask = (
        "import gpd_soap; print(gpd_soap.__file__);"
        "from gpd_soap.contract.documents import Documents;"
        f"wsdl = Documents({ADDRESS!r}).wsdl;"
        "print(wsdl if isinstance(wsdl, str) else bytes(wsdl).decode())"
    )
    ended = run(installed / "python", "-c", ask, cwd=tmp_path)

    assert ended.startswith(str(installed.parent))
    assert ADDRESS in ended


def test_installed_command_prints_its_version(installed: Path, tmp_path: Path):
    """`gpd-soap --version` prints the version of the wheel."""
    assert "0.1.0" in run(installed / "gpd-soap", "--version", cwd=tmp_path)


def test_installed_server_serves_the_wsdl(installed: Path, tmp_path: Path):
    """A server of the wheel makes its tables and answers ?wsdl."""
    port, output = free_port(), tmp_path / "log"
    address = f"http://127.0.0.1:{port}/partner"
    command = [installed / "gpd-soap", "demo", "--port", port, "--admin-port", free_port()]
    with running([str(word) for word in command], output) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, output)
        wsdl = requests.get(f"{address}?wsdl", timeout=180)

    assert wsdl.status_code == 200
    assert f'location="{address}"' in wsdl.text
