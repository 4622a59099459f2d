"""Spyne answers on every supported Python that this machine has."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpd_soap.soap.compat import prepare

ROOT = Path(__file__).parents[2]
SUPPORTED = ("3.11", "3.12", "3.13")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

ANSWER_ONE_CALL = """
import sys
import gpd_soap.soap
from spyne import Application, Service, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication
import http.cookies, io

class Greeter(Service):
    @rpc(Unicode, _returns=Unicode)
    def greet(ctx, name):
        return "ciao " + name

app = WsgiApplication(
    Application([Greeter], "urn:t", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
)
ask = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    b'<greet xmlns="urn:t"><name>mondo</name></greet></e:Body></e:Envelope>'
)
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "here",
    "SERVER_PORT": "80", "wsgi.url_scheme": "http", "CONTENT_TYPE": "text/xml; charset=utf-8",
    "CONTENT_LENGTH": str(len(ask)), "wsgi.input": io.BytesIO(ask),
}
print(b"".join(app(environ, lambda status, headers: print(status))).decode())
assert http.cookies.__spec__.name == "http.cookies"
assert sys.modules["spyne.util.six.moves.http_cookies"] is http.cookies
"""


def interpreters() -> dict[str, Path]:
    """Return the supported Pythons of this machine by version, with the running one."""
    pythons = {HERE: Path(sys.executable)}
    pyenv = Path.home() / ".pyenv" / "versions"
    for version in SUPPORTED:
        installed = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
        on_path = shutil.which(f"python{version}")
        for candidate in [*installed, *([Path(on_path)] if on_path else [])]:
            if version not in pythons and _runs(candidate, version):
                pythons[version] = candidate
    return pythons


def _runs(python: Path, version: str) -> bool:
    """Return whether it is that Python.

    WHY: pyenv has shims on PATH for versions that are not installed.
    """
    process = subprocess.run([python, "-V"], capture_output=True, text=True, check=False)
    return process.stdout.startswith(f"Python {version}.")


INTERPRETERS = interpreters()


@pytest.fixture(params=sorted(INTERPRETERS))
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A Python with Spyne: the running one, or another in a new virtual environment."""
    version: str = request.param
    if version == HERE:
        return Path(sys.executable)
    folder = tmp_path / "venv"
    subprocess.run([INTERPRETERS[version], "-m", "venv", "--without-pip", folder], check=True)
    made = folder / "bin" / "python"
    pins = tmp_path / "pins.txt"
    pins.write_text(pinned("spyne", "lxml", "pytz", "legacy-cgi"))
    pip = ["-m", "pip", "--python", str(made)]
    install = ["install", "--quiet", "--require-hashes", "-r", str(pins)]
    subprocess.run([sys.executable, *pip, *install], check=True, timeout=300)
    return made


def pinned(*names: str) -> str:
    """Return the entries of these packages in deploy/requirements.txt, with their hashes."""
    text = (ROOT / "deploy" / "requirements.txt").read_text()
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    return "".join(entry for entry in entries if entry.split("==")[0] in names)


def test_spyne_answers_a_call_on_every_supported_python(python: Path):
    """The modules of the standard library keep their own specs."""
    process = subprocess.run(
        [python, "-c", ANSWER_ONE_CALL],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )

    assert process.returncode == 0, process.stderr
    assert "200 OK" in process.stdout
    assert "ciao mondo" in process.stdout


def test_second_preparation_changes_nothing():
    """However often prepare is called, there is one finder."""
    prepare()
    before = list(sys.meta_path)
    prepare()

    assert sys.meta_path == before
