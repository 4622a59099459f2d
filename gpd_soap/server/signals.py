"""Signals that arrive while a process starts: each waits until the process can act on it.

After a fork, the child has its parent's handlers.  They would note a signal in the child's copy of
the parent's queue, which nobody reads.  So signals are blocked during the fork, and the child
unblocks them once it has handlers of its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

#: The signals that gunicorn's processes handle.
HANDLED = frozenset({*Arbiter.SIGNALS, *Worker.SIGNALS})
#: The signals that stop a master, and those of them that let it finish no request.
STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
QUICK_STOPS = frozenset({signal.SIGINT, signal.SIGQUIT})
#: The signals that a master obeys, and that end a process without handlers.
ORDERS = frozenset({signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2})


def begin() -> None:
    """Until this process is a master, end it at once on a stop, and let an order wait."""
    # WHY: the first process of a container has no default actions, so it would ignore a stop.
    for number in STOPS:
        signal.signal(number, lambda _number, _frame: os._exit(0))
    # WHY: a master that another one started has all signals blocked, since before it was forked.
    signal.pthread_sigmask(signal.SIG_SETMASK, ORDERS)


@contextmanager
def held() -> Iterator[None]:
    """Let every signal wait until the end of the block; the child of a fork calls `release`."""
    process = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        yield
    finally:
        # WHY: the child leaves the block at its own end, when no signal may end it any more.
        if os.getpid() == process:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end() -> None:
    """Let every signal wait for ever: this process has done its work and ends by itself."""
    # WHY: the interpreter takes the handlers away before the process is gone.
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)


def release() -> None:
    """Act on the signals that wait, now that this process has handlers for them."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
