"""What README tells a newcomer to type works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.served import free_port

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_a_first_day_goes_as_the_readme_says(tmp_path: Path) -> None:
    """From an empty folder to a position that is paid, its receipt, and its exchange."""
    [typed] = re.findall(
        r"^## From an empty folder to a receipt\n.*?^```sh\n(.*?)^```",
        README,
        re.MULTILINE | re.DOTALL,
    )
    node, admin = free_port(), free_port()
    # The ports of a machine that runs other tests beside this one.
    typed = typed.replace(":8081", f":{admin}").replace(":8080", f":{node}")
    typed = typed.replace("node pay", f"node pay --url http://127.0.0.1:{node}/partner")
    (tmp_path / "gpd-soap").write_text(f'#!/bin/sh\nexec {sys.executable} -m gpd_soap "$@"\n')
    (tmp_path / "gpd-soap").chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}

    ran = subprocess.run(
        ["/bin/sh", "-eu"],
        input=typed,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=tmp_path,
        env={
            **kept,
            "PATH": f"{tmp_path}:{kept['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GPD_NODE_BIND": f"127.0.0.1:{node}",
            "GPD_ADMIN_BIND": f"127.0.0.1:{admin}",
            "GPD_WORKERS": "1",
        },
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 positions: 1 loaded" in ran.stdout
    assert "347000000000000124" in (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert "0 errors, 0 warnings" in ran.stdout
    assert '"status":"PAID"' in ran.stdout
    assert "<creditorReferenceId>47000000000000124</creditorReferenceId>" in ran.stdout
    assert "receipt: kept as applied" in ran.stdout
