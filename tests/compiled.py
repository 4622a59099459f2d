"""What a process of the program makes once at its start is made once in a process of the tests.

These are the statements of the node face for each store, and the templates of each console.  A
process of the program has one of each; tests make thousands.
"""

from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
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


class Templates(BytecodeCache):
    """The templates that this process has compiled, by their files and texts."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put in the code of a template, if it was compiled before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def template_once() -> None:
    """Let the consoles of this process share their compiled templates."""
    templates, make = Templates(), Environment.__init__

    @wraps(make)
    def init(self: Environment, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        self.bytecode_cache = templates

    setattr(Environment, "__init__", init)  # noqa: B010  # as above
