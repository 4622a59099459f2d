"""The node face works without webhooks."""

import subprocess
import sys

IMPORTED = """
import sys, gpd_soap.wiring, gpd_soap.soap.listener, gpd_soap.server.gunicorn
sys.exit(" ".join(each for each in sys.modules if each.startswith("gpd_soap.features")) or 0)
"""


def test_node_face_imports_no_webhooks():
    """A process of the node face loads nothing of the folder."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, timeout=180, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
