"""The manifests: what Kubernetes takes, and what they promise together."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.http import LIVE, READY
from tests.deploy.programs import DEPLOY

HOME = DEPLOY / "kubernetes"
#: LIMIT: the Node gives up a receipt after 15 s (pagopa-ec.md 6).
NODE_WAITS = 15
Object = dict[str, Any]


def read(name: str) -> list[Object]:
    """The objects of one file."""
    return list(yaml.safe_load_all((HOME / name).read_text(encoding="utf-8")))


LISTED = read("kustomization.yaml")[0]
OBJECTS = [each for name in LISTED["resources"] for each in read(name)]
each_object = pytest.mark.parametrize(
    "manifest",
    OBJECTS,
    ids=[f"{manifest['kind']}-{manifest['metadata']['name']}" for manifest in OBJECTS],
)


def template(manifest: Object) -> Object | None:
    """The pod of whatever makes pods."""
    spec: Object = manifest["spec"]
    pod: Object | None = spec.get("jobTemplate", {"spec": spec})["spec"].get("template")
    return pod


PODS = {manifest["metadata"]["name"]: pod for manifest in OBJECTS if (pod := template(manifest))}
each_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
each_server = pytest.mark.parametrize("name", ["gpd-soap-node", "gpd-soap-admin"])


@each_object
@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
def test_kubernetes_takes_it(manifest: Object, version: str) -> None:
    """By its own schema, without a field that it does not know."""
    kubernetes_validate.validate(manifest, version, strict=True)


@each_object
def test_it_is_of_no_namespace(manifest: Object) -> None:
    """Where it goes is said by whoever applies it."""
    assert "namespace" not in manifest["metadata"]


def test_every_file_is_listed() -> None:
    """What lies in the folder is applied."""
    files = {path.name for path in HOME.glob("*.yaml")}

    assert files - {"kustomization.yaml"} == set(LISTED["resources"])


@each_pod
def test_a_pod_can_do_nothing_but_its_work(pod: Object) -> None:
    """Not root, nothing to write on but memory, no capability, no token."""
    spec, [container] = pod["spec"], pod["spec"]["containers"]
    holder, inside = spec["securityContext"], container["securityContext"]

    assert (holder["runAsNonRoot"], holder["runAsUser"]) == (True, 10001)
    assert holder["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert inside["readOnlyRootFilesystem"] is True
    assert inside["allowPrivilegeEscalation"] is False
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert [volume["name"] for volume in spec["volumes"] if "emptyDir" in volume] == ["tmp"]
    assert all(m.get("readOnly") or m["name"] == "tmp" for m in container["volumeMounts"])


@each_pod
def test_a_pod_is_told_of_no_services(pod: Object) -> None:
    """Their variables begin with ours, and a setting that there is not is refused."""
    assert pod["spec"]["enableServiceLinks"] is False
    with pytest.raises(SettingsError, match="GPD_SOAP_NODE_PORT"):
        Settings.load({"GPD_SOAP_NODE_PORT": "tcp://10.0.0.1:8080"})


@each_server
def test_a_stop_leaves_time_to_drain(name: str) -> None:
    """The pod is killed later than the server is done, which is later than the Node waits."""
    spec = PODS[name]["spec"]
    [_, pause] = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]

    assert spec["terminationGracePeriodSeconds"] > int(pause) + DRAIN_SECONDS
    assert DRAIN_SECONDS > NODE_WAITS


@each_server
def test_a_server_is_asked_what_it_answers(name: str) -> None:
    """Whether it lives and whether it is ready, on a port that it names."""
    [container] = PODS[name]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    probes = {kind: container[kind]["httpGet"] for kind in ("livenessProbe", "readinessProbe")}

    assert probes["livenessProbe"]["path"] == LIVE
    assert probes["readinessProbe"]["path"] == READY
    assert {probe["port"] for probe in probes.values()} <= ports


def specs(kind: str) -> dict[str, Object]:
    """What the objects of this kind say, by their names."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]
        for manifest in OBJECTS
        if manifest["kind"] == kind
    }


def selected(manifest: Object) -> Object:
    """The labels by which an object finds its pods."""
    spec: Object = manifest["spec"]
    selector: Object = spec.get("selector") or spec.get("podSelector") or {}
    labels: Object = selector.get("matchLabels", selector)
    return {} if "matchExpressions" in labels else labels


def test_what_selects_pods_finds_them() -> None:
    """Each Service, budget and policy means pods that there are."""
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    kinds = ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment")
    for manifest in OBJECTS:
        if manifest["kind"] in kinds:
            assert any(selected(manifest).items() <= each.items() for each in labels), manifest[
                "metadata"
            ]


def test_the_services_lead_to_the_right_listeners() -> None:
    """The Node's leads to no admin face; the admin face's stays inside the cluster."""
    services = specs("Service")
    leads = {
        name: [port["targetPort"] for port in spec["ports"]] for name, spec in services.items()
    }

    assert leads == {"gpd-soap-node": ["node"], "gpd-soap-admin": ["admin"]}
    assert services["gpd-soap-admin"]["type"] == "ClusterIP"


def test_only_its_own_namespace_reaches_the_admin_face() -> None:
    """A selector of pods without one of namespaces means the policy's own."""
    policy = specs("NetworkPolicy")["gpd-soap-admin"]

    assert "Ingress" in policy["policyTypes"]
    assert policy["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "admin"}]}]


def test_the_settings_can_be_followed() -> None:
    """The file that every pod is given is one that the program takes."""
    settings = Settings.load({"GPD_CONFIG": str(HOME / "gpd.toml")})

    assert settings.node_callers
    assert settings.workers == 2


def test_every_pod_reaches_names_and_the_database_alone() -> None:
    """A program that is taken over can send nothing elsewhere, whichever pod it is in."""
    policies = specs("NetworkPolicy")
    for policy in policies.values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        ports = [(to["port"], to["protocol"]) for rule in policy["egress"] for to in rule["ports"]]
        assert ports == [(53, "UDP"), (53, "TCP"), (5432, "TCP")]
    covered = {"node", "admin", "upgrade", "journal"}
    assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in PODS.values()} == (
        covered
    )
    assert set(policies) == {"gpd-soap-node", "gpd-soap-admin", "gpd-soap-tasks"}
