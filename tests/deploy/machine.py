"""A machine of an administrator in one folder, for the commands of a README.

Every path of the commands is below the folder, and nothing outside it is changed.  PostgreSQL,
nginx, openssl and the program are real.  Four programs that would change this machine are replaced:
apt-get, useradd, python3 (which makes the environment) and systemctl, which runs the units' own
commands.
"""

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.programs import DEPLOY, program
from tests.ports import free_port
from tests.postgres import PORT, Postgres, program_folders

ROOT = DEPLOY.parent
#: The folders of the commands, below the machine's own folder.
FOLDERS = ("etc", "opt", "root", "run", "var")
WITHIN = 120.0
STOP_WITHIN = 25.0

NGINX = """
pid {root}/run/nginx.pid;
error_log {root}/var/log/nginx/error.log;
events {{}}
http {{
    access_log {root}/var/log/nginx/access.log;
    client_body_temp_path {root}/var/lib/nginx/body;
    proxy_temp_path {root}/var/lib/nginx/proxy;
    fastcgi_temp_path {root}/var/lib/nginx/fastcgi;
    uwsgi_temp_path {root}/var/lib/nginx/uwsgi;
    scgi_temp_path {root}/var/lib/nginx/scgi;
    include {root}/etc/nginx/conf.d/*.conf;
}}
"""
HBA = """
local   all all           trust
hostssl all all 127.0.0.0/8 scram-sha-256
"""


def loopback_address() -> str:
    """Return an address of this machine on which no other server listens."""
    return "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))


class Machine:
    """The folder, the programs in it, and the ports that its servers have."""

    def __init__(self, root: Path, postgres: Postgres) -> None:
        self.root, self._postgres = root, postgres
        #: WHY: other servers of this machine may have the port on 127.0.0.1.
        self.database = loopback_address()
        self.node, self.admin, self.nginx = (free_port() for _ in range(3))
        for folder in ("etc/nginx/conf.d", "etc/postgresql", "etc/systemd/system", "opt", "root",
                       "run", "var/log/nginx", "var/lib/nginx", "var/lib/gpd-soap",
                       "bin"):  # fmt: skip
            (root / folder).mkdir(parents=True)
        self._shim("apt-get", 'echo "$@" >> {root}/var/log/apt')
        self._shim("useradd", 'echo "$@" >> {root}/var/log/users')
        self._shim("python3", '[ "$1 $2" = "-m venv" ]\nmkdir -p $3/bin\ncp {root}/bin/pip '
                   "{root}/bin/gpd-soap $3/bin")  # fmt: skip
        self._shim("pip", 'for word; do case $word in *.txt) test -r "$word";; esac; done')
        self._shim("gpd-soap", f'exec {sys.executable} -m gpd_soap "$@"')
        self._shim("systemctl", f'exec {sys.executable} -m tests.deploy.units {{root}} "$@"')
        self._shim("runuser", '[ "$1 $2 $3" = "-u postgres --" ]\nshift 3\nexec "$@"')
        self._shim("install", self._install())
        (root / "nginx.conf").write_text(NGINX.format(root=root), "utf-8")
        nginx = f"{program('nginx', 'nginx-light')} -p {root} -c {root}/nginx.conf"
        self._shim("nginx", f'exec {nginx} "$@"')

    def _shim(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\nset -eu\n{text.replace('{root}', str(self.root))}\n", "utf-8")
        path.chmod(0o755)

    def _install(self) -> str:
        """The program `install`, for which the user of the tests' server is `postgres`."""
        owner = "nobody" if os.geteuid() == 0 else str(os.geteuid())
        real = shutil.which("install")
        return (
            f'[ "$1 $2" = "-o postgres" ] || exec {real} "$@"\nshift 2\nexec {real} -o {owner} "$@"'
        )

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a login shell on this machine."""
        programs = (self.root / "bin", next(program_folders()), "/usr/sbin", os.environ["PATH"])
        return {
            "PATH": ":".join(map(str, programs)),
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.root / "root"),
            "LC_ALL": "C.UTF-8",
            "PGHOST": str(self._postgres.home),
            "PGPORT": str(PORT),
            "PGUSER": "postgres",
        }

    def here(self, text: str) -> str:
        """Return commands with their paths in the folder and with this machine's ports."""
        folders = "|".join(FOLDERS)
        text = re.sub(rf"(?<![\w./-])/({folders})(?=/|\b)", rf"{self.root}/\1", text)
        bound = f"GPD_NODE_BIND=127.0.0.1:{self.node}\nGPD_ADMIN_BIND=127.0.0.1:{self.admin}"
        for before, after in (
            ("hostaddr=127.0.0.1", f"hostaddr={self.database}"),
            ("NODE_LISTEN=443", f"NODE_LISTEN=127.0.0.1:{self.nginx}"),
            ("127.0.0.1:8080", f"127.0.0.1:{self.node}"),
            ("https://127.0.0.1/partner", f"https://127.0.0.1:{self.nginx}/partner"),
            ("GPD_NODE_PROXIES=", f"{bound}\nGPD_NODE_PROXIES="),
        ):
            assert before in text
            text = text.replace(before, after)
        return text

    def run(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run commands in a shell that ends at the first one that fails, in the repository."""
        return subprocess.run(
            ["/bin/sh", "-eu"], input=text, env={**self.variables, **variables}, cwd=ROOT,
            capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip

    def log_text(self, name: str) -> str:
        """Return the text of a log."""
        return (self.root / "var/log" / name).read_text("utf-8")

    def services(self) -> dict[str, int]:
        """Return the process of each service that was started."""
        return {path.stem: int(path.read_text()) for path in (self.root / "run").glob("*.pid")}


@contextmanager
def machine() -> Iterator[Machine]:
    """Yield a machine with PostgreSQL and nginx as their packages leave them."""
    root = Path(tempfile.mkdtemp(prefix="machine-", dir="/tmp"))  # short, for sockets
    # WHY: PostgreSQL runs as `nobody` where we are root, and reads its certificate below.
    root.chmod(0o755)
    postgres = Postgres()
    try:
        made = Machine(root, postgres)
        (root / "etc/postgresql/pg_hba.conf").write_text(textwrap.dedent(HBA), "utf-8")
        postgres.settings |= {
            "listen_addresses": made.database,
            "hba_file": str(root / "etc/postgresql/pg_hba.conf"),
        }
        postgres.start()
        subprocess.run([root / "bin/nginx"], check=True, timeout=30, env=made.variables)
        yield made
    finally:
        for pid in made.services().values():
            _end(pid)
        postgres.close()
        shutil.rmtree(root)


def _end(pid: int) -> None:
    """End a process that is no child of ours, killed if need be."""
    for how, patience in ((signal.SIGTERM, STOP_WITHIN), (signal.SIGKILL, STOP_WITHIN)):
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < deadline:
            time.sleep(0.05)


def words(text: str) -> list[list[str]]:
    """Return the words of each command, without what a shell reads of its input."""
    joined = re.sub(
        r"\\\n", " ", re.sub(r"<<END\n.*?^END$", "", text, flags=re.DOTALL | re.MULTILINE)
    )
    return [shlex.split(line, comments=True) for line in joined.splitlines() if line.strip()]
