"""The commands in README, from an empty folder to a receipt, work as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.ports import free_port

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_readme_commands_lead_from_an_empty_folder_to_a_receipt(tmp_path: Path) -> None:
    """They pay a position, and print its receipt and its journal entry."""
    [commands] = re.findall(
        r"^## From an empty folder to a receipt\n.*?^```sh\n(.*?)^```",
        README,
        re.MULTILINE | re.DOTALL,
    )
    node, admin = free_port(), free_port()
    # WHY: other tests run beside this one, so it needs ports of its own.
    commands = commands.replace(":8081", f":{admin}").replace(":8080", f":{node}")
    commands = commands.replace("node pay", f"node pay --url http://127.0.0.1:{node}/partner")
    (tmp_path / "gpd-soap").write_text(f'#!/bin/sh\nexec {sys.executable} -m gpd_soap "$@"\n')
    (tmp_path / "gpd-soap").chmod(0o755)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}

    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=commands,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=tmp_path,
        env={
            **inherited,
            "PATH": f"{tmp_path}:{inherited['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GPD_NODE_BIND": f"127.0.0.1:{node}",
            "GPD_ADMIN_BIND": f"127.0.0.1:{admin}",
            "GPD_WORKERS": "1",
        },
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 positions: 1 loaded" in done.stdout
    assert "347000000000000124" in (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert "0 errors, 0 warnings" in done.stdout
    assert '"status":"PAID"' in done.stdout
    assert "<creditorReferenceId>47000000000000124</creditorReferenceId>" in done.stdout
    assert "receipt: kept as applied" in done.stdout
