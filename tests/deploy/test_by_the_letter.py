"""An administrator types the commands of deploy/README.md on an empty machine, and errs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gpd_soap.cli.main import main
from tests.deploy.machine import Machine, machine, words
from tests.deploy.programs import DEPLOY, certify

#: The section of each README with the commands.
SECTIONS = {"README.md": "One machine, step by step", "README.it.md": "Passo per passo"}


def commands(readme: str) -> str:
    """Return the commands of a README's section, one block after another."""
    text = (DEPLOY / readme).read_text("utf-8")
    [section] = re.findall(
        rf"^## {SECTIONS[readme]}[^\n]*\n(.*?)^## ", text, re.MULTILINE | re.DOTALL
    )
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def typed() -> Iterator[tuple[Machine, str]]:
    """Yield a machine on which the commands were typed, and what they printed."""
    with machine() as made:
        done = made.run(made.here(commands("README.md")))
        assert done.returncode == 0, done.stdout + done.stderr
        yield made, done.stdout


def test_commands_lead_from_an_empty_machine_to_an_answer(typed: tuple[Machine, str]) -> None:
    """The database has its roles, the Node is answered, and another certificate is refused."""
    made, printed = typed

    assert "applied: 0001" in printed
    assert "granted" in printed
    assert "PAA_PAGAMENTO_SCONOSCIUTO" in printed
    [refused] = [line for line in printed.splitlines() if "CN=other.example" in line]
    assert refused.split()[2] == "403"
    assert [line.split()[2] for line in made.log_text("nginx/gpd-soap.log").splitlines()] == [
        "200",
        "403",
    ]


def test_password_of_the_database_is_in_files_of_root_alone(typed: tuple[Machine, str]) -> None:
    """Neither the environment of the server nor its command line nor a log has it."""
    made, printed = typed
    files = list((made.root / "etc/gpd-soap").glob("*/database_url"))
    passwords = [re.findall(r":(\w{48})@", file.read_text("utf-8"))[0] for file in files]
    process = made.services()["gpd-soap@all"]
    seen = printed + made.log_text("gpd-soap@all.log")
    seen += "".join(Path(f"/proc/{process}/{each}").read_text() for each in ("environ", "cmdline"))

    assert len({*passwords}) == 2
    assert not any(password in seen for password in passwords)
    assert {file.parent.stat().st_mode & 0o777 for file in files} == {0o700}


#: A mistake in an address: what is written in place of what, and what the message says to do.
ADDRESSES = {
    "another host name": (
        "db.example",
        "other.example",
        "the database's certificate is for another",
    ),
    "another authority": ("{root}/etc/gpd-soap/tls/authorities.pem", "{other}", "as sslrootcert"),
    "no authority": ("authorities.pem", "missing.pem", "name the file of the authority"),
    "another password": (":", ":x", "refuses the user or the password"),
    "another database": ("/gpd?", "/none?", "CREATE DATABASE"),
    "another port": ("db.example/", "db.example:1/", "no PostgreSQL answers"),
    "no rights": ("gpd_owner", "gpd_serving", "gpd-soap db grant ROLE"),
    "no TLS": ("verify-full", "disable", "pg_hba.conf"),
}


@pytest.mark.parametrize(("before", "after", "remedy"), ADDRESSES.values(), ids=ADDRESSES)
def test_message_on_a_wrong_address_says_what_to_do(
    typed: tuple[Machine, str],
    before: str,
    after: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line says what to do, and holds no password and no location in the code."""
    made, _ = typed
    certify(made.root / "root/another", "another.example")
    role = "serving" if before == "gpd_owner" else "owner"
    url = (made.root / f"etc/gpd-soap/{role}/database_url").read_text("utf-8").strip()
    head, _, tail = url.partition("://")
    other = str(made.root / "root/another/authority.pem")
    tail = tail.replace(before.format(root=made.root), after.format(other=other), 1)
    monkeypatch.setenv("GPD_DATABASE_URL", f"{head}://{tail}")
    command = ["journal", "purge"] if role == "serving" else ["db", "check"]

    refused = CliRunner().invoke(main, command)

    assert refused.exit_code == 1
    assert remedy in refused.stderr, refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not re.search(r":\w+@", refused.stderr)


#: Another mistake: commands, and what the message says to do.
MISTAKES = {
    "a grant by the serving role": (
        "CREDENTIALS_DIRECTORY={root}/etc/gpd-soap/serving gpd-soap db grant gpd_serving",
        "the role is the tables' owner",
    ),
    "a setting that does not exist": (
        "GPD_NODE_PROXY=127.0.0.1/32 gpd-soap db check",
        "gpd-soap help settings",
    ),
    "a face that everybody reaches": (
        "CREDENTIALS_DIRECTORY={root}/etc/gpd-soap/serving GPD_NODE_BIND=:{node} gpd-soap serve",
        "GPD_NODE_PROXIES",
    ),
    "a server before the upgrade": (
        "psql --quiet --command 'CREATE DATABASE empty OWNER gpd_owner'\n{empty} gpd-soap serve",
        "gpd-soap db upgrade",
    ),
    "no name of a certificate": ("sh deploy/authority.sh {root}/root/another", "FOLDER NAME"),
}


@pytest.mark.parametrize(("mistake", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_message_on_a_mistake_says_what_to_do(
    typed: tuple[Machine, str], mistake: str, remedy: str
) -> None:
    """The command fails with a line or two, which name the remedy and hold no password."""
    made, _ = typed
    owner = made.root / "etc/gpd-soap/owner/database_url"
    empty = f"GPD_DATABASE_URL=$(sed s,/gpd?,/empty?, {owner})"
    done = made.run(mistake.format(root=made.root, node=made.node, empty=empty))

    assert done.returncode in (1, 2)
    assert remedy in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not re.search(r":\w+@", done.stderr)


def test_services_of_the_timers_do_their_work(typed: tuple[Machine, str]) -> None:
    """Each has the rights that it needs: it connects as the owner of the tables."""
    made, _ = typed
    done = made.run("systemctl start gpd-soap-journal gpd-soap-retention")

    assert done.returncode == 0, done.stderr
    assert "positions" in done.stdout


def test_both_languages_have_the_same_commands() -> None:
    """An office that reads the Italian page types the same."""
    assert words(commands("README.it.md")) == words(commands("README.md"))


def test_commands_of_the_program_are_named_in_both_languages() -> None:
    """The English page is the longer one, and has each command of the Italian one."""
    names = {
        name: set(re.findall(r"gpd-soap ([a-z]+(?: [a-z]+)?)", (DEPLOY / name).read_text("utf-8")))
        for name in SECTIONS
    }

    assert len(names["README.it.md"]) > 10
    assert {each.split()[0] for each in names["README.it.md"]} <= {
        each.split()[0] for each in names["README.md"]
    }
