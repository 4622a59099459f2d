"""Chromium with a virtual authenticator, over the pipe of its DevTools protocol."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROGRAM = "chromium-headless-shell"
#: Gives the program the ends of the pipes as its files 3 and 4.
START = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
#: LIMIT: seconds until a browser that hangs is ended.
PATIENT = 120
CREATE, GET = (
    f"navigator.credentials.{verb}({{publicKey:"
    f" PublicKeyCredential.parse{name}OptionsFromJSON(OPTIONS)}})"
    ".then(made => JSON.stringify(made.toJSON()))"
    for verb, name in (("create", "Creation"), ("get", "Request"))
)


class Browser:
    """A page of a browser, with a device that makes and uses passkeys."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = os.fdopen(commands, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb")
        self._number, self._session = 0, ""
        [target] = [
            each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page"
        ]
        attached = {"targetId": target["targetId"], "flatten": True}
        self._session = self.call("Target.attachToTarget", **attached)["sessionId"]
        self.call("Page.enable")
        self.call("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.call("WebAuthn.addVirtualAuthenticator", options=options)
        self.device: str = made["authenticatorId"]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, origin: str) -> None:
        """Open a page."""
        self.call("Page.navigate", url=f"{origin}/")
        while self.evaluate("document.readyState + location.origin") != f"complete{origin}":
            pass

    def create(self, options: str) -> str:
        """Make a passkey as a page does; return what the page sends, or the error's name."""
        return self.evaluate(CREATE.replace("OPTIONS", options))

    def get(self, options: str) -> str:
        """Sign by a passkey as a page does; return what the page sends, or the error's name."""
        return self.evaluate(GET.replace("OPTIONS", options))

    def evaluate(self, script: str) -> str:
        """Return what a script of the page gives, or the name of its error."""
        caught = f"Promise.resolve().then(() => {script}).catch(error => error.name)"
        parameters = {"expression": caught, "awaitPromise": True, "userGesture": True}
        return str(self.call("Runtime.evaluate", **parameters)["result"]["value"])

    def close(self) -> None:
        """Close the pipes."""
        self._commands.close()
        self._answers.close()

    def _read(self) -> bytes:
        content = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            content += byte
        return bytes(content)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Run a browser while the block runs; `folder` is its own."""
    program = shutil.which(PROGRAM)
    assert program is not None, f"install {PROGRAM}"
    (its_input, commands), (answers, its_output) = os.pipe(), os.pipe()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server",
               "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]  # fmt: skip
    arguments = [sys.executable, "-c", START, str(its_input), str(its_output), program, *options]
    with subprocess.Popen(
        arguments, pass_fds=(its_input, its_output), stderr=subprocess.DEVNULL
    ) as process:
        os.close(its_input)
        os.close(its_output)
        timer = threading.Timer(PATIENT, process.kill)
        timer.start()
        try:
            opened = Browser(commands, answers)
            yield opened
            opened.close()
        finally:
            timer.cancel()
            process.kill()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Prova</title>")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def page() -> Iterator[str]:
    """Serve an empty page on this machine; yield its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
