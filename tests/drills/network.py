"""Three machines on one: a network of our own with a cable to each, or loopback instead."""

import contextlib
import ctypes
import os
import pwd
import random
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.deploy.programs import program

NODES = (1, 2, 3)
CLONE_NEWNET = 0x40000000
#: WHY: a node's table of neighbours must not show its bridge, so both bridges have one MAC.
MAC = "02:00:00:00:00:fe"
APART = (program("unshare", "util-linux"), "--net", "--")
PROBE = "ip link add drill type bridge && nsenter --net=/proc/self/ns/net true"


class Cables:
    """A namespace for each node, and a bridge between them and the app machine."""

    kind = "network namespaces"
    prefix = "10.77.0"
    block = f"{prefix}.0/24"

    def __init__(self) -> None:
        self._holders: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        _ip("link set lo up")
        for bridge in ("lan", "away"):
            _ip(f"link add {bridge} address {MAC} type bridge")
            _ip(f"link set {bridge} up")
        _ip(f"address add {self.prefix}.254/24 dev lan")
        _ip(f"address add {self.prefix}.254/32 dev away")
        for node in NODES:
            self._plug(node)
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self._holders.values():
            holder.kill()
            holder.wait()

    def inside(self, node: int) -> list[str]:
        """Return the beginning of a command that runs on this node, and not as root."""
        nobody = pwd.getpwnam("nobody")
        own = ("--setuid", str(nobody.pw_uid), "--setgid", str(nobody.pw_gid))
        return ["nsenter", f"--net=/proc/{self._holders[node].pid}/ns/net", *own, "--"]

    def cut(self, node: int, *, reachable: bool) -> None:
        """Disconnect a node; with `reachable`, connect it to the app machine alone."""
        _ip(f"link set node{node} {'master away' if reachable else 'nomaster'}")
        if reachable:
            _ip(f"route add {self.prefix}.{node}/32 dev away")

    def heal(self, node: int) -> None:
        """Connect a node as before."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip(f"route del {self.prefix}.{node}/32 dev away")
        _ip(f"link set node{node} master lan")

    def _plug(self, node: int) -> None:
        holder = subprocess.Popen([*APART, "sleep", "infinity"])
        self._holders[node] = holder
        there, ours = Path(f"/proc/{holder.pid}/ns/net"), Path("/proc/self/ns/net")
        deadline = time.monotonic() + 5
        while there.readlink() == ours.readlink() and time.monotonic() < deadline:
            time.sleep(0.01)
        _ip(f"link add node{node} type veth peer name eth0 netns {holder.pid}")
        _ip(f"link set node{node} master lan up")
        for command in (
            "link set lo up", f"address add {self.prefix}.{node}/24 dev eth0", "link set eth0 up",
        ):  # fmt: skip
            _ip(command, f"nsenter --net={there}")


class Loopback:
    """An address of loopback for each node; no node can be disconnected."""

    kind = "loopback, where no node can be disconnected"
    # WHY: a connection to any address of loopback comes from 127.0.0.1.
    block = "127.0.0.0/8"

    def __init__(self) -> None:
        self.prefix = f"127.{random.randrange(1, 255)}.{random.randrange(255)}"

    def inside(self, _: int) -> list[str]:
        """Return the beginning of a command that does not run as root."""
        if os.geteuid() != 0:
            return []
        nobody = ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
        return [program("setpriv", "util-linux"), *nobody, "--"]


Network = Cables | Loopback


def network(stack: ExitStack) -> Network:
    """Enter a network of our own and return it, or return loopback where that is forbidden."""
    may = subprocess.run([*APART, "sh", "-c", PROBE], check=False, capture_output=True)
    if may.returncode:
        return Loopback()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network of our own")
    return stack.enter_context(Cables())


def _ip(command: str, where: str = "") -> None:
    subprocess.run([*where.split(), "ip", *command.split()], check=True, capture_output=True)
