"""Makes the pictures of the README from the demo: `python -m tests.console.pictures`."""

import sys
from pathlib import Path

from tests.console.bed import ORGANIZATION
from tests.console.shots import main

FOLDER = Path(__file__).parents[2] / "gpd_soap/console/pictures"
ORG = f"/console/{ORGANIZATION}"
#: What each picture shows: its name, who looks, the address.
PICTURES = {
    "sign-in": ("", "/console/sign-in"),
    "settings": ("admin", f"{ORG}/config"),
}


def make() -> None:
    """Write every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, (role, path) in PICTURES.items():
        main(FOLDER, role or "-", [path], name=name)


if __name__ == "__main__":
    make()
    sys.stdout.write(f"{FOLDER}\n")
