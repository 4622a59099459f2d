"""The measured programs, each behind gunicorn as gpd_soap configures it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gpd_soap.wsgi.http import Wsgi
from tests.e2e.served import running, wait_for
from tests.ports import free_port

TICKS = os.sysconf("SC_CLK_TCK")
#: The faces of gpd-soap that can be served; every other program is in this package.
OURS = ("node", "all", "admin")


class Variant(NamedTuple):
    """A server to measure: its program, and its settings beyond the common ones."""

    name: str
    program: str = "node"
    settings: tuple[tuple[str, str], ...] = ()


FLOOR, STOCK = Variant("floor", "floor"), Variant("stock Spyne", "stock")
CONSTANT = Variant("constant bytes", "constant")
FULL = Variant("gpd-soap")
BOTH_FACES = Variant("gpd-soap serve", "all")
BARE = Variant("gpd-soap, bare", settings=(("GPD_CHECK_ANSWERS", "false"), ("GPD_JOURNAL", "none")))


class Served(NamedTuple):
    """A running variant: its URL, its gunicorn master, its database, its log, its admin face."""

    variant: Variant
    address: str
    master: int
    database: str
    log_file: Path
    admin: str = ""

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text("ascii")
        return [int(each) for each in children.split()]

    def cpu_seconds(self) -> float:
        """Return the CPU that the workers have used so far, in user and kernel mode."""
        return sum(cpu_seconds(worker) for worker in self.workers)

    def memory(self) -> float:
        """Return the largest worker's resident memory, in MiB."""
        return max(_resident(worker) for worker in self.workers)


@contextmanager
def serving(
    variant: Variant, database: str, home: Path, cores: list[int], workers: int = 1
) -> Iterator[Served]:
    """Serve a variant over a database, on these cores alone."""
    port, admin_port = free_port(), free_port()
    log_file = home / f"{variant.name}-{port}.log"
    variables = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{admin_port}",
        "GPD_WORKERS": str(workers),
        **dict(variant.settings),
    }
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores))]
    with running([*pinned, *_command(variant)], log_file, **variables) as process:
        answering = admin_port if variant.program == "admin" else port
        wait_for(f"http://127.0.0.1:{answering}/health/live", process, log_file)
        node, admin = f"http://127.0.0.1:{port}/partner", f"http://127.0.0.1:{admin_port}"
        yield Served(variant, node, process.pid, database, log_file, admin)


def cpu_seconds(process: int) -> float:
    """Return the CPU that a process has used so far, in user and kernel mode."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _command(variant: Variant) -> list[str]:
    if variant.program in OURS:
        return [sys.executable, "-m", "gpd_soap", "serve", variant.program]
    return [sys.executable, "-W", "ignore", "-m", "tests.bench.serving", variant.program]


def _application(program: str) -> Callable[[str], Wsgi]:
    # WHY: only the served process needs these imports, and the floor must not load Spyne.
    from tests.bench import floor  # noqa: PLC0415  # a variant loads its own server alone

    if program == "stock":
        from tests.bench import stock  # noqa: PLC0415  # a variant loads its own server alone

        return stock.application
    return {"floor": floor.application, "constant": floor.constant}[program]


def main(program: str) -> None:
    """Serve a program other than gpd_soap, with the same variables."""
    from gpd_soap.monitoring import logs  # noqa: PLC0415  # a variant loads its own server alone
    from gpd_soap.server import gunicorn as server  # noqa: PLC0415  # a variant loads its own server alone
    from gpd_soap.settings import Settings  # noqa: PLC0415  # a variant loads its own server alone

    settings = Settings.load()
    logs.configure(settings.log_level)
    served = _application(program)(settings.database_url)
    faces = {settings.node_bind: served}
    server.serve(lambda: server.Program(settings, faces, lambda: None))


if __name__ == "__main__":
    main(sys.argv[1])
