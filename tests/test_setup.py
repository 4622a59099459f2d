"""`make test` installs missing programs, or names the tests that it leaves out."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest, without
from tests.without import left_out, needs

ROOT = Path(__file__).parents[1]
SETUP = ROOT / "tests" / "setup.sh"
#: The programs that the script itself needs; a folder of these is a machine without our programs.
TOOLS = "cat cut dirname env grep id mktemp paste rm sh sort"
#: Programs that every Debian has (util-linux), or that pip installs.
ALWAYS_THERE = {"hadolint", "setpriv", "unshare"}
RECORDS = '#!/bin/sh\necho "$(basename "$0") $*" >>"$RECORD"\n'


class Machine:
    """A folder as $PATH: the tools of a small system, and those of our programs that are given."""

    def __init__(self, home: Path, *programs: str) -> None:
        self.path, self.record = home / "bin", home / "record"
        self.path.mkdir()
        self.record.touch()
        for tool in TOOLS.split():
            self.link(tool, tool)
        for program in programs:
            self.link(program, "true")

    def link(self, name: str, tool: str) -> None:
        """Link a program of this machine under a name."""
        (self.path / name).symlink_to(shutil.which(tool) or "")

    def fake(self, name: str, then: str = "") -> None:
        """Write a program that records its calls."""
        (self.path / name).write_text(RECORDS.replace("basename", "/usr/bin/basename") + then)
        (self.path / name).chmod(0o755)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the script with this $PATH, without a terminal."""
        variables = {"PATH": str(self.path), "RECORD": str(self.record)}
        return subprocess.run(
            ["/bin/sh", SETUP, *words],
            env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=180, check=False,
        )  # fmt: skip


def test_pattern_of_a_program_names_an_existing_test():
    """A renamed or moved test is not forgotten in the list."""
    for program, patterns in needs().items():
        assert patterns, program
        for pattern in patterns:
            file, _, name = pattern.partition("::")
            source = (ROOT / file).read_text("utf-8")
            start = f"def {name.rstrip('*')}"
            assert name.startswith("*") or f"\n{start}" in source, pattern


def test_program_of_a_test_is_in_the_list():
    """Each program that a test runs is installed before the tests."""
    programs = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r'\bprogram\(\s*"([\w-]+)"', file.read_text("utf-8"))
    }

    assert programs - ALWAYS_THERE <= needs().keys()


def test_setup_without_apt_names_each_missing_program_with_its_tests(tmp_path: Path):
    """A newcomer reads before the first test what will not run, and the run goes on."""
    machine = Machine(tmp_path, "curl", "git")

    done = machine.run()

    assert done.returncode == 0
    assert "on Debian and Ubuntu alone" in done.stderr
    assert "wrk (Debian: wrk), for tests/bench/test_bench.py::test_benchmark" in done.stderr
    assert "promtool (Debian: prometheus), for tests/deploy/test_watching.py" in done.stderr
    assert " curl (" not in done.stderr


def test_setup_without_a_right_to_install_installs_nothing(tmp_path: Path):
    """Without root, sudo's consent or a terminal, the script names what is missing."""
    machine = Machine(tmp_path)
    for name in ("apt-get", "dpkg"):
        machine.fake(name)
    machine.fake("sudo", "exit 1\n")
    (machine.path / "id").unlink()
    machine.fake("id", "echo 1000\n")

    done = machine.run()

    assert done.returncode == 0
    assert "takes root, or sudo" in done.stderr
    assert "wrk (Debian: wrk)" in done.stderr
    assert "apt-get" not in machine.record.read_text()


@pytest.mark.parametrize("user", ["0", "1000"])
def test_setup_installs_the_packages_of_the_missing_programs(tmp_path: Path, user: str):
    """They are installed as root, or by one call of sudo; present ones are left alone."""
    machine = Machine(tmp_path, "curl", "git", "promtool")
    for name in ("apt-get", "dpkg"):
        machine.fake(name)
    machine.fake("sudo", '[ "$2" = true ] || { shift; exec "$@"; }\n')
    (machine.path / "id").unlink()
    machine.fake("id", f"echo {user}\n")

    machine.run()

    record = machine.record.read_text().splitlines()
    [installed] = [line for line in record if " install " in line and line.startswith("apt-get")]
    assert installed.startswith("apt-get -qq install --yes --no-install-recommends ")
    assert {"wrk", "systemd"} <= set(installed.split())
    assert not {"curl", "git", "prometheus"} & set(installed.split())
    calls = [line for line in record if line.startswith("sudo") and line != "sudo -n true"]
    assert len(calls) == (0 if user == "0" else 1)


def test_promtool_is_installed_without_the_server_of_its_package(tmp_path: Path):
    """Promtool alone is unpacked from its package."""
    machine = Machine(tmp_path)
    machine.fake("apt-get", '[ "$4" != download ] || : >prometheus_1.deb\n')
    for name in ("dpkg", "install"):
        machine.fake(name)

    done = machine.run("install", "prometheus", "wrk")

    record = machine.record.read_text()
    assert done.returncode == 0
    assert "apt-get -qq install --yes --no-install-recommends wrk\n" in record
    download = "apt-get -qq -o APT::Sandbox::User=root download prometheus"
    assert f"{download}\ndpkg -x prometheus_1.deb .\ninstall /" in record


def test_verdict_on_a_machine_without_a_program_is_3(tmp_path: Path):
    """A run that left tests out ends with another code than a complete run."""
    done = Machine(tmp_path, "curl").run("verdict")

    assert done.returncode == 3
    assert "NOT all has run" in done.stderr
    assert "wrk (Debian: wrk)" in done.stderr


def test_missing_programs_are_printed_as_words(tmp_path: Path):
    """The names are printed for make to hand to pytest."""
    words = Machine(tmp_path, "curl").run("missing").stdout.split()

    assert "wrk" in words
    assert "curl" not in words
    assert set(words) <= needs().keys()


def test_tests_of_a_missing_program_are_left_out_by_name():
    """Only they are left out, by parameter where it is one of several."""
    names = [
        "tests/attacks/test_http.py::test_x[nginx-4]",
        "tests/attacks/test_http.py::test_x[program-4]",
        "tests/deploy/test_nginx.py::test_old_tls_is_refused",
        "tests/deploy/test_nginx.py::test_other_paths_are_404",
        "tests/deploy/test_watching.py::test_dashboard_has_panels_with_queries_and_units",
    ]

    assert left_out(names, []) == set()
    assert left_out(names, ["openssl"]) == {names[2]}
    assert left_out(names, ["nginx", "promtool"]) == {names[0], names[2], names[3]}


@pytest.mark.parametrize("processes", ["0", "2"])
def test_tests_that_are_left_out_are_counted_at_the_end(tmp_path: Path, processes: str):
    """The count holds for xdist's processes too, each of which leaves out the same."""
    folder = tmp_path / "tests" / "deploy"
    folder.mkdir(parents=True)
    names = ("prometheus_accepts", "prometheus_fires", "dashboard_has")
    tests = "".join(f"def test_{name}():\n    pass\n\n" for name in names)
    (folder / "test_watching.py").write_text(tests)
    (tmp_path / "conftest.py").write_text("from tests.without import pytest_configure\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", processes],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "WITHOUT_PROGRAMS": "promtool", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 tests NOT run, for want of promtool\n" in done.stdout
    assert re.search(r"^1 passed", done.stdout, re.MULTILINE)


def test_hook_that_leaves_tests_out_is_in_every_run():
    """The hook is pytest's own, wherever a test run begins."""
    assert conftest.pytest_configure is without.pytest_configure
