"""What systemd does with the units of a folder: `python -m tests.deploy.units FOLDER start UNIT`.

A container has no systemd.  The commands, files and credentials of the real units are used; their
confinement is examined by systemd-analyze.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

WITHIN = 60.0


class Service:
    """A unit below the folder `root`, as systemd reads it."""

    def __init__(self, root: Path, name: str) -> None:
        """Read the unit of this name, or the template that it is an instance of."""
        self._root, self.name = root, name
        template, _, instance = name.partition("@")
        file = f"{template}@.service" if instance else f"{template}.service"
        text = (root / "etc/systemd/system" / file).read_text("utf-8").replace("%i", instance)
        lines = (line.partition("=") for line in text.splitlines() if "=" in line)
        self._lines = [(key, value) for key, _, value in lines if not key.startswith("#")]

    def values(self, key: str) -> list[str]:
        """Return each value of a directive, with the paths below the folder."""
        return [
            " ".join(self._below(word) for word in value.split(" "))
            for name, value in self._lines
            if name == key
        ]

    def _below(self, path: str) -> str:
        held, colon, file = path.rpartition(":")
        mapped = f"{self._root}{file}" if file.startswith(("/etc/", "/opt/", "/var/")) else file
        return f"{held}{colon}{mapped}"

    def start(self) -> None:
        """Run the unit's commands; the last one of a server stays, and has answered once."""
        for command in self.values("ExecStartPre"):
            self._run(command)
        [kind] = self.values("Type")
        for command in self.values("ExecStart"):
            if kind == "oneshot":
                self._run(command)
            else:
                self._stay(command)

    def _environment(self) -> dict[str, str]:
        variables = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LC_ALL")}
        for file in self.values("EnvironmentFile"):
            lines = Path(file).read_text("utf-8").splitlines()
            variables |= dict(line.split("=", 1) for line in lines if line)
        folder = self._root / "run/credentials" / self.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for credential in self.values("LoadCredential"):
            name, _, file = credential.partition(":")
            shutil.copy(file, folder / name)
        return {**variables, "CREDENTIALS_DIRECTORY": str(folder)}

    def _run(self, command: str) -> None:
        [folder] = self.values("WorkingDirectory")
        subprocess.run(
            shlex.split(command), env=self._environment(), cwd=folder, check=True, timeout=WITHIN
        )

    def _stay(self, command: str) -> None:
        [folder] = self.values("WorkingDirectory")
        log_file = self._root / "var/log" / f"{self.name}.log"
        with log_file.open("ab") as output:
            process = subprocess.Popen(
                shlex.split(command), env=self._environment(), cwd=folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        (self._root / "run" / f"{self.name}.pid").write_text(str(process.pid))
        # WHY: a person types more slowly than a server starts.
        deadline = time.monotonic() + WITHIN
        while "Listening at" not in log_file.read_text("utf-8"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(log_file.read_text("utf-8"))
            time.sleep(0.1)


def main(folder: str, verb: str, *names: str) -> None:
    """Do what `systemctl` does with these words."""
    root, units = Path(folder), [name for name in names if name != "--now"]
    if verb == "reload" and units == ["nginx"]:
        os.kill(int((root / "run/nginx.pid").read_text()), signal.SIGHUP)
    elif verb in ("start", "enable"):
        for name in units:
            if name.endswith(".timer"):
                assert (root / "etc/systemd/system" / name).exists(), name
            else:
                Service(root, name).start()
    else:
        assert (verb, units) == ("daemon-reload", []), verb


if __name__ == "__main__":
    main(*sys.argv[1:])
