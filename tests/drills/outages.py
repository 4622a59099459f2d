"""What befalls a cluster of three, and when it is whole again."""

import time
from collections.abc import Callable
from typing import NamedTuple

from tests.drills.cluster import Cluster
from tests.drills.network import Cables, Network

#: Seconds between a cluster that is whole and the next blow, those that a node stays cut off after
#: another has taken over, and those without any standby.
CALM, HELD, ALONE = 2.0, 4.0, 16.0
#: Answers that were on their way when the last copy went are in after so many seconds.
ON_THE_WAY = 0.5


class Ground(NamedTuple):
    """The cluster, and the network that it is on."""

    cluster: Cluster
    network: Network


#: From when until when no receipt may be answered OK.
Quiet = tuple[float, float]


def machine(ground: Ground) -> None:
    """The primary's machine dies, and comes back when another has taken over."""
    primary = ground.cluster.role("leader")
    primary.kill()
    ground.cluster.wait_for_another(primary)
    primary.start()


def postgres(ground: Ground) -> None:
    """PostgreSQL alone dies on the primary, and Patroni starts it."""
    ground.cluster.role("leader").kill_postgres()


def partition(ground: Ground) -> None:
    """The primary is cut off from the other nodes, and the apps can still reach it."""
    _cut(ground, reachable=True)


def isolation(ground: Ground) -> None:
    """The primary is cut off from everybody, and nobody is told."""
    _cut(ground, reachable=False)


def standby(ground: Ground) -> None:
    """The synchronous standby's machine dies; the other one must be waited for from now on."""
    lost = ground.cluster.role("sync_standby")
    lost.kill()
    ground.cluster.role("sync_standby", but=lost)
    lost.start()


def switchover(ground: Ground) -> None:
    """An operator makes the standby primary."""
    ground.cluster.switch_over()


def alone(ground: Ground) -> Quiet:
    """PostgreSQL and Patroni die on both standbys: there is nobody to hold a second copy."""
    primary = ground.cluster.role("leader")
    others = [node for node in ground.cluster.nodes if node is not primary]
    for node in others:
        node.kill("patroni")
    since = time.monotonic() + ON_THE_WAY
    time.sleep(ALONE)
    until = time.monotonic()
    for node in others:
        node.start()
    return since, until


def _cut(ground: Ground, *, reachable: bool) -> None:
    primary = ground.cluster.role("leader")
    number = ground.cluster.nodes.index(primary) + 1
    assert isinstance(ground.network, Cables), ground.network.kind
    ground.network.cut(number, reachable=reachable)
    ground.cluster.wait_for_another(primary)
    time.sleep(HELD)
    ground.network.heal(number)


BLOWS: dict[str, Callable[[Ground], Quiet | None]] = {
    each.__name__: each
    for each in (partition, machine, standby, postgres, isolation, switchover, alone)
}
#: Those that want cables.
CUTS = ("partition", "isolation")
SHORT = ("partition", "machine")


class Struck(NamedTuple):
    """One blow: when, in seconds, and when the cluster was whole again."""

    blow: str
    since: float
    until: float
    quiet: Quiet | None


def strike(ground: Ground, blow: str) -> Struck:
    """One blow, and whatever it takes to be whole again."""
    time.sleep(CALM)
    since = time.monotonic()
    quiet = BLOWS[blow](ground)
    ground.cluster.wait_until_whole()
    until = time.monotonic()
    time.sleep(CALM)
    return Struck(blow, since, until, quiet)
