"""The papers at the root: licence, catalogue entry, bill of materials, pins of the builds."""

import hashlib
import json
import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gpd_soap import __version__
from tests.deploy.test_containers import DOCKERFILE
from tests.licences import pins
from tests.sbom import bill

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
#: SPEC: EUPL v. 1.2, Annex of Commission Implementing Decision (EU) 2017/863; digest of the text
#: without blanks, as the SPDX licence list has it.
EUPL = "fd5f5f818c2513007514ce061e79dcdaca59920da090d81368bddc0fa386d6b0"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PUBLIC: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text("utf-8"))

#: SPEC: publiccode.yml 0.4, "The Standard (core)": allowed values.
STATUSES = {"concept", "development", "beta", "stable", "obsolete"}
TYPES = {
    *(f"standalone/{kind}" for kind in ("mobile", "iot", "desktop", "web", "backend", "other")),
    "addon", "library", "configurationFiles",
}  # fmt: skip
#: SPEC: publiccode.yml 0.4, "The Standard (core)": every key that is not deprecated.
KEYS = """publiccodeYmlVersion name applicationSuite url landingURL isBasedOn organizationUri
          softwareVersion releaseDate logo platforms categories usedBy roadmap developmentStatus
          softwareType intendedAudience description legal maintenance localisation dependsOn
          it""".split()
MANDATORY = """publiccodeYmlVersion name url platforms categories developmentStatus softwareType
               description legal maintenance localisation""".split()
DESCRIBED = """localisedName shortDescription longDescription documentation apiDocumentation
               features screenshots videos awards""".split()


def test_licence_is_the_official_text_without_a_change():
    """The licence is the whole EUPL 1.2 with its appendix, and the package carries it."""
    text = (ROOT / "LICENSE").read_text("utf-8")

    assert hashlib.sha256(re.sub(r"\s+", "", text).encode()).hexdigest() == EUPL
    assert PROJECT["project"]["license"] == "EUPL-1.2"
    assert PROJECT["project"]["license-files"] == ["LICENSE"]


def test_catalogue_entry_has_every_mandatory_key_and_no_unknown_one():
    """A crawler of the catalogue accepts the entry."""
    assert set(MANDATORY) <= set(PUBLIC) <= set(KEYS)
    assert PUBLIC["publiccodeYmlVersion"] == "0.4"
    assert PUBLIC["url"].startswith("https://")
    assert PUBLIC["developmentStatus"] in STATUSES
    assert PUBLIC["softwareType"] in TYPES
    assert PUBLIC["localisation"]["localisationReady"] in (True, False)
    assert PUBLIC["localisation"]["availableLanguages"]
    assert PUBLIC["it"]["countryExtensionVersion"] == "1.0"


@pytest.mark.parametrize("language", PUBLIC["description"])
def test_catalogue_entry_is_described_within_the_lengths_of_the_standard(language: str):
    """Each language has a short sentence, a text of 150 to 10,000 characters, and features."""
    described = PUBLIC["description"][language]

    assert set(described) <= set(DESCRIBED)
    assert 0 < len(described["shortDescription"]) <= 150
    assert "\n" not in described["shortDescription"]
    assert 150 <= len(described["longDescription"]) <= 10_000
    assert described["features"]


def test_catalogue_entry_says_who_maintains_it():
    """A community has contacts, and a contract has contractors with an end date."""
    maintained = PUBLIC["maintenance"]

    assert maintained["type"] in {"internal", "contract", "community", "none"}
    if maintained["type"] in {"internal", "community"}:
        assert all(each["name"] for each in maintained["contacts"])
        assert maintained["contacts"]
    for each in maintained.get("contractors", ()):
        assert date.fromisoformat(str(each["until"]))


def test_catalogue_entry_agrees_with_the_package():
    """Name, version and licence are those of the package."""
    assert PUBLIC["name"] == PROJECT["project"]["name"]
    assert PUBLIC["softwareVersion"] == __version__
    assert PUBLIC["legal"]["license"] == PROJECT["project"]["license"]


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "LICENSE", "publiccode.yml"])
def test_paper_is_in_the_source_package(name: str):
    """The source package contains each paper."""
    assert (ROOT / name).stat().st_size > 500
    assert f"/{name}" in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]


def test_bill_of_materials_names_every_pin_with_its_digests():
    """Every pin is in the bill once, with its digests."""
    made = bill(NOW)
    refs = [each["bom-ref"] for each in made["components"]]

    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert len(refs) == len(set(refs)) == len([*pins()])
    for component, (_, entry) in zip(made["components"], pins(), strict=True):
        digests = [each["hashes"][0]["content"] for each in component["externalReferences"]]
        assert digests == re.findall(r"sha256:([0-9a-f]{64})", entry)
        assert re.fullmatch(r"pkg:pypi/[a-z0-9._-]+@[0-9][\w.+!-]*", component["purl"])


def test_bill_of_materials_marks_what_an_extra_alone_needs():
    """A program without documents, passkeys and OpenID does without these components."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    direct = {re.split(r"[^\w-]", each)[0] for group in extras for each in group}
    their_own = {"fontpkg", "et-xmlfile", "cbor2", "pyasn1", "pyasn1-modules", "pyopenssl"}
    optional = {each["name"] for each in bill(NOW)["components"] if each.get("scope") == "optional"}

    assert optional == direct | their_own


def test_bill_of_materials_has_the_direct_dependencies():
    """Every dependency that the package declares is a component."""
    made = bill(NOW)
    [ours] = made["dependencies"]
    declared = {re.split(r"[^\w-]", each)[0] for each in PROJECT["project"]["dependencies"]}

    assert {
        ref.partition("@")[0].removeprefix("pkg:pypi/") for ref in ours["dependsOn"]
    } == declared
    assert set(ours["dependsOn"]) <= {each["bom-ref"] for each in made["components"]}


def test_bill_of_materials_of_the_same_pins_has_the_same_number():
    """Two bills of the same pins differ in their time alone."""
    later = bill(datetime(2027, 1, 1, tzinfo=UTC))

    assert json.dumps({**later, "metadata": 0}) == json.dumps({**bill(NOW), "metadata": 0})


def test_build_requirement_is_pinned():
    """Every requirement of the build backend is pinned, so a build downloads nothing else."""
    pinned = (ROOT / "deploy/requirements-build.txt").read_text("utf-8")
    names = {re.split(r"[^\w-]", each)[0] for each in PROJECT["build-system"]["requires"]}

    assert {*names, "editables"} <= set(re.findall(r"^([\w-]+)==", pinned, re.MULTILINE))


@pytest.mark.parametrize("file", [DOCKERFILE, ROOT / "Makefile"], ids=["image", "make"])
def test_build_installs_hashed_packages_alone(file: Path):
    """Each installed package has a hash, or is ours and built by packages with a hash."""
    text = file.read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?:\bpip\b|\$\(PIP\))[^&\n]*? (?:install|wheel) [^&\n]*", text)
    unpinned = [each for each in commands if not re.search("--require-hashes|uninstall", each)]

    assert len(commands) >= 4
    for each in unpinned:
        assert "--no-deps" in each or each.split()[-1] == "uv", each
        assert "--no-build-isolation" in each or ".whl" in each or each.split()[-1] == "uv", each


def test_image_contains_no_installer():
    """Neither the base's pip nor one of ours is in the stages that are built."""
    build, _, rest = DOCKERFILE.read_text("utf-8").partition("AS base")
    base, *built = rest.split("FROM ")

    assert "pip uninstall --yes" in base
    assert "ensurepip" in base
    assert [each.split()[0] for each in built] == ["base", "base"]
    assert all("pip" not in each for each in built)
    assert "venv --without-pip /opt/gpd-soap" in build
