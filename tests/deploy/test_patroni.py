"""The PostgreSQL cluster's files, read by Patroni and HAProxy, and what they promise together."""

import getpass
import re
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from gpd_soap.store.database.engine import ANSWER_SECONDS, CONNECT_SECONDS
from tests.deploy.programs import complaint, program
from tests.drills.cluster import FILES, filled
from tests.postgres import program_folders

#: SPEC: pagopa-ec.md 6: what the Node waits for a question and for a receipt, in seconds.
QUESTION, RECEIPT = 7, 15
VALUES = {
    **{f"NODE_{number}": f"127.77.77.{number}" for number in (1, 2, 3)},
    **{f"{of}_PASSWORD": "x" for of in ("SUPERUSER", "REPLICATION", "REWIND", "REST")},
    # WHY: Patroni's check binds its ports, and refuses 127.0.0.1.
    "NODE_NAME": "node1", "NODE_ADDRESS": "127.77.77.77", "LISTEN": "127.77.77.77:5000",
    "PROXY_USER": getpass.getuser(),
    "NODES": "192.0.2.0/24", "APPS": "198.51.100.0/24",
    "SOCKETS": "/tmp", "WATCHDOG": "/dev/watchdog",  # noqa: S108  # only read
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Patroni's file for a node that is about to begin."""
    values = {**VALUES, "PROGRAMS": str(next(program_folders())), "DATA": str(tmp_path / "data")}
    path = tmp_path / "patroni.yml"
    path.write_text(filled("patroni.yml.template", values), encoding="utf-8")
    return path


def read(config: Path) -> Any:
    """What Patroni reads."""
    return yaml.safe_load(config.read_text("utf-8"))


def seconds(proxy: str, setting: str) -> int:
    """A time of HAProxy's file."""
    [figure] = re.findall(rf"\b{setting} (\d+)s\b", proxy)
    return int(figure)


def test_patroni_understands_the_file(config: Path) -> None:
    """Nothing is missing, misspelt or of another kind."""
    with ExitStack() as etcd:
        for number in (1, 2, 3):
            # WHY: it tries whether somebody is there.
            etcd.enter_context(socket.create_server((VALUES[f"NODE_{number}"], 2379)))
        said = complaint(program("patroni", "patroni"), "--validate-config", config)

    assert said == ""


def test_haproxy_understands_every_line(tmp_path: Path) -> None:
    """Without so much as a warning."""
    proxy = tmp_path / "haproxy.cfg"
    proxy.write_text(filled("haproxy.cfg.template", VALUES), encoding="utf-8")

    assert complaint(program("haproxy", "haproxy"), "-c", "-dW", "-f", proxy) == ""


def test_each_variable_is_explained() -> None:
    """Whoever fills the files in finds all of them at the head of the first."""
    files = [path.read_text("utf-8") for path in FILES.iterdir()]
    used = {name for text in files for name in re.findall(r"\$\{(\w+)\}", text)}
    explained = set(re.findall(r"\b[A-Z_]+(?:_\d)?\b", filled_in_by()))

    assert used <= explained


def filled_in_by() -> str:
    """The comment at the head of Patroni's file."""
    text = (FILES / "patroni.yml.template").read_text("utf-8")
    return text.split("\n\n", 1)[0]


def test_an_old_primary_has_stepped_down_before_another_steps_up(config: Path) -> None:
    """Patroni's own rule for its times; a copy on another machine, whatever happens."""
    dcs = read(config)["bootstrap"]["dcs"]

    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"]
    assert dcs["synchronous_mode"] is dcs["synchronous_mode_strict"] is True
    assert dcs["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_the_leaders_key_is_changed_by_comparing_alone(config: Path) -> None:
    """Debian 12's Patroni does so with etcd's second API, which etcd must then speak."""
    assert "etcd" in read(config)
    assert "ETCD_ENABLE_V2=true" in (FILES / "etcd.env.template").read_text("utf-8").splitlines()


def test_a_node_that_is_gone_is_missed_before_the_node_gives_up(config: Path) -> None:
    """PostgreSQL misses a standby, HAProxy a primary, and the program an answer in time."""
    parameters = read(config)["bootstrap"]["dcs"]["postgresql"]["parameters"]
    proxy = filled("haproxy.cfg.template", VALUES)
    missed = seconds(proxy, "timeout check") + seconds(proxy, "inter")

    assert int(parameters["wal_sender_timeout"].removesuffix("s")) < RECEIPT
    assert 2 * missed < QUESTION
    assert ANSWER_SECONDS < QUESTION
    assert seconds(proxy, "timeout connect") < CONNECT_SECONDS
