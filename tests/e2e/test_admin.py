"""A back office and the Node use one position, each through its listener."""

import subprocess
import sys
from pathlib import Path

import requests

from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import serving
from tests.ports import free_port
from tests.validation.bodies import body

POSITIONS = f"/organizations/{world.ORGANIZATION}/debtpositions"


def run_command(*command: str, database: str = "") -> str:
    """Standard output of a command of ours; fails unless it exits with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "gpd_soap", *command],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={"GPD_DATABASE_URL": database, "PATH": "/usr/bin"},
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_position_created_over_the_api_is_paid_by_the_node_and_read_as_paid(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The key is created on the command line, and all requests use real sockets."""
    database = fresh_database("postgresql", world.prepare)
    admin = f"http://127.0.0.1:{(port := free_port())}"
    made = run_command(
        "key", "create", "--name", "back office", "--role", "writer",
        "--organization", world.ORGANIZATION, database=database,
    )  # fmt: skip
    key = {"X-Api-Key": made.split()[-1]}
    position = body()
    position["paymentOption"][0]["dueDate"] = "2199-12-31"
    with serving("all", database, tmp_path / "log", GPD_ADMIN_BIND=f"127.0.0.1:{port}") as node:
        created = requests.post(
            f"{admin}{POSITIONS}?toPublish=true", json=position, headers=key, timeout=180
        )
        nav = created.json()["paymentOption"][0]["nav"]
        run_command("node", "pay", nav, "--url", node)
        one = f"{admin}{POSITIONS}/{position['iupd']}"
        read = requests.get(one, headers=key, timeout=180)
        unknown = requests.get(one, timeout=180)
        crossed = requests.get(f"{node.removesuffix('/partner')}{POSITIONS}", timeout=180)

    assert (created.status_code, created.json()["status"]) == (201, "VALID")
    assert (read.status_code, read.json()["status"]) == (200, "PAID")
    assert read.json()["paymentOption"][0]["status"] == "PO_PAID"
    assert (unknown.status_code, crossed.status_code) == (401, 404)
    assert key["X-Api-Key"] not in (tmp_path / "log").read_text(encoding="utf-8")
