"""The files of the PostgreSQL cluster, as Patroni and HAProxy read them, and their times."""

import getpass
import re
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from gpd_soap.store.database.engine import ANSWER_SECONDS, CONNECT_SECONDS
from tests.deploy.programs import certify, complaint, program
from tests.drills.cluster import FILES, filled
from tests.postgres import program_folders

#: SPEC: SANP "Livelli di servizio": the Node waits 7 s for a question and 15 s for a receipt.
QUESTION, RECEIPT = 7, 15
VALUES = {
    **{f"NODE_{number}": f"127.77.77.{number}" for number in (1, 2, 3)},
    **{f"{of}_PASSWORD": "x" for of in ("SUPERUSER", "REPLICATION", "REWIND", "REST")},
    # WHY: Patroni's check binds its ports and refuses 127.0.0.1.
    "NODE_NAME": "node1", "NODE_ADDRESS": "127.77.77.77", "LISTEN": "127.77.77.77:5000",
    "PROXY_USER": getpass.getuser(),
    "NODES": "192.0.2.0/24", "APPS": "198.51.100.0/24",
    "SOCKETS": "/tmp", "WATCHDOG": "/dev/watchdog",  # noqa: S108  # only read
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return Patroni's file for a new node."""
    values = {
        **VALUES,
        "PROGRAMS": str(next(program_folders())),
        "DATA": str(tmp_path / "data"),
        "CERTIFICATES": str(tmp_path),
    }
    path = tmp_path / "patroni.yml"
    path.write_text(filled("patroni.yml.template", values), encoding="utf-8")
    return path


def read(config: Path) -> Any:
    """Return Patroni's settings."""
    return yaml.safe_load(config.read_text("utf-8"))


def seconds(proxy: str, setting: str) -> int:
    """Return a time of HAProxy's file."""
    [figure] = re.findall(rf"\b{setting} (\d+)s\b", proxy)
    return int(figure)


def test_patroni_accepts_its_file(config: Path) -> None:
    """Nothing is missing, misspelt or of another type."""
    with ExitStack() as etcd:
        for number in (1, 2, 3):
            # WHY: Patroni's check connects to each etcd, so something must listen.
            etcd.enter_context(socket.create_server((VALUES[f"NODE_{number}"], 2379)))
        complaints = complaint(program("patroni", "patroni"), "--validate-config", config)

    assert complaints == ""


def test_haproxy_accepts_its_file(tmp_path: Path) -> None:
    """HAProxy has no warning."""
    proxy = tmp_path / "haproxy.cfg"
    proxy.write_text(filled("haproxy.cfg.template", VALUES), encoding="utf-8")

    assert complaint(program("haproxy", "haproxy"), "-c", "-dW", "-f", proxy) == ""


def test_variable_of_the_templates_is_explained() -> None:
    """All of them are at the head of the first file."""
    files = [path.read_text("utf-8") for path in FILES.iterdir()]
    used = {name for text in files for name in re.findall(r"\$\{(\w+)\}", text)}
    explained = set(re.findall(r"\b[A-Z_]+(?:_\d)?\b", filled_in_by()))

    assert used <= explained


def filled_in_by() -> str:
    """Return the comment at the head of Patroni's file."""
    text = (FILES / "patroni.yml.template").read_text("utf-8")
    return text.split("\n\n", 1)[0]


def test_old_primary_steps_down_before_another_takes_over(config: Path) -> None:
    """Patroni's rule for its times holds, and a commit waits for a copy on another machine."""
    dcs = read(config)["bootstrap"]["dcs"]

    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"]
    assert dcs["synchronous_mode"] is dcs["synchronous_mode_strict"] is True
    assert dcs["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_connection_between_machines_is_encrypted_and_verified(config: Path) -> None:
    """PostgreSQL refuses clear text, and the nodes verify each other's certificates."""
    settings = read(config)
    postgresql, bootstrap = settings["postgresql"], settings["bootstrap"]
    lines = [line.split() for line in postgresql["pg_hba"]]

    assert bootstrap["pg_hba"] == postgresql["pg_hba"]
    assert {line[0] for line in lines} == {"local", "hostssl"}
    assert [line[2] for line in lines if line[1] == "gpd"] == ["gpd_owner,gpd_serving"]
    assert postgresql["parameters"]["ssl"] == "on"
    for name in ("replication", "rewind"):
        assert postgresql["authentication"][name]["sslmode"] == "verify-full"
        assert postgresql["authentication"][name]["sslrootcert"].endswith("/authority.pem")


def test_certificates_of_the_readme_have_the_names_of_its_addresses(tmp_path: Path) -> None:
    """The command of README makes the files that Patroni's file and the addresses need."""
    text = (FILES / "README.md").read_text("utf-8").replace("\\\n", " ")
    [command] = re.findall(r"^sh deploy/authority.sh certificates (.*)$", text, re.MULTILINE)
    certify(tmp_path, *command.split())
    [by_name, by_address] = re.findall(r"GPD_DATABASE_URL='(.*)'", text)

    host = by_name.partition("@")[2].partition("/")[0]
    addresses = re.findall(r"host=([\d.]+):5432", by_address)
    assert len(addresses) == 3
    for number, address in enumerate(addresses, 1):
        pem = (tmp_path / f"node{number}.pem").read_bytes()
        names = (
            x509.load_pem_x509_certificate(pem)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
        assert {f"node{number}", host} == {*names.get_values_for_type(x509.DNSName)}
        assert [address] == [str(each) for each in names.get_values_for_type(x509.IPAddress)]


def test_leader_key_is_changed_by_comparison(config: Path) -> None:
    """Debian 12's Patroni does so with etcd's second API, which etcd must then offer."""
    assert "etcd" in read(config)
    assert "ETCD_ENABLE_V2=true" in (FILES / "etcd.env.template").read_text("utf-8").splitlines()


def test_lost_machine_is_noticed_within_the_patience_of_the_node(config: Path) -> None:
    """PostgreSQL misses a standby, HAProxy a primary, and the program an answer in time."""
    parameters = read(config)["bootstrap"]["dcs"]["postgresql"]["parameters"]
    proxy = filled("haproxy.cfg.template", VALUES)
    missed = seconds(proxy, "timeout check") + seconds(proxy, "inter")

    assert int(parameters["wal_sender_timeout"].removesuffix("s")) < RECEIPT
    assert 2 * missed < QUESTION
    assert ANSWER_SECONDS < QUESTION
    assert seconds(proxy, "timeout connect") < CONNECT_SECONDS
