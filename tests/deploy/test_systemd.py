"""The units, read by systemd itself."""

import re
import shutil
from pathlib import Path

import pytest

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from tests.deploy.programs import DEPLOY, complaint, program

UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit.name for unit in UNITS if unit.suffix == ".service"]
#: LIMIT: of 100 points; a service of root without any directive has 96.
EXPOSURE = 15


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return a folder with the units, and with a program that they can name."""
    home = tmp_path / "gpd-soap"
    home.symlink_to(shutil.which("true") or "")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/gpd-soap/bin", str(tmp_path))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_systemd_accepts_the_units(units: Path) -> None:
    """No directive is unknown, misspelt or in the wrong section."""
    files = [units / unit.name for unit in UNITS]
    options = ("verify", "--recursive-errors=no", "--man=no")

    assert complaint(program("systemd-analyze", "systemd"), *options, *files) == ""


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_calls_the_service_hardened(units: Path, service: str) -> None:
    """The service may do what it needs, and hardly anything else."""
    options = ("security", "--offline=yes", f"--threshold={EXPOSURE}")

    assert complaint(program("systemd-analyze", "systemd"), *options, units / service) == ""


def test_stop_of_a_service_leaves_time_to_drain() -> None:
    """Systemd kills the service later than the server is done."""
    [seconds] = [
        line.partition("=")[2]
        for line in (DEPLOY / "systemd/gpd-soap@.service").read_text("utf-8").splitlines()
        if line.startswith("TimeoutStopSec=")
    ]

    assert int(seconds) > DRAIN_SECONDS


@pytest.mark.parametrize("service", SERVICES)
def test_service_writes_for_its_own_user_alone(service: str) -> None:
    """No core dump, no file that others read, and a folder of its own."""
    lines = (DEPLOY / "systemd" / service).read_text("utf-8").splitlines()

    assert {"LimitCORE=0", "UMask=0077", "StateDirectory=gpd-soap", "StateDirectoryMode=0700"} <= {
        *lines
    }
    assert "WorkingDirectory=/var/lib/gpd-soap" in lines


def test_command_that_changes_tables_gets_the_address_of_their_owner() -> None:
    """The server gets the address of the role that can change neither tables nor the audit."""
    roles = {
        service: re.findall(
            r"^LoadCredential=database_url:/etc/gpd-soap/(\w+)/", text, re.MULTILINE
        )
        for service in SERVICES
        for text in [(DEPLOY / "systemd" / service).read_text("utf-8")]
    }

    assert roles.pop("gpd-soap@.service") == ["serving"]
    assert roles == {"gpd-soap-journal.service": ["owner"], "gpd-soap-upgrade.service": ["owner"]}


def test_folder_of_a_socket_is_open_to_the_group_alone() -> None:
    """Each face has a folder of its own, so that the end of one removes no other's."""
    lines = (DEPLOY / "systemd/gpd-soap@.service").read_text("utf-8").splitlines()

    assert {"RuntimeDirectory=gpd-soap-%i", "RuntimeDirectoryMode=0750"} <= {*lines}
    assert "unix:/run/gpd-soap-admin/socket" in "".join(lines)


def test_server_is_restarted_without_end() -> None:
    """A database that is away for an hour leaves no service that has given up."""
    lines = (DEPLOY / "systemd/gpd-soap@.service").read_text("utf-8").splitlines()

    assert lines.index("StartLimitIntervalSec=0") < lines.index("[Service]")
    assert "Restart=always" in lines
