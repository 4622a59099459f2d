"""The commands of the Dockerfile, run below a folder: the program is there, and no installer."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.deploy.programs import DEPLOY
from tests.deploy.test_containers import stages

BORROWED = "\n".join(sorted({sysconfig.get_path(kind) for kind in ("purelib", "platlib")}))
WITHIN = 120


def commands() -> dict[str, list[str]]:
    """Return the commands of each stage, one for each RUN."""
    return {
        name: re.findall(r"^RUN (.*)$", stage.replace("\\\n", " "), re.MULTILINE)
        for name, stage in stages().items()
    }


def shell(command: str, home: Path) -> str:
    """Return what a command prints, with the image's folders below `home`."""
    command = re.sub(r"(?<!\S)(?=/(opt|wheel|usr/local)\b)", str(home), command)
    command = re.sub(r"(?<!\S)python3?(?= )", sys.executable, command)
    done = subprocess.run(
        ["/bin/sh", "-euc", command], cwd=DEPLOY.parent, capture_output=True, text=True,
        timeout=WITHIN, check=False,
    )  # fmt: skip
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout


def borrow(environment: Path) -> Path:
    """Let an environment use the libraries of ours, in place of what pip would download."""
    [site] = environment.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(BORROWED, "utf-8")
    return site


def test_program_of_the_image_runs_and_brings_no_installer(tmp_path: Path) -> None:
    """Both folders of the first stage are made as the Dockerfile says."""
    folders, download, wheel = commands()["build"]
    shell(folders, tmp_path)
    assert download.count("--require-hashes") == 2
    program = tmp_path / "opt/gpd-soap"
    before = {each.name for each in borrow(program).iterdir()}
    borrow(tmp_path / "opt/build")

    shell(wheel, tmp_path)

    installed = {each.name for each in borrow(program).iterdir()} - before
    assert {name.partition("-")[0] for name in installed} == {"gpd_soap"}
    assert not {each.name for each in (program / "bin").iterdir()} & {"pip", "pip3", "wheel"}
    assert "0.1.0" in shell(f"{program}/bin/gpd-soap --version", tmp_path)


def test_base_of_the_image_loses_its_installers(tmp_path: Path) -> None:
    """The command of the stage of both images leaves a Python that cannot install."""
    [removal] = commands()["base"]
    base = tmp_path / "usr/local"
    shell(f"python3 -m venv {base}", tmp_path)
    before = subprocess.run([base / "bin/pip", "--version"], check=False, capture_output=True)

    shell(removal.replace("python -m", f"{base}/bin/python -m"), tmp_path)

    assert before.returncode == 0
    assert not list(base.glob("bin/pip*"))
    assert [each.name for each in base.glob("lib/python3*/site-packages/*")] == []
