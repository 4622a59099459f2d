"""The manifests: Kubernetes accepts each, and together they do what they promise."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from string import Template
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.exposure import is_loopback
from gpd_soap.wsgi.http import LIVE, READY
from tests.deploy.programs import DEPLOY, certify, complaint, program
from tests.deploy.test_nginx import AROUND, TEMPLATE, envsubst

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


def containers(pod: Object) -> dict[str, Object]:
    """Return the containers of a pod by name, those that run before the others too."""
    spec = pod["spec"]
    return {each["name"]: each for each in spec.get("initContainers", []) + spec["containers"]}


def main_container(name: str) -> Object:
    """Return the container of a server's pod that serves."""
    return containers(PODS[name])["gpd-soap"]


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


def test_image_of_others_is_named_by_its_digest() -> None:
    """A tag moves; ours is built by whoever applies the manifests, who knows its digest."""
    used = {container["image"] for pod in PODS.values() for container in containers(pod).values()}
    named = {image["name"]: image for image in LISTED["images"]}

    assert set(named) == used == {"gpd-soap", "gpd-soap-office", "nginx"}
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", named["nginx"]["digest"])
    assert "newTag" not in named["nginx"]


@each_pod
def test_pods_of_operators_work_alone_have_the_image_of_the_office(pod: Object) -> None:
    """They print, sign in by passkey and read workbooks; the pods of the node face do not."""
    images = {each["image"] for each in containers(pod).values()} - {"nginx"}
    component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
    is_office = component in ("admin", "work")

    assert images == {"gpd-soap-office" if is_office else "gpd-soap"}


@each_pod
def test_pod_has_no_rights_beyond_its_work(pod: Object) -> None:
    """It is not root, writes to memory alone, and has no capability and no token."""
    spec, holder = pod["spec"], pod["spec"]["securityContext"]
    memory = {volume["name"] for volume in spec["volumes"] if "emptyDir" in volume}

    # SPEC: Kubernetes, "Pod Security Standards", Restricted.
    assert (holder["runAsNonRoot"], holder["runAsUser"]) == (True, 10001)
    assert holder["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert {kind for volume in spec["volumes"] for kind in volume} == {
        "name", "configMap", "secret", "emptyDir",
    }  # fmt: skip
    assert spec["automountServiceAccountToken"] is False
    for container in containers(pod).values():
        inside = container["securityContext"]
        assert inside["readOnlyRootFilesystem"] is True
        assert inside["allowPrivilegeEscalation"] is False
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert all(m.get("readOnly") or m["name"] in memory for m in container["volumeMounts"])


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
    for container in spec["containers"]:
        [_, pause] = container["lifecycle"]["preStop"]["exec"]["command"]

        assert spec["terminationGracePeriodSeconds"] > int(pause) + DRAIN_SECONDS
    assert DRAIN_SECONDS > NODE_WAITS


def test_probes_of_the_admin_face_are_its_paths() -> None:
    """Liveness and readiness are asked for on a port that the container names."""
    container = main_container("gpd-soap-admin")
    ports = {port["name"] for port in container["ports"]}
    probes = {kind: container[kind]["httpGet"] for kind in ("livenessProbe", "readinessProbe")}

    assert probes["livenessProbe"]["path"] == LIVE
    assert probes["readinessProbe"]["path"] == READY
    assert {probe["port"] for probe in probes.values()} <= ports


def test_probes_of_the_node_face_reach_it_on_loopback() -> None:
    """Liveness is asked for inside the container, by the image's check of this face."""
    container = main_container("gpd-soap-node")
    _, program, *arguments = container["livenessProbe"]["exec"]["command"]
    dockerfile = (DEPLOY / "docker/Dockerfile").read_text("utf-8")

    assert f"COPY deploy/docker/alive.py {program}" in dockerfile
    assert arguments == container["args"] == ["serve", "node"]
    assert container["startupProbe"]["exec"] == container["livenessProbe"]["exec"]
    assert container["readinessProbe"]["httpGet"] == {"path": READY, "port": "metrics"}


def variables(container: Object) -> dict[str, str]:
    """Return the variables of a container."""
    return {each["name"]: each["value"] for each in container["env"]}


def test_node_face_trusts_the_nginx_of_its_pod_alone() -> None:
    """It listens on loopback, and no network of the cluster is a proxy's."""
    given = {**variables(main_container("gpd-soap-node")), "GPD_CONFIG": str(HOME / "gpd.toml")}
    settings = Settings.load({k: v for k, v in given.items() if k != "CREDENTIALS_DIRECTORY"})
    nginx = containers(PODS["gpd-soap-node"])["nginx"]

    assert is_loopback(settings.node_bind)
    assert [str(network) for network in settings.node_proxies] == ["127.0.0.1/32"]
    assert variables(nginx)["NODE_UPSTREAM"] == settings.node_bind
    assert f":{main_container('gpd-soap-node')['ports'][0]['containerPort']}" in (
        settings.metrics_bind
    )


def test_nginx_of_a_pod_accepts_its_configuration(tmp_path: Path) -> None:
    """The template, filled in as its image does, is read by a real nginx."""
    nginx = containers(PODS["gpd-soap-node"])["nginx"]
    values = variables(nginx)
    assert re.fullmatch(values.pop("NGINX_ENVSUBST_FILTER") + ".*", "NODE_TLS")
    certify(tmp_path, "server")
    (tmp_path / "authority.pem").rename(tmp_path / "authorities.pem")
    site = envsubst(TEMPLATE.read_text("utf-8"), {**values, "NODE_TLS": str(tmp_path)})
    (tmp_path / "node.conf").write_text(site.replace("/dev/stdout", f"{tmp_path}/log"), "utf-8")
    (tmp_path / "nginx.conf").write_text(Template(AROUND).substitute(home=tmp_path), "utf-8")
    command = (program("nginx", "nginx-light"), "-p", tmp_path, "-c", tmp_path / "nginx.conf")
    mounts = {mount["mountPath"] for mount in nginx["volumeMounts"]}

    assert complaint(*command, "-t") == ""
    assert {values["NODE_TLS"], "/etc/nginx/templates", "/etc/nginx/conf.d", "/tmp"} == mounts  # noqa: S108  # its own
    assert values["NODE_LISTEN"] == str(nginx["ports"][0]["containerPort"])


def test_upgrade_comes_before_the_servers() -> None:
    """The owner upgrades and grants, and the pods of a release wait until both are done."""
    job, [granted] = PODS["gpd-soap-upgrade"], PODS["gpd-soap-upgrade"]["spec"]["containers"]
    [upgraded] = job["spec"]["initContainers"]

    assert upgraded["args"] == ["db", "upgrade"]
    assert granted["args"] == ["db", "grant", "gpd_serving"]
    for name in ("gpd-soap-node", "gpd-soap-admin"):
        [waits] = PODS[name]["spec"]["initContainers"]
        assert waits["command"] == ["sh", "-c", "until gpd-soap db check; do sleep 2; done"]


def test_pod_gets_the_address_of_the_role_that_it_needs() -> None:
    """Only the pods that change tables or remove entries connect as the owner."""
    given = {
        name: {
            v["name"]: v["secret"]["secretName"] for v in pod["spec"]["volumes"] if "secret" in v
        }
        for name, pod in PODS.items()
    }
    head = (HOME / "kustomization.yaml").read_text("utf-8")
    created = re.findall(r"kubectl create secret generic (\S+)", head)

    assert {name: each["credentials"] for name, each in given.items()} == {
        "gpd-soap-upgrade": "gpd-soap-owner",
        "gpd-soap-journal": "gpd-soap-owner",
        "gpd-soap-retention": "gpd-soap-owner",
        "gpd-soap-work": "gpd-soap",
        "gpd-soap-node": "gpd-soap",
        "gpd-soap-admin": "gpd-soap",
    }
    assert {name for each in given.values() for name in each.values()} == {*created}
    assert "kubectl create configmap gpd-soap-nginx " in head
    assert "pod-security.kubernetes.io/enforce=restricted" in head


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

    assert leads == {"gpd-soap-node": ["tls"], "gpd-soap-admin": ["admin"]}
    assert services["gpd-soap-admin"]["type"] == "ClusterIP"


def test_admin_face_is_open_to_its_own_namespace_alone() -> None:
    """A selector of pods without one of namespaces means the policy's own namespace."""
    policy = specs("NetworkPolicy")["gpd-soap-admin"]

    assert "Ingress" in policy["policyTypes"]
    assert policy["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "admin"}]}]


def test_pod_of_the_node_face_is_reached_by_tls_and_for_metrics_alone() -> None:
    """Everybody reaches nginx, and Prometheus' namespace the metrics, which need no key."""
    everybody, monitoring = specs("NetworkPolicy")["gpd-soap-node"]["ingress"]
    ports = {
        port["name"]: name
        for name, container in containers(PODS["gpd-soap-node"]).items()
        for port in container.get("ports", [])
    }

    assert everybody == {"ports": [{"port": "tls"}]}
    assert monitoring["ports"] == [{"port": "metrics"}]
    assert "namespaceSelector" in monitoring["from"][0]
    assert ports == {"metrics": "gpd-soap", "tls": "nginx"}


def test_settings_of_the_pods_are_accepted() -> None:
    """The program accepts the file that every pod gets."""
    settings = Settings.load({"GPD_CONFIG": str(HOME / "gpd.toml")})

    assert settings.node_callers
    assert settings.workers == 2


def test_pod_connects_to_dns_and_the_database_alone() -> None:
    """A compromised program can send nothing elsewhere, whichever pod it is in."""
    policies = specs("NetworkPolicy")
    for name, policy in policies.items():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        ports = [(to["port"], to["protocol"]) for rule in policy["egress"] for to in rule["ports"]]
        receivers = [(443, "TCP")] if name == "gpd-soap-work" else []
        assert ports == [(53, "UDP"), (53, "TCP"), (5432, "TCP"), *receivers]
    covered = {"node", "admin", "work", "upgrade", "journal", "retention"}
    assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in PODS.values()} == (
        covered
    )
    assert set(policies) == {f"gpd-soap-{each}" for each in ("node", "admin", "work", "tasks")}


def test_receivers_of_events_are_reached_at_public_addresses_alone() -> None:
    """Whatever the program allows, no machine of the cluster's networks is asked."""
    policy = specs("NetworkPolicy")["gpd-soap-work"]
    everywhere, public = policy["egress"][-1]["to"]
    denied = [ip_network(each) for each in everywhere["ipBlock"]["except"]]

    assert "ingress" not in policy
    for address in ("10.96.0.1", "172.20.1.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"):
        assert any(ip_address(address) in network for network in denied), address
    assert ip_address("fd00::1") not in ip_network(public["ipBlock"]["cidr"])


def test_pods_of_work_do_the_background_work_and_those_of_the_faces_do_none() -> None:
    """The pods of the faces reach no receiver of events."""
    settings = Settings.load({"GPD_CONFIG": str(HOME / "gpd.toml")})

    assert settings.work is False
    assert main_container("gpd-soap-work")["args"] == ["work"]
    assert specs("Deployment")["gpd-soap-work"]["replicas"] > 1


def test_persons_are_forgotten_every_night() -> None:
    """One run at a time, by the owner of the tables."""
    job = specs("CronJob")["gpd-soap-retention"]

    assert main_container("gpd-soap-retention")["args"] == ["retention", "run"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", job["schedule"])
    assert (job["timeZone"], job["concurrencyPolicy"]) == ("Europe/Rome", "Forbid")
