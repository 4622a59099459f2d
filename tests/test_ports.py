"""Ports for servers: nobody else gets one between its choice and the server's start."""

import os
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from tests import ports
from tests.ports import free_port

#: The first port that Linux gives to whoever names none, unless the machine says otherwise.
FIRST_GIVEN = 32768
#: Prints a port of a process of its own, or why it gets none.
CHOOSING = """
from tests import ports
ports.PORTS = range({port}, {port} + 1)
try:
    print(ports.free_port())
except RuntimeError as full:
    print(full)
"""


def only(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one port to choose from."""
    monkeypatch.setattr(ports, "PORTS", range(port, port + 1))


def test_port_is_outside_those_that_the_kernel_gives_to_connections():
    """A connection of another process could take it before the server does."""
    assert ports.PORTS.stop <= FIRST_GIVEN


def test_chosen_port_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch):
    """Neither this process nor another chooses it, although nothing listens there yet."""
    port = free_port()
    only(port, monkeypatch)
    other = subprocess.run(
        [sys.executable, "-c", CHOOSING.format(port=port)],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip

    with pytest.raises(RuntimeError, match="no port from"):
        free_port()
    assert "no port from" in other.stdout


def test_port_on_which_a_server_listens_is_not_chosen(monkeypatch: pytest.MonkeyPatch):
    """The server may be of no test, and may listen at one address alone."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        monkeypatch.setattr(ports, "_marked", lambda _: True)
        only(port, monkeypatch)

        with pytest.raises(RuntimeError, match="no port from"):
            free_port()


def test_oldest_ports_are_given_up(monkeypatch: pytest.MonkeyPatch):
    """A process keeps a number of open files, however many servers its tests start."""
    marks = deque[int]()
    monkeypatch.setattr(ports, "_MARKS", marks)
    monkeypatch.setattr(ports, "HELD", 2)
    for _ in range(5):
        free_port()

    assert len(marks) == 2
    for mark in marks:
        os.close(mark)
