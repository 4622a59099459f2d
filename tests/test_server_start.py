"""What a server does not do at its start, because no answer or few answers need it."""

import subprocess
import sys
from pathlib import Path

import pytest

#: Libraries that a server without passkeys needs for no answer.
LEFT_OUT = "alembic mako webauthn cbor2 OpenSSL".split()
PROGRAM = """
import sys
from pathlib import Path
from pydantic.json_schema import GenerateJsonSchema
from werkzeug.routing import Rule
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from gpd_soap.wiring import faces
from gpd_soap.wsgi.refused_callers import RefusedCallers

def nothing(*arguments, **more):
    raise AssertionError(arguments)

GenerateJsonSchema.generate = nothing
Rule._get_func_code = staticmethod(nothing)
settings = Settings(database_url=f"sqlite:///{sys.argv[1]}/all.db", console_url=sys.argv[2])
store, metrics = Store(settings.database_url), Metrics(Path(sys.argv[1]))
migrate.pending(store.engine)
faces(settings, store, "all", metrics, RefusedCallers())
print(" ".join(name for name in sys.argv[3:] if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("console", "imported"),
    [("http://127.0.0.1:8081", ""), ("http://localhost:8081", "webauthn cbor2 OpenSSL")],
)
def test_server_starts_without_what_no_answer_needs(tmp_path: Path, console: str, imported: str):
    """It makes no JSON schema and no address, and imports nothing for passkeys without them."""
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), console, *LEFT_OUT]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)

    assert (ended.returncode, ended.stderr, ended.stdout.strip()) == (0, "", imported)
