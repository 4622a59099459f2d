"""A small server whose processes get a signal at a chosen step of their start.

A step is one line of gunicorn or of `gpd_soap.server` that a process executes.
"""

import itertools
import logging
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import gunicorn

from gpd_soap.server import signals
from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.server.processes import Master
from gpd_soap.server.worker import Worker
from gpd_soap.settings import Settings
from gpd_soap.wsgi.http import Wsgi

FOLDERS = (str(Path(gunicorn.__file__).parent), str(Path(signals.__file__).parent))
#: Steps after a signal in which a process must have ended; exit code of one that has not.
ENOUGH, LOST = 20_000, 77
#: LIMIT: 30 s after which a master that did not obey is ended by SIGALRM.
OBEY_SECONDS = 30


def at_step(step: int, act: Callable[[], object]) -> None:
    """Call `act` at this step of the process, and end it with LOST if it lives on."""
    steps = itertools.count()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(FOLDERS):
            return None
        if event == "line":
            now = next(steps)
            if now == step:
                act()
            elif now == step + ENOUGH:
                os._exit(LOST)
        return trace

    sys.settrace(trace)
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back


def server(address: str, processes: int = 1, leave: Callable[[], object] = int) -> Server:
    """A server that starts quickly and turns often; each process calls `leave` at its end."""
    faces: dict[str, Wsgi] = {address: lambda _environ, _start_response: []}
    turn = Worker.wait_for_and_dispatch_events
    random.random = lambda: 0.0  # no pause between two starts
    Worker.wait_for_and_dispatch_events = (  # type: ignore[method-assign]  # the process stops itself there
        lambda self, timeout: turn(self, min(timeout, 0.002))
    )
    logging.basicConfig(level="INFO")
    return Server(lambda: Program(Settings(workers=processes), faces, leave))


def workers(address: str, sent: signal.Signals, steps: int, every: int) -> None:
    """Send the signal to one worker after the other, each at a later step since its fork."""

    def begin(number: int) -> None:
        step = (number - 1) * every
        if step < steps:
            at_step(step, lambda: os.kill(os.getpid(), sent))
        else:
            os.kill(os.getppid(), signal.SIGTERM)

    call_in_workers(begin)
    server(address).run()


def masters(address: str, sent: signal.Signals, steps: int, every: int) -> None:
    """Send the signal to one master after the other, each at a later step of its start.

    The second worker, which only a reload starts, stops its master.
    """

    def begin(number: int) -> None:
        if number > 1:
            os.kill(os.getppid(), signal.SIGTERM)

    call_in_workers(begin)
    made = server(address)
    for step in range(0, steps, every):
        master = os.fork()
        if not master:
            signal.alarm(OBEY_SECONDS)
            signals.begin()
            at_step(step, lambda: os.kill(os.getpid(), sent))
            made.run()
        _, status = os.waitpid(master, 0)
        sys.stdout.write(f"{step} {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def reload(address: str, sent: signal.Signals, _steps: int, _every: int) -> None:
    """Send the signal during a reload whose old worker does not leave."""

    def begin(number: int) -> None:
        if number == 1:
            os.kill(os.getppid(), signal.SIGHUP)
            Worker.handle_exit = lambda *_: None
        else:
            os.kill(os.getppid(), sent)

    call_in_workers(begin)
    server(address).run()


def many(address: str, sent: signal.Signals, steps: int, _every: int) -> None:
    """Send the signal from the first of as many workers as `steps`, before the second."""
    reading, writing = os.pipe()

    def begin(number: int) -> None:
        if number == 1:
            os.kill(os.getppid(), sent)
            os.write(writing, b"sent")

    numbers = call_in_workers(begin)
    spawn = Master.spawn_worker

    def spawn_after_signal(self: Master) -> Any:
        if len(numbers) == 1:
            os.read(reading, 4)
        return spawn(self)

    Master.spawn_worker = spawn_after_signal  # type: ignore[method-assign]  # the process stops itself there
    server(address, steps).run()


def leaving(address: str, sent: signal.Signals, _steps: int, _every: int) -> None:
    """Send the signal to a worker at its end, when the interpreter has taken its handlers away."""
    master = os.getpid()

    def leave() -> None:
        if os.getpid() != master:
            signal.signal(sent, signal.SIG_DFL)
            os.kill(os.getpid(), sent)

    call_in_workers(lambda _number: os.kill(os.getppid(), signal.SIGTERM))
    server(address, leave=leave).run()


def upgrade(address: str, sent: signal.Signals, _steps: int, _every: int) -> None:
    """Send the signal to a new master between its fork and its program; then stop the first."""
    made = server(address)
    if "GUNICORN_PID" in os.environ:
        signal.alarm(OBEY_SECONDS)
        signals.begin()
        made.run()
    reap = Master.reap_workers

    def reap_and_stop(self: Master) -> None:
        had_new_master = self.reexec_pid
        reap(self)
        if had_new_master and not self.reexec_pid:
            sys.stdout.write("the new master has ended\n")
            os.kill(os.getpid(), signal.SIGTERM)

    Master.reap_workers = reap_and_stop  # type: ignore[method-assign]  # the process stops itself there
    call_in_workers(lambda _number: os.kill(os.getppid(), signal.SIGUSR2))
    exec_program = os.execvpe

    def exec_after_signal(*arguments: Any) -> None:
        os.kill(os.getpid(), sent)
        if sent == signal.SIGTERM:
            exec_program(*arguments)
        raise FileNotFoundError

    os.execvpe = exec_after_signal  # type: ignore[assignment]  # the same
    made.run()


def call_in_workers(begin: Callable[[int], object]) -> list[int]:
    """Call `begin` in each new worker as soon as it is forked, with its number from 1 on.

    Returns the numbers of the workers until now, which grow.
    """
    numbers: list[int] = []
    spawn = Master.spawn_worker

    def spawn_next(self: Master) -> Any:
        numbers.append(len(numbers) + 1)
        return spawn(self)

    Master.spawn_worker = spawn_next  # type: ignore[method-assign]  # the process stops itself there
    os.register_at_fork(after_in_child=lambda: numbers and begin(numbers[-1]))
    return numbers


if __name__ == "__main__":
    sort, address, name, steps, every = sys.argv[1:]
    sorts = (workers, masters, reload, many, leaving, upgrade)
    chosen = {each.__name__: each for each in sorts}[sort]
    chosen(address, signal.Signals[name], int(steps), int(every))
