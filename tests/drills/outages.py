"""The blows against a cluster of three, and the time until it is whole again."""

import time
from collections.abc import Callable
from typing import NamedTuple

from tests.drills.cluster import Cluster
from tests.drills.network import Cables, Network

#: Seconds between a whole cluster and the next blow; seconds that a node stays disconnected after
#: another has taken over; seconds without any standby.
CALM, HELD, ALONE = 2.0, 4.0, 16.0
#: Seconds after which answers from before the loss of the last copy have arrived.
ON_THE_WAY = 0.5


class Ground(NamedTuple):
    """The cluster and its network."""

    cluster: Cluster
    network: Network


#: The beginning and the end of a time in which no receipt may be answered OK.
Quiet = tuple[float, float]


def machine(ground: Ground) -> None:
    """Kill the primary's machine, and start it when another node has taken over."""
    primary = ground.cluster.role("leader")
    primary.kill()
    ground.cluster.wait_for_another(primary)
    primary.start()


def postgres(ground: Ground) -> None:
    """Kill PostgreSQL alone on the primary; Patroni starts it."""
    ground.cluster.role("leader").kill_postgres()


def partition(ground: Ground) -> None:
    """Disconnect the primary from the other nodes; the apps still reach it."""
    _cut(ground, reachable=True)


def isolation(ground: Ground) -> None:
    """Disconnect the primary from everything, without any sign to the others."""
    _cut(ground, reachable=False)


def standby(ground: Ground) -> None:
    """Kill the synchronous standby's machine; the primary must then wait for the other standby."""
    lost = ground.cluster.role("sync_standby")
    lost.kill()
    ground.cluster.role("sync_standby", but=lost)
    lost.start()


def switchover(ground: Ground) -> None:
    """Make the standby primary, as an operator does."""
    ground.cluster.switch_over()


def alone(ground: Ground) -> Quiet:
    """Kill PostgreSQL and Patroni on both standbys, so that there is no second copy."""
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
#: The blows that need cables.
CUTS = ("partition", "isolation")
SHORT = ("partition", "machine")


class Struck(NamedTuple):
    """One blow: its beginning and the return of the cluster, in seconds."""

    blow: str
    since: float
    until: float
    quiet: Quiet | None


def strike(ground: Ground, blow: str) -> Struck:
    """Strike one blow, and return when the cluster is whole again."""
    time.sleep(CALM)
    since = time.monotonic()
    quiet = BLOWS[blow](ground)
    ground.cluster.wait_until_whole()
    until = time.monotonic()
    time.sleep(CALM)
    return Struck(blow, since, until, quiet)
