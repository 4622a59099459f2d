"""Prints the packages that the program runs on, and their licences: `python -m tests.licences`."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

DEPLOY = Path(__file__).parents[1] / "deploy"
PINS = DEPLOY / "requirements.txt"
#: All of the above, and what the extras need: `documents`; `passkey` and `oidc`; `spreadsheets`.
PINS_WITH_EXTRAS = (
    DEPLOY / "requirements-documents.txt",
    DEPLOY / "requirements-console.txt",
    DEPLOY / "requirements-spreadsheets.txt",
)
#: For each licence the forms in which packages write it; all of them are compatible with the EUPL.
KNOWN = {
    "Apache-2.0": r"Apache[- ]2\.0|Apache Software License",
    "Apache-2.0 AND BSD-2-Clause": r"Apache-2\.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause": r"Apache-2\.0 OR BSD-3-Clause",
    "BSD": r"BSD-[23]-Clause|BSD License",
    # PDFium's own parts have licences of the same kinds: the package carries them.
    "Apache-2.0 AND BSD-3-Clause": r"BSD-3-Clause, Apache-2\.0, dependency licenses",
    "LGPL": r"LGPL-2\.1|LGPL-3\.0-only",
    "MIT": r"MIT|MIT License",
    "MIT-0": r"MIT-0",
    "MPL-2.0": r"MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)",
    "OFL-1.1": r"OFL-1\.1",
    "PSF-2.0": r"PSF-2\.0",
}
UNKNOWN = "?"


class Licensed(NamedTuple):
    """A package and its licence, or `UNKNOWN`."""

    package: str
    licence: str


def pins(*files: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each pinned package with its entry in these files of pins, or in all."""
    entries: dict[str, str] = {}
    for file in files or PINS_WITH_EXTRAS:
        text = file.read_text(encoding="utf-8")
        for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
            entries.setdefault(entry.partition("==")[0], entry)
    yield from sorted(entries.items())


def installed() -> Iterator[Licensed]:
    """Yield the pinned packages that this Python has; pins for other Pythons are left out."""
    for package, _ in pins():
        try:
            fields = metadata(package)
        except PackageNotFoundError:
            continue
        classified = [text.rpartition(" :: ")[2] for text in fields.get_all("Classifier", ())
                      if text.startswith("License ::")]  # fmt: skip
        texts = [
            *fields.get_all("License-Expression", ()),
            *classified,
            *fields.get_all("License", ()),
        ]
        yield Licensed(package, licence(*texts))


def licence(*texts: str) -> str:
    """Return the first known licence among a package's texts, or `UNKNOWN`."""
    known = (
        name for text in texts for name, forms in KNOWN.items() if re.fullmatch(forms, text.strip())
    )
    return next(known, UNKNOWN)


if __name__ == "__main__":
    for each in installed():
        sys.stdout.write(f"{each.licence:30} {each.package}\n")
