"""Invented notices and an invented configuration to check."""

from typing import Any

from gpd_soap.core.debt import Notice
from gpd_soap.core.position import NewPosition
from gpd_soap.store.configuration.snapshot import Offered, Registry, Serving, Station
from tests.world import ACCOUNT, BROKER, ORGANIZATION, STATION


def notices(position: NewPosition, **more: Any) -> list[Notice]:
    """Return the notices of a position, unpaid, as the store reads them."""
    shared = {name: getattr(position, name) for name in Notice._fields[2:7]}
    history = {"paid_at": None, "reported_at": None, "alternative_paid": False}
    values = {"iupd": position.iupd, "version": 1, "revision": 1, **shared, **history, **more}
    return [Notice(**{**option._asdict(), **values}) for option in position.options]


def registry(**more: Any) -> Registry:
    """Return one organization, served by one station of one broker, with one service."""
    settings = {"description": "Diritti di segreteria", "amount": 500, **ACCOUNT}
    rows = {
        "organizations": (ORGANIZATION,),
        "brokers": (BROKER,),
        "stations": (Station(STATION, BROKER),),
        "servings": (Serving(ORGANIZATION, STATION, "01"),),
        "services": (Offered(ORGANIZATION, "00001", "00009", "declared", settings),),
    }
    return Registry(**{**rows, **more})
