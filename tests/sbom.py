"""Prints a CycloneDX bill of materials of what the program runs on: `python -m tests.sbom`."""

import json
import re
import sys
import uuid
from datetime import UTC, datetime
from importlib.metadata import requires
from typing import Any

from gpd_soap import __version__
from tests.licences import PINS, UNKNOWN, installed, pins

#: Names of `tests.licences` that stand for several licences of SPDX.
NAMED_ALONE = ("BSD", "LGPL")
OURS = f"pkg:pypi/gpd-soap@{__version__}"


def bill(now: datetime) -> dict[str, Any]:
    """Return the bill of materials of this version, of every pin for every Python and machine.

    What an extra alone needs is optional.
    """
    licences = {each.package: each.licence for each in installed()}
    needed = {name for name, _ in pins(PINS)}
    components = [
        _component(name, entry, licences) | ({} if name in needed else {"scope": "optional"})
        for name, entry in pins()
    ]
    direct = {
        re.split(r"[^\w.-]", each, maxsplit=1)[0].lower()
        for each in requires("gpd-soap") or ()
        if "extra ==" not in each
    }
    depended = [each["bom-ref"] for each in components if each["name"] in direct]
    content = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS} {content}").urn,
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": OURS,
                "name": "gpd-soap",
                "version": __version__,
                "purl": OURS,
                "licenses": [{"license": {"id": "EUPL-1.2"}}],
            },
        },
        "components": components,
        "dependencies": [{"ref": OURS, "dependsOn": depended}],
    }


def _component(name: str, entry: str, licences: dict[str, str]) -> dict[str, Any]:
    """Return a pinned package; each file that may be installed is named by its digest."""
    version = entry.partition("==")[2].split()[0]
    reference = f"pkg:pypi/{name.partition('[')[0]}@{version}"
    digests = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": name.partition("[")[0],
        "version": version,
        "purl": reference,
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"{reference}#{digest}",
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for digest in digests
        ],
    }
    licence = licences.get(name, UNKNOWN)
    if licence != UNKNOWN:
        component["licenses"] = [_licence(licence)]
    return component


def _licence(name: str) -> dict[str, Any]:
    if " AND " in name or " OR " in name:
        return {"expression": name}
    return {"license": {"name" if name in NAMED_ALONE else "id": name}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(datetime.now(UTC)), indent=1) + "\n")
