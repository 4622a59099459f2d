"""What every delivery of a process uses."""

from __future__ import annotations

import threading
from typing import NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.features.webhooks.client import Client
from gpd_soap.features.webhooks.schedule import Random
from gpd_soap.features.webhooks.signing_key import SigningKey
from gpd_soap.store.database.database import Database


class Tools(NamedTuple):
    """What every delivery of a process uses; `worker` names the process in leases.

    Once `stopped` is set, each delivery ends after the request that is under way.
    """

    database: Database
    client: Client
    master: bytes
    clock: Clock
    random: Random
    worker: str
    stopped: threading.Event
    key: SigningKey | None = None
