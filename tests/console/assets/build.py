"""Copies what the console takes from npm into its folder: `python -m tests.console.assets.build`.

`npm` installs the locked packages without running anything of theirs.  The style sheet is purged of
what `kept.html` does not use.  `assets.lock` then says which bytes came from which package.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
STATIC = Path(__file__).parents[3] / "gpd_soap/console/static"
LOCK = "assets.lock"
KIT, SCRIPTS = "bootstrap-italia", "htmx.org"
FONTS = "dist/fonts/Titillium_Web"
FONT = f"{FONTS}/titillium-web-v10-latin-ext_latin-{{}}.woff2"
#: A file of ours, its package, and its file there; the style sheet is made by purging.
FILES = {
    "base.css": (KIT, "dist/css/bootstrap-italia.min.css"),
    "titillium-web-400.woff2": (KIT, FONT.format("regular")),
    "titillium-web-600.woff2": (KIT, FONT.format("600")),
    "titillium-web-700.woff2": (KIT, FONT.format("700")),
    "titillium-web.LICENSE": (KIT, f"{FONTS}/OFL.txt"),
    "bootstrap-italia.LICENSE": (KIT, "LICENSE"),
    "htmx.js": (SCRIPTS, "dist/htmx.min.js"),
    "htmx.LICENSE": (SCRIPTS, "LICENSE"),
}
#: The first bytes of a text that another program wrote.
MARK = b"\xef\xbb\xbf"


def install(folder: Path) -> None:
    """Install the locked packages into a folder."""
    for name in ("package.json", "package-lock.json", "purge.mjs", "kept.html"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)


def build(folder: Path, target: Path) -> None:
    """Write the files and their lock into `target`, from packages installed in `folder`."""
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    lock: dict[str, dict[str, str]] = {}
    for name, (package, file) in FILES.items():
        source = folder / "node_modules" / package / file
        content = _purged(folder) if name == "base.css" else source.read_bytes()
        content = content.removeprefix(MARK)
        (target / name).write_bytes(content)
        locked = packages[f"node_modules/{package}"]
        lock[name] = {
            "package": package,
            "version": locked["version"],
            "integrity": locked["integrity"],
            "sha256": sha256(content).hexdigest(),
        }
    (target / LOCK).write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


def _purged(folder: Path) -> bytes:
    command = ["node", "purge.mjs"]
    made = subprocess.run(command, cwd=folder, check=True, timeout=120, capture_output=True)
    return made.stdout


if __name__ == "__main__":
    # WHY: other tests read every file of the repository, and this is none of ours.
    with tempfile.TemporaryDirectory() as home:
        install(Path(home))
        build(Path(home), STATIC)
    sys.stdout.write(f"{STATIC / LOCK}\n")
