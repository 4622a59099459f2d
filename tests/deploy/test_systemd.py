"""The units, read by systemd itself."""

import re
import shutil
from pathlib import Path

import pytest

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.settings import Settings
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

    assert roles.pop("gpd-soap@.service") == roles.pop("gpd-soap-work.service") == ["serving"]
    owners = ("journal", "retention", "upgrade")
    assert roles == {f"gpd-soap-{each}.service": ["owner"] for each in owners}


@pytest.mark.parametrize(
    ("unit", "command", "calendar"),
    [("journal", "purge", "hourly"), ("retention", "retention run", "*-*-* 02:30:00")],
)
def test_timer_starts_its_command(unit: str, command: str, calendar: str) -> None:
    """A timer starts the service of its name, also after the machine was off at its time."""
    folder = DEPLOY / "systemd"
    timer = (folder / f"gpd-soap-{unit}.timer").read_text("utf-8").splitlines()
    service = (folder / f"gpd-soap-{unit}.service").read_text("utf-8").splitlines()

    assert {f"OnCalendar={calendar}", "Persistent=yes", "WantedBy=timers.target"} <= {*timer}
    assert f"ExecStart=/opt/gpd-soap/bin/gpd-soap {command}" in service
    assert "Type=oneshot" in service


def test_background_work_has_time_to_end_and_is_restarted_without_end() -> None:
    """A request to a receiver ends before systemd kills its process."""
    text = (DEPLOY / "systemd/gpd-soap-work.service").read_text("utf-8")
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)

    assert int(seconds) > Settings().webhook_seconds
    assert text.index("StartLimitIntervalSec=0") < text.index("[Service]")
    assert "\nRestart=always\n" in text
    assert "\nExecStart=/opt/gpd-soap/bin/gpd-soap work\n" in text


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
