"""The PostgreSQL cluster of deploy/patroni: three nodes, and HAProxy before them."""

import contextlib
import getpass
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import psycopg
import requests

from tests.deploy.programs import DEPLOY, certify, program
from tests.drills.apps import kill_process
from tests.drills.network import NODES, Network
from tests.postgres import program_folders

FILES = DEPLOY / "patroni"
PASSWORDS = ("SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "REWIND_PASSWORD", "REST_PASSWORD")
#: LIMIT: seconds after which a cluster is whole again, after any blow.
WHOLE_WITHIN = 120.0
STOP_WITHIN = 20.0
#: Bytes that a standby may be behind the primary, as Patroni reports it every few seconds.
BEHIND = 1 << 20
ROLES = ["leader", "replica", "sync_standby"]
#: Query for the number of standbys that follow a primary, and of those that it waits for.
FOLLOWED = """SELECT count(*), count(*) FILTER (WHERE sync_state = 'sync')
              FROM pg_stat_replication WHERE state = 'streaming'"""
DATABASE, OWNER, SERVING = "gpd", "gpd_owner", "gpd_serving"
#: The name in the certificates of all nodes, by which an app knows the database.
HOST = "db.example"
AUTHORITY = "authority.pem"


def filled(name: str, values: dict[str, str]) -> str:
    """Return a file of deploy/patroni with its variables filled in, as by envsubst."""
    return Template((FILES / name).read_text("utf-8")).substitute(values)


class Member(NamedTuple):
    """A node as Patroni reports it; `timeline` is 0 if it does not run or is far behind."""

    name: str
    role: str
    timeline: int


class Node:
    """One machine: etcd, Patroni, and the PostgreSQL that Patroni starts."""

    def __init__(
        self, number: int, begun_with: list[str], home: Path, values: dict[str, str]
    ) -> None:
        self.name, self.address = f"node{number}", values[f"NODE_{number}"]
        self._begun_with, self._home = begun_with, home
        self._data = home / "data"
        mine = {**values, "NODE_NAME": self.name, "NODE_ADDRESS": self.address,
                "DATA": str(self._data), "SOCKETS": str(home), "CERTIFICATES": str(home),
                "WATCHDOG": str(home / "no-watchdog")}  # fmt: skip
        config = home / "patroni.yml"
        config.write_text(filled("patroni.yml.template", mine), "utf-8")
        lines = filled("etcd.env.template", mine).splitlines()
        variables = dict(line.split("=", 1) for line in lines if line and line[0] != "#")
        quiet = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
        self._does = {
            "etcd": ([program("etcd", "etcd-server")],
                     quiet | variables | {"ETCD_DATA_DIR": str(home / "etcd")}),
            "patroni": ([program("patroni", "patroni"), str(config)], quiet),
        }  # fmt: skip
        self._run: dict[str, subprocess.Popen[bytes]] = {}
        _give_away(home)

    def start(self) -> None:
        """Start the programs that do not run; Patroni starts PostgreSQL."""
        for name, (command, environment) in self._does.items():
            if name not in self._run or self._run[name].poll() is not None:
                with (self._home / f"{name}.log").open("ab") as output:
                    self._run[name] = subprocess.Popen(
                        [*self._begun_with, *command], env=environment, cwd=self._home,
                        stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    )  # fmt: skip

    def postgres(self) -> list[int]:
        """Return the ids of PostgreSQL's process and its children; none if it does not run."""
        try:
            main = int((self._data / "postmaster.pid").read_text("ascii").split()[0])
            if str(self._data).encode() not in Path(f"/proc/{main}/cmdline").read_bytes():
                return []
            children = Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
        except (OSError, IndexError):
            return []
        return [main, *map(int, children)]

    def kill(self, *programs: str) -> None:
        """Kill PostgreSQL and these programs with `kill -9`, or everything like a power cut."""
        # WHY: Patroni would start PostgreSQL again, so PostgreSQL is the last.
        for name in programs or self._run:
            self._run[name].kill()
            self._run[name].wait()
        self.kill_postgres()

    def kill_postgres(self) -> None:
        """Kill PostgreSQL alone with `kill -9`."""
        for each in self.postgres():
            kill_process(each)

    def stop(self) -> None:
        """Stop every program; PostgreSQL gives its shared memory back."""
        for each in self._run.values():
            each.kill()
            each.wait()
        for main in self.postgres()[:1]:
            os.kill(main, signal.SIGQUIT)
        _until(lambda: not self.postgres(), STOP_WITHIN, "PostgreSQL stays")

    def url(self, password: str, database: str = DATABASE) -> str:
        """Return the URL of this node's database for its superuser, for use on the node alone."""
        address = f"postgresql+psycopg://postgres:{password}@"
        return f"{address}/{database}?host={self._home}&port=5432"


class Cluster:
    """All nodes, and their roles."""

    def __init__(self, nodes: list[Node], values: dict[str, str]) -> None:
        self.nodes, self._values = nodes, values

    def members(self, by: Node) -> list[Member]:
        """Return the members and their roles as this node knows them, none without an answer."""
        try:
            document: dict[str, Any] = requests.get(
                f"http://{by.address}:8008/cluster", timeout=2
            ).json()
        except (requests.RequestException, ValueError):
            return []
        return [_member(each) for each in document.get("members", [])]

    def is_primary(self, node: Node) -> bool:
        """Return whether this node answers yes to HAProxy's check."""
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://{node.address}:8008/primary", timeout=2).ok
        return False

    def role(self, role: str, *, but: Node | None = None) -> Node:
        """Return the node that is `leader`, `sync_standby` or `replica`, and is not `but`."""
        deadline = time.monotonic() + WHOLE_WITHIN
        while time.monotonic() < deadline:
            for by in self.nodes:
                if by is not but:
                    for member in self.members(by):
                        if member.role == role and (but is None or member.name != but.name):
                            return next(node for node in self.nodes if node.name == member.name)
            time.sleep(0.2)
        raise AssertionError(f"no {role}")

    def wait_for_another(self, than: Node) -> Node:
        """Return another node than this, once it accepts writes."""
        others = [node for node in self.nodes if node is not than]
        _until(lambda: any(map(self.is_primary, others)), WHOLE_WITHIN, "no other primary")
        return next(node for node in others if self.is_primary(node))

    def wait_until_whole(self) -> None:
        """Return once a primary, a synchronous standby and a third node are all up to date."""
        _until(self._is_healthy, WHOLE_WITHIN, "the cluster is not whole")

    def switch_over(self) -> None:
        """Make the synchronous standby primary, as an operator does for maintenance."""
        primary, candidate = self.role("leader"), self.role("sync_standby")
        body = {"leader": primary.name, "candidate": candidate.name}
        answer = requests.post(
            f"http://{primary.address}:8008/switchover", json=body, timeout=60,
            auth=("patroni", self._values["REST_PASSWORD"]),
        )  # fmt: skip
        assert answer.ok, answer.text

    def url(self, node: Node) -> str:
        """Return the superuser's URL of the database on one node."""
        return node.url(self._values["SUPERUSER_PASSWORD"])

    def create_database(self, password: str) -> None:
        """Make the program's roles and database, as README tells an operator to."""
        primary = self.role("leader")
        with self._session(primary) as session:
            for role in (OWNER, SERVING):
                session.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
            session.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _is_healthy(self) -> bool:
        """Return whether every node agrees on the roles, and the primary on its followers."""
        seen = {frozenset(self.members(node)) for node in self.nodes}
        [members, *others] = seen
        timelines = {member.timeline for member in members}
        if (
            others
            or sorted(m.role for m in members) != ROLES
            or len(timelines) > 1
            or 0 in timelines
        ):
            return False
        primary = next(
            n for n in self.nodes for m in members if (m.name, m.role) == (n.name, ROLES[0])
        )
        with contextlib.suppress(psycopg.OperationalError), self._session(primary) as session:
            return session.execute(FOLLOWED).fetchone() == (2, 1)
        return False

    def _session(self, node: Node) -> psycopg.Connection[tuple[Any, ...]]:
        url = node.url(self._values["SUPERUSER_PASSWORD"], "postgres").replace("+psycopg", "")
        return psycopg.connect(url, autocommit=True, connect_timeout=2)


def _member(document: dict[str, Any]) -> Member:
    lag = document.get("lag", 0)
    runs = document["state"] in ("running", "streaming") and isinstance(lag, int) and lag < BEHIND
    return Member(document["name"], document["role"], document.get("timeline", 0) if runs else 0)


@contextmanager
def cluster(network: Network, home: Path) -> Iterator[Cluster]:
    """Yield a cluster of three nodes, once it is whole."""
    values = {f"NODE_{number}": f"{network.prefix}.{number}" for number in NODES}
    values |= {name: secrets.token_hex(8) for name in PASSWORDS}
    values |= {
        "PROGRAMS": str(next(program_folders())),
        "LISTEN": f"{network.prefix}.254:5000",
        "PROXY_USER": "nobody" if os.geteuid() == 0 else getpass.getuser(),
        "NODES": network.block,
        "APPS": network.block,
    }
    names = [f"node{number},{HOST},{values[f'NODE_{number}']}" for number in NODES]
    certify(home, *names)
    nodes: list[Node] = []
    for number in NODES:
        (folder := home / f"node{number}").mkdir()
        for file in (AUTHORITY, f"node{number}.pem", f"node{number}.key"):
            shutil.copy(home / file, folder)
        nodes.append(Node(number, network.inside(number), folder, values))
    haproxy = home / "haproxy.cfg"
    haproxy.write_text(filled("haproxy.cfg.template", values), "utf-8")
    command = [program("haproxy", "haproxy"), "-db", "-f", str(haproxy)]
    with contextlib.ExitStack() as stack:
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        output = stack.enter_context((home / "haproxy.log").open("ab"))
        proxy = subprocess.Popen(command, stdout=output, stderr=output)
        stack.callback(proxy.wait)
        stack.callback(proxy.kill)
        made = Cluster(nodes, values)
        made.wait_until_whole()
        yield made


def _give_away(home: Path) -> None:
    """Give a node's folder to the user who runs it: PostgreSQL refuses to run as root."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for each in (home, *home.iterdir()):
            shutil.chown(each, nobody.pw_uid, nobody.pw_gid)


def _until(holds: Callable[[], bool], seconds: float, else_: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, else_
        time.sleep(0.2)
