"""What a process of the node face alone does not import."""

import subprocess
import sys
from pathlib import Path

#: Modules that a node process must do without: people sign in to the console only.
LEFT_OUT = """gpd_soap.usecases.people gpd_soap.store.people gpd_soap.cli.people
              gpd_soap.console flask jinja2 gpd_soap.features
              webauthn cbor2 OpenSSL joserfc cryptography""".split()
PROGRAM = """
import sys
from pathlib import Path
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.wiring import faces
from gpd_soap.wsgi.refused_callers import RefusedCallers
settings = Settings(database_url=f"sqlite:///{sys.argv[1]}/node.db")
metrics = Metrics(Path(sys.argv[1]))
faces(settings, Store(settings.database_url), "node", metrics, RefusedCallers())
sys.exit(" ".join(name for name in sys.modules if name.startswith(tuple(sys.argv[2:]))) or 0)
"""


def test_process_of_the_node_face_imports_nothing_of_people(tmp_path: Path):
    """Neither operators nor their factors take memory where the Node is answered."""
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), *LEFT_OUT]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)

    assert (ended.returncode, ended.stderr) == (0, "")
