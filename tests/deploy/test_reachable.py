"""The servers of deploy/ are open to other machines only where a file says so, with the reason."""

import re
from typing import Any

import pytest
import yaml

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.exposure import allowed_exposures
from tests.deploy.programs import DEPLOY
from tests.deploy.test_containers import DOCKERFILE, composed
from tests.deploy.test_kubernetes import PODS, variables

IMAGE = dict(
    re.findall(r"\b(GPD_\w+)=(\S+)", DOCKERFILE.read_text("utf-8").partition("ENV PATH")[2])
)
SERVERS = [
    container
    for pod in PODS.values()
    for container in pod["spec"]["containers"]
    if container.get("args", [""])[0] == "serve"
]


def published(service: dict[str, Any]) -> set[str]:
    """Return the addresses of this machine that lead to a service of the compose file."""
    return {port.rpartition(":")[0].rpartition(":")[0] for port in service["ports"]}


def test_image_alone_binds_every_address_and_opens_no_face():
    """An operator must say what protects a face; the error says which setting."""
    settings = Settings.load(IMAGE)

    assert (settings.node_bind, settings.admin_bind) == ("0.0.0.0:8080", "0.0.0.0:8081")
    for face in ("node", "admin", "all"):
        with pytest.raises(SettingsError):
            allowed_exposures(settings, face)


def test_command_in_the_dockerfile_opens_its_face():
    """A command that is copied from its head starts."""
    head = DOCKERFILE.read_text("utf-8").partition("FROM")[0].replace("\\\n#", "")
    [command] = re.findall(r"docker run .*", head)
    variables = dict(re.findall(r"-e (GPD_\w+)=(\S+)", command))

    assert "-p 127.0.0.1:" in command
    assert allowed_exposures(Settings.load({**IMAGE, **variables}), "node")


def test_compose_publishes_its_faces_on_loopback():
    """Each face is open inside its container, and its port is on loopback."""
    for face in ("node", "admin"):
        service = composed()["services"][face]
        given = {name: v for name, v in service["environment"].items() if name.startswith("GPD_")}

        assert len(allowed_exposures(Settings.load({**IMAGE, **given}), face)) == 1
        assert published(service) == {"127.0.0.1"}


@pytest.mark.parametrize("container", SERVERS, ids=lambda each: each["ports"][0]["name"])
def test_pod_opens_the_admin_face_alone(container: dict[str, Any]):
    """The node face is on loopback, and the network policy protects the admin face."""
    given = {**IMAGE, **variables(container), "GPD_CONFIG": str(DEPLOY / "kubernetes/gpd.toml")}
    given.pop("CREDENTIALS_DIRECTORY")
    face = container["args"][1]

    opened = allowed_exposures(Settings.load(given), face)
    assert [line.partition(" is open")[0] for line in opened] == (
        ["the admin face"] if face == "admin" else []
    )
    policies = [*yaml.safe_load_all((DEPLOY / "kubernetes/network.yaml").read_text("utf-8"))]
    assert "gpd-soap-admin" in {policy["metadata"]["name"] for policy in policies}
