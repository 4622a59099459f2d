"""The manifests: Kubernetes accepts each, and together they do what they promise."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.http import LIVE, READY
from tests.deploy.programs import DEPLOY

HOME = DEPLOY / "kubernetes"
#: SPEC: SANP "Livelli di servizio": the Node waits 15 s for the answer to a receipt.
NODE_WAITS = 15
Object = dict[str, Any]


def read(name: str) -> list[Object]:
    """Return the objects of one file."""
    return list(yaml.safe_load_all((HOME / name).read_text(encoding="utf-8")))


LISTED = read("kustomization.yaml")[0]
OBJECTS = [each for name in LISTED["resources"] for each in read(name)]
each_object = pytest.mark.parametrize(
    "manifest",
    OBJECTS,
    ids=[f"{manifest['kind']}-{manifest['metadata']['name']}" for manifest in OBJECTS],
)


def template(manifest: Object) -> Object | None:
    """Return the pod of an object that makes pods, or None."""
    spec: Object = manifest["spec"]
    pod: Object | None = spec.get("jobTemplate", {"spec": spec})["spec"].get("template")
    return pod


PODS = {manifest["metadata"]["name"]: pod for manifest in OBJECTS if (pod := template(manifest))}
each_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
each_server = pytest.mark.parametrize("name", ["gpd-soap-node", "gpd-soap-admin"])


@each_object
@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
def test_manifest_is_valid_for_kubernetes(manifest: Object, version: str) -> None:
    """Kubernetes' own schema accepts it, without a field that the schema does not know."""
    kubernetes_validate.validate(manifest, version, strict=True)


@each_object
def test_manifest_names_no_namespace(manifest: Object) -> None:
    """Whoever applies the manifests chooses the namespace."""
    assert "namespace" not in manifest["metadata"]


def test_manifest_of_the_folder_is_listed() -> None:
    """Every file in the folder is applied."""
    files = {path.name for path in HOME.glob("*.yaml")}

    assert files - {"kustomization.yaml"} == set(LISTED["resources"])


@each_pod
def test_pod_has_no_rights_beyond_its_work(pod: Object) -> None:
    """It is not root, writes to memory alone, and has no capability and no token."""
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
def test_pod_gets_no_variables_of_services(pod: Object) -> None:
    """Such a variable begins like a setting of ours, and an unknown setting is refused."""
    assert pod["spec"]["enableServiceLinks"] is False
    with pytest.raises(SettingsError, match="GPD_SOAP_NODE_PORT"):
        Settings.load({"GPD_SOAP_NODE_PORT": "tcp://10.0.0.1:8080"})


@each_server
def test_stop_of_a_pod_leaves_time_to_drain(name: str) -> None:
    """The pod is killed later than the server is done, which is later than the Node waits."""
    spec = PODS[name]["spec"]
    [_, pause] = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]

    assert spec["terminationGracePeriodSeconds"] > int(pause) + DRAIN_SECONDS
    assert DRAIN_SECONDS > NODE_WAITS


@each_server
def test_probe_of_a_server_is_one_of_its_paths(name: str) -> None:
    """Liveness and readiness are asked for on a port that the container names."""
    [container] = PODS[name]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    probes = {kind: container[kind]["httpGet"] for kind in ("livenessProbe", "readinessProbe")}

    assert probes["livenessProbe"]["path"] == LIVE
    assert probes["readinessProbe"]["path"] == READY
    assert {probe["port"] for probe in probes.values()} <= ports


def specs(kind: str) -> dict[str, Object]:
    """Return the specifications of the objects of this kind, by their names."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]
        for manifest in OBJECTS
        if manifest["kind"] == kind
    }


def selected(manifest: Object) -> Object:
    """Return the labels by which an object selects its pods."""
    spec: Object = manifest["spec"]
    selector: Object = spec.get("selector") or spec.get("podSelector") or {}
    labels: Object = selector.get("matchLabels", selector)
    return {} if "matchExpressions" in labels else labels


def test_selector_matches_a_pod() -> None:
    """Each Service, budget and policy selects pods that exist."""
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    kinds = ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment")
    for manifest in OBJECTS:
        if manifest["kind"] in kinds:
            assert any(selected(manifest).items() <= each.items() for each in labels), manifest[
                "metadata"
            ]


def test_service_leads_to_its_listener() -> None:
    """The Node's service leads to no admin face, and the admin face's stays inside the cluster."""
    services = specs("Service")
    leads = {
        name: [port["targetPort"] for port in spec["ports"]] for name, spec in services.items()
    }

    assert leads == {"gpd-soap-node": ["node"], "gpd-soap-admin": ["admin"]}
    assert services["gpd-soap-admin"]["type"] == "ClusterIP"


def test_admin_face_is_open_to_its_own_namespace_alone() -> None:
    """A selector of pods without one of namespaces means the policy's own namespace."""
    policy = specs("NetworkPolicy")["gpd-soap-admin"]

    assert "Ingress" in policy["policyTypes"]
    assert policy["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "admin"}]}]


def test_settings_of_the_pods_are_accepted() -> None:
    """The program accepts the file that every pod gets."""
    settings = Settings.load({"GPD_CONFIG": str(HOME / "gpd.toml")})

    assert settings.node_callers
    assert settings.workers == 2


def test_pod_connects_to_dns_and_the_database_alone() -> None:
    """A compromised program can send nothing elsewhere, whichever pod it is in."""
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
