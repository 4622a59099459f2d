"""Each statement of the node face is compiled once in a process of the tests, not for each store.

A process of the program has one store, and compiles at its start.  Tests make thousands.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from sqlalchemy import Engine

from gpd_soap.store.database.connections import Connections
from gpd_soap.store.node.queries import NodeQueries
from gpd_soap.store.node.scan import Scan
from gpd_soap.store.node.settlement import Settlement

Init = Callable[[Any, Engine, Connections], None]

#: What a constructor compiled, by the constructor and the kind of database.
KEPT: dict[tuple[Init, str], dict[str, Any]] = {}


def compile_once() -> None:
    """Let the stores of this process share what they compile."""
    for each in (NodeQueries, Settlement, Scan):
        setattr(each, "__init__", _sharing(each.__init__))  # noqa: B010  # mypy refuses the other


def _sharing(compiling: Init) -> Init:
    @wraps(compiling)
    def init(self: Any, engine: Engine, connections: Connections) -> None:
        key = compiling, engine.dialect.name
        if key not in KEPT:
            compiling(self, engine, connections)
            KEPT[key] = {
                name: value for name, value in vars(self).items() if value is not connections
            }
        vars(self).update(KEPT[key], _connections=connections)

    return init
