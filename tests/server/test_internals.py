"""gunicorn's internals that `gpd_soap.server` builds on: none of them is a promise of gunicorn.

A test that fails here names the internal that a release of gunicorn has changed.  Read that change
and adapt `gpd_soap.server` before the bound in `pyproject.toml` is raised.
"""

import ast
import inspect
import logging
import socket
import textwrap
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import CodeType

import pytest
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import RequestParser, errors
from gunicorn.http.unreader import SocketUnreader
from gunicorn.sock import TCPSocket
from gunicorn.workers.base import Worker as BaseWorker
from gunicorn.workers.gthread import TConn, ThreadWorker
from packaging.requirements import Requirement

from gpd_soap.server import gunicorn as server
from gpd_soap.server.arriving import Connection
from gpd_soap.server.processes import Master
from gpd_soap.server.worker import Worker
from gpd_soap.settings import Settings

ROOT = Path(__file__).parents[2]

#: The subclasses that we have, with the class of gunicorn that each extends.
SUBCLASSES = [
    (Worker, ThreadWorker),
    (Connection, TConn),
    (Master, Arbiter),
    (server.Server, BaseApplication),
    (server._RootLogger, Logger),
]

#: Each method that we override or call, with its parameters after `self`.
METHODS: dict[tuple[type, str], str] = {
    (ThreadWorker, "init_process"): "",
    (ThreadWorker, "init_signals"): "",
    (ThreadWorker, "handle_exit"): "sig frame",
    (ThreadWorker, "load_wsgi"): "",
    (ThreadWorker, "run"): "",
    (ThreadWorker, "is_parent_alive"): "",
    (ThreadWorker, "set_accept_enabled"): "enabled",
    (ThreadWorker, "wait_for_and_dispatch_events"): "timeout",
    (ThreadWorker, "accept"): "listener",
    (ThreadWorker, "murder_pending"): "",
    (ThreadWorker, "_cap_keepalive"): "deadline",
    (ThreadWorker, "on_client_socket_readable"): "conn client",
    (ThreadWorker, "enqueue_req"): "conn",
    (ThreadWorker, "handle"): "conn",
    (ThreadWorker, "handle_error"): "req client addr exc",
    (ThreadWorker, "finish_request"): "conn fs",
    (TConn, "__init__"): "cfg sock client server",
    (TConn, "init"): "",
    (TConn, "set_timeout"): "",
    (TConn, "close"): "graceful",
    (Arbiter, "__init__"): "app",
    (Arbiter, "run"): "",
    (Arbiter, "init_signals"): "",
    (Arbiter, "signal"): "sig frame",
    (Arbiter, "spawn_worker"): "",
    (Arbiter, "reap_workers"): "",
    (Arbiter, "reload"): "",
    (Arbiter, "reexec"): "",
    (Arbiter, "handle_ttin"): "",
    (Arbiter, "handle_ttou"): "",
    (BaseApplication, "__init__"): "usage prog",
    (BaseApplication, "load_config"): "",
    (BaseApplication, "load"): "",
    (BaseApplication, "run"): "",
    (BaseApplication, "reload"): "",
    (Logger, "setup"): "cfg",
    (SocketUnreader, "read"): "size read_ahead",
}

#: The names that a method of gunicorn must go through, because our override or value is behind
#: each of them.
USES: dict[tuple[type, str], str] = {
    (ThreadWorker, "run"): "is_parent_alive murder_pending murder_keepalived set_accept_enabled"
    " wait_for_and_dispatch_events _cap_keepalive alive nr_conns worker_connections poller",
    (ThreadWorker, "set_accept_enabled"): "_accepting accept sockets setblocking",
    (ThreadWorker, "enqueue_req"): "handle finish_request",
    (ThreadWorker, "handle"): "initialized data_ready setblocking init parser is_http2"
    " handle_request handle_error ECONNRESET",
    (ThreadWorker, "handle_request"): "nr wsgi keepalived_conns max_keepalived alive",
    (ThreadWorker, "finish_request"): "keepalived_conns on_client_socket_readable set_timeout",
    (ThreadWorker, "murder_keepalived"): "keepalived_conns timeout nr_conns close",
    (ThreadWorker, "_cap_keepalive"): "keepalived_conns timeout",
    (BaseWorker, "init_process"): "init_signals load_wsgi run PIPE",
    (BaseWorker, "init_signals"): "SIGNALS handle_exit handle_quit handle_abort set_wakeup_fd PIPE",
    (BaseWorker, "handle_exit"): "alive",
    (TConn, "init"): "initialized setblocking parser is_ssl get_parser",
    (TConn, "set_timeout"): "timeout monotonic keepalive",
    (SocketUnreader, "chunk"): "sock recv",
    (Arbiter, "run"): "start manage_workers wait_for_signals halt",
    (Arbiter, "start"): "init_signals pid",
    (Arbiter, "handle_hup"): "reload",
    (Arbiter, "handle_usr2"): "reexec",
    (Arbiter, "stop"): "SIG_QUEUE SIGINT SIGQUIT kill_workers",
    (Arbiter, "signal"): "SIG_QUEUE put_nowait",
    (Arbiter, "spawn_workers"): "spawn_worker",
    (Arbiter, "reexec"): "fork reexec_pid execvpe",
    (Arbiter, "reload"): "app reload spawn_worker reap_workers LISTENERS",
    (Arbiter, "spawn_worker"): "pre_fork fork init_process WORKERS LISTENERS",
    (Arbiter, "init_signals"): "SIGNALS signal",
    (BaseApplication, "wsgi"): "callable load",
}

#: The attributes that `Roles.assign` and `accept` set from outside.
GIVEN = frozenset({"listener", "other_listeners", "core", "roles"})


def names_in(code: CodeType) -> Iterator[str]:
    """Every name that a function uses, with those of the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def label(method: tuple[type, str]) -> str:
    """A method as people write it."""
    return f"{method[0].__name__}.{method[1]}"


@pytest.fixture
def tcp() -> Iterator[TCPSocket]:
    """A listening socket of gunicorn's."""
    listener = TCPSocket(("127.0.0.1", 0), Config(), logging.getLogger())
    yield listener
    listener.close()


def test_gunicorn_is_bound_to_the_release_that_was_read() -> None:
    """pyproject.toml has an upper bound, and the installed release is inside it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = {need.name: need for need in map(Requirement, project["dependencies"])}
    bounds = needs["gunicorn"].specifier

    assert any(bound.operator == "<" for bound in bounds)
    assert bounds.contains(version("gunicorn"))


@pytest.mark.parametrize(("method", "parameters"), METHODS.items(), ids=map(label, METHODS))
def test_method_has_the_parameters_that_we_pass_or_take(
    method: tuple[type, str], parameters: str
) -> None:
    """An override with other parameters would fail where gunicorn calls it."""
    owner, name = method
    function = getattr(owner, name, None)

    assert function is not None, f"{label(method)} is gone"
    assert list(inspect.signature(function).parameters)[1:] == parameters.split()


@pytest.mark.parametrize(("method", "names"), USES.items(), ids=map(label, USES))
def test_method_still_goes_through_what_we_replace(method: tuple[type, str], names: str) -> None:
    """A release that inlined one of them would leave our override unused, without any error."""
    owner, name = method
    function = getattr(owner, name, None)

    assert function is not None, f"{label(method)} is gone"
    assert sorted(set(names.split()) - set(names_in(function.__code__))) == []


@pytest.mark.parametrize(("ours", "theirs"), SUBCLASSES, ids=lambda each: str(each.__name__))
def test_every_override_is_in_the_table(ours: type, theirs: type) -> None:
    """A method that we add and gunicorn has too must be checked above."""
    names = {name for name, value in vars(ours).items() if inspect.isfunction(value)}
    overridden = {name for name in names if hasattr(theirs, name) and not hasattr(object, name)}

    assert overridden - {name for owner, name in METHODS if owner is theirs} == set()


@pytest.mark.parametrize(("ours", "theirs"), SUBCLASSES, ids=lambda each: str(each.__name__))
def test_no_new_attribute_of_gunicorn_has_a_name_of_ours(ours: type, theirs: type) -> None:
    """Apart from the overrides, the two classes have no name in common."""
    shared = {name for name in vars(ours) if hasattr(theirs, name) and not hasattr(object, name)}

    assert shared - {"__module__", "__doc__", "__annotations__", "__static_attributes__"} <= {
        name for owner, name in METHODS if owner is theirs
    }


@pytest.mark.parametrize(("ours", "theirs"), SUBCLASSES, ids=lambda each: str(each.__name__))
def test_every_attribute_that_we_use_of_ourselves_exists(ours: type, theirs: type) -> None:
    """Gunicorn has no types, so that no checker would notice a misspelt name."""
    classes = [each for each in (ours, *theirs.__mro__) if each is not object]
    uses = [each for one in classes for each in own_attributes(one)]
    given = set(dir(ours)) | set(GIVEN) | {name for name, is_set in uses if is_set}

    assert {name for name, _ in own_attributes(ours)} - given == set()


def own_attributes(owner: type) -> Iterator[tuple[str, bool]]:
    """Each attribute of `self` that a class uses, and whether it assigns it."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner)))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            yield node.attr, isinstance(node.ctx, ast.Store)


def test_no_code_of_ours_lets_a_stopped_worker_live() -> None:
    """A handler may run between any two steps, so that an assigned True could undo its False."""
    assigned = [
        (path.name, ast.unparse(node.value))
        for path in (ROOT / "gpd_soap/server").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "alive"
    ]

    assert assigned
    assert {value for _, value in assigned} == {"False"}


def test_worker_has_the_attributes_that_we_read() -> None:
    """They are set before `init_process`, or by it."""
    made = ThreadWorker(1, 1, [], None, 30, Config(), logging.getLogger())

    for name in ("alive age app cfg keepalived_conns max_keepalived nr nr_conns poller sockets"
                 " worker_connections").split():  # fmt: skip
        assert hasattr(made, name), f"ThreadWorker.{name} is gone"
    made.tmp.close()


def test_arbiter_has_the_attributes_that_we_read() -> None:
    """Roles counts its workers and finds its listeners."""
    assert isinstance(Arbiter.WORKERS, dict)
    assert isinstance(Arbiter.LISTENERS, list)


def test_connection_has_the_attributes_that_we_set() -> None:
    """A worker reads each of them when it handles a request."""
    one, other = socket.socketpair()
    with one, other:
        made = TConn(Config(), one, ("127.0.0.1", 1), ("127.0.0.1", 2))

        for name in ("cfg sock client server timeout parser initialized is_http2"
                     " data_ready").split():  # fmt: skip
            assert hasattr(made, name), f"TConn.{name} is gone"
        assert one.gettimeout() == 0


def test_parser_reads_from_an_unreader_that_we_can_fill() -> None:
    """A request in its buffer is parsed without a read from the socket."""
    one, other = socket.socketpair()
    with one, other:
        parser = RequestParser(Config(), one, ("127.0.0.1", 1))
        parser.unreader.buf.write(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nNEXT")
        parser.unreader.sock = None

        assert next(parser).path == "/a"
        assert parser.unreader.buf.getvalue() == b"NEXT"
        assert parser.unreader.read() == b"NEXT"


def test_closed_listener_has_no_socket(tcp: TCPSocket) -> None:
    """The worker tells a closed listener by this, and polls an open one by its number."""
    assert tcp.fileno() >= 0
    assert tcp.getsockname()[0] == "127.0.0.1"

    tcp.close()
    assert tcp.sock is None


@pytest.mark.parametrize(
    "name", ["LimitRequestLine", "LimitRequestHeaders", "UnsupportedTransferCoding"]
)
def test_error_of_the_parser_is_a_parse_exception(name: str) -> None:
    """The worker answers a ParseException with a status, and takes another for a failure."""
    assert issubclass(getattr(errors, name), errors.ParseException)


def test_error_response_takes_status_reason_and_text() -> None:
    """The worker answers invalid HTTP by this function."""
    parameters = list(inspect.signature(util.write_error).parameters)

    assert parameters == ["sock", "status_int", "reason", "mesg"]
    assert str(errors.LimitRequestHeaders("head"))


def test_settings_that_we_give_are_settings_of_gunicorn() -> None:
    """An unknown name would stop the server; a hook with another arity would too."""
    program = server.Program(Settings(pin=True), {"127.0.0.1:8080": lambda *_: []}, int)
    given = server.Server(lambda: program)._gunicorn_settings()

    assert sorted(set(given) - set(Config().settings)) == []
