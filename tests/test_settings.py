"""The settings: their sources, and the errors of wrong ones."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from gpd_soap.settings import Settings, SettingsError, variables

HIDDEN = "parola-segreta"

Filed = Callable[[str], dict[str, str]]


@pytest.fixture
def filed(tmp_path: Path) -> Filed:
    """Return a function that writes a settings file and returns the environment that names it."""

    def write(text: str) -> dict[str, str]:
        path = tmp_path / "gpd.toml"
        path.write_text(text, encoding="utf-8")
        return {"GPD_CONFIG": str(path)}

    return write


def complaint(environ: dict[str, str]) -> str:
    """Return the text that an operator reads when the process refuses to start."""
    with pytest.raises(SettingsError) as refused:
        Settings.load(environ)
    assert refused.value.hint
    assert refused.value.__suppress_context__
    return str(refused.value)


def test_settings_without_any_source_are_the_defaults():
    """The program starts without settings, and only this machine reaches it."""
    settings = Settings.load({"PATH": "/bin", "GPDX": "1"})

    assert settings == Settings()
    assert settings.node_bind.startswith("127.0.0.1:")
    assert settings.admin_bind.startswith("127.0.0.1:")
    assert settings.duplicate_receipt == "ok"
    assert settings.check_answers


def test_variable_sets_its_setting():
    """Texts, numbers and booleans are read from text."""
    settings = Settings.load(
        {
            "GPD_DATABASE_URL": "postgresql://gpd@db.example/gpd",
            "GPD_WORKERS": "3",
            "GPD_CHECK_ANSWERS": "false",
            "GPD_DUPLICATE_RECEIPT": "fault",
        }
    )

    assert settings.database_url == "postgresql://gpd@db.example/gpd"
    assert settings.workers == 3
    assert not settings.check_answers
    assert settings.duplicate_receipt == "fault"


def test_file_sets_its_settings(filed: Filed):
    """A TOML file may have comments."""
    settings = Settings.load(
        filed('# prova\ndatabase_url = "sqlite:///x.db"\nworkers = 2\ncheck_answers = false\n')
    )

    assert settings.database_url == "sqlite:///x.db"
    assert settings.workers == 2
    assert not settings.check_answers


def test_environment_overrides_the_file_and_the_file_the_defaults(filed: Filed):
    """One machine may differ from a file that several share."""
    environ = {**filed("workers = 2\nthreads = 9\n"), "GPD_WORKERS": "3"}

    settings = Settings.load(environ)

    assert (settings.workers, settings.threads) == (3, 9)
    assert settings.max_body == Settings().max_body


def test_credential_overrides_the_file_and_the_environment_overrides_it(
    filed: Filed, tmp_path: Path
):
    """A credential is a file that systemd or Docker provides, with the name of the setting."""
    (tmp_path / "database_url").write_text("sqlite:///credential.db\n")
    (tmp_path / "threads").write_text("5")
    (tmp_path / "of_somebody_else").write_text(HIDDEN)
    environ = {
        **filed('database_url = "sqlite:///filed.db"\nthreads = 9\n'),
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "GPD_THREADS": "7",
    }

    settings = Settings.load(environ)

    assert (settings.database_url, settings.threads) == ("sqlite:///credential.db", 7)


def test_unreadable_credential_is_refused_without_its_text(tmp_path: Path):
    """The error names the variable of the folder."""
    (tmp_path / "database_url").write_bytes(b"\xff" + HIDDEN.encode())

    assert "CREDENTIALS_DIRECTORY" in complaint({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_load_without_arguments_reads_the_environment(monkeypatch: pytest.MonkeyPatch):
    """The process itself passes no arguments."""
    monkeypatch.setenv("GPD_THREADS", "7")

    assert Settings.load().threads == 7


@pytest.mark.parametrize("name", [name for name, _, _ in variables()])
def test_every_listed_variable_exists(name: str):
    """The help describes no setting that does not exist."""
    text = complaint({name: "x", "GPD_UNKNOWN": "x"})

    assert f"{name}: there is no such setting" not in text


def test_every_variable_is_listed_once_with_its_help():
    """The help lists every setting."""
    names = [name for name, _, _ in variables()]

    assert names == ["GPD_CONFIG", *(f"GPD_{field.upper()}" for field in Settings.model_fields)]
    assert all(purpose for _, _, purpose in variables())


def test_help_of_a_setting_names_every_value_that_it_takes():
    """An operator reads there what to write, such as `fault`."""
    taken = {name: get_args(field.annotation) for name, field in Settings.model_fields.items()}
    choices = {n: values for n, values in taken.items() if values and all(map(is_text, values))}
    texts = {name.removeprefix("GPD_").lower(): text for name, _, text in variables()}
    named = {name: re.findall(r"\w+", texts[name]) for name in choices}

    assert {"duplicate_receipt", "journal", "log_level"} <= choices.keys()
    assert [name for name in choices if not set(choices[name]) <= set(named[name])] == []


def is_text(value: object) -> bool:
    """Return whether a value of a choice is text."""
    return isinstance(value, str)


def test_listed_defaults_are_the_defaults():
    """An environment with every listed default changes nothing."""
    listed = {name: default for name, default, _ in variables() if name != "GPD_CONFIG"}

    assert Settings.load(listed) == Settings()


def test_misspelt_variable_is_refused_by_name():
    """An operator would believe that an ignored setting holds."""
    assert complaint({"GPD_DATABASE_URI": HIDDEN}) == "GPD_DATABASE_URI: there is no such setting"


def test_misspelt_name_in_the_file_is_refused_as_written_there(filed: Filed):
    """The error has the name as written, so that an operator finds the line."""
    environ = {**filed(f'WORKERS = "{HIDDEN}"\n[node]\nbind = "{HIDDEN}"\n'), "GPD_THREADS": "2"}

    assert complaint(environ) == (
        "WORKERS, in the file of GPD_CONFIG: there is no such setting; "
        "node, in the file of GPD_CONFIG: there is no such setting"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPD_WORKERS", HIDDEN),
        ("GPD_WORKERS", "-1"),
        ("GPD_THREADS", "0"),
        ("GPD_THREADS", "1.5"),
        ("GPD_MAX_BODY", "99999999999999"),
        ("GPD_MAX_BODY", ""),
        ("GPD_DUPLICATE_RECEIPT", HIDDEN),
        ("GPD_DEMAND_WINDOW", "mezz'ora"),
        ("GPD_CHECK_ANSWERS", HIDDEN),
        ("GPD_LOG_LEVEL", "INFO!"),
    ],
)
def test_invalid_value_is_refused_by_name_and_not_repeated(name: str, value: str):
    """A value in the wrong setting may be a password, and errors are logged."""
    text = complaint({name: value})

    assert text.startswith(f"{name}: Input should be")
    assert value in ("", "0", "1.5", "-1") or value not in text


def test_every_invalid_setting_is_reported_at_once(filed: Filed):
    """An operator corrects all of them before the next start."""
    text = complaint({**filed("workers = -1\nwrong = 1\n"), "GPD_THREADS": "none"})

    settings = [part.split(":")[0] for part in text.split("; ")]
    assert settings == [
        "workers, in the file of GPD_CONFIG",
        "GPD_THREADS",
        "wrong, in the file of GPD_CONFIG",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"database_url = {HIDDEN}",
        f'database_url = "{HIDDEN}',
        f'database_url = "{HIDDEN}"\ndatabase_url = "{HIDDEN}"',
        f"workers = {'9' * 5000}",
        f"# {HIDDEN} \0",
    ],
    ids=["bare", "open", "twice", "endless number", "zero byte"],
)
def test_file_that_is_not_toml_is_refused_without_its_text(filed: Filed, text: str):
    """The error has the position of the mistake and not the text around it."""
    problem = complaint(filed(text))

    assert problem.startswith("GPD_CONFIG: not TOML: ")
    assert HIDDEN not in problem


def test_file_in_another_encoding_is_refused(filed: Filed, tmp_path: Path):
    """TOML is UTF-8."""
    environ = filed("")
    (tmp_path / "gpd.toml").write_bytes("# città".encode("latin-1"))

    assert complaint(environ).startswith("GPD_CONFIG: not TOML: ")


def test_missing_file_is_refused(tmp_path: Path):
    """A missing file must not turn into the defaults."""
    assert complaint({"GPD_CONFIG": str(tmp_path / "no.toml")}) == (
        "GPD_CONFIG: cannot read the file: No such file or directory"
    )
    assert "cannot read" in complaint({"GPD_CONFIG": str(tmp_path)})


def test_empty_name_of_a_file_means_no_file():
    """Containers pass empty variables for settings that are not set."""
    assert Settings.load({"GPD_CONFIG": ""}) == Settings()


def test_database_url_is_not_in_the_repr_of_settings():
    """The URL may hold a password, and a repr may be logged."""
    assert HIDDEN not in repr(Settings(database_url=f"postgresql://gpd:{HIDDEN}@db.example/gpd"))


def test_settings_are_frozen():
    """Settings do not change in a running process."""
    settings = Settings()

    with pytest.raises(ValidationError):
        settings.workers = 2  # type: ignore[misc]  # they are frozen


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, "http://127.0.0.1:8080/partner"),
        ({"node_bind": ":80"}, "http://127.0.0.1:80/partner"),
        ({"node_bind": "[::]:81"}, "http://127.0.0.1:81/partner"),
        ({"node_bind": "10.0.0.7:82"}, "http://10.0.0.7:82/partner"),
        ({"public_url": "https://ec.example/partner"}, "https://ec.example/partner"),
        ({"node_bind": "unix:/run/gpd-soap/node"}, "http://localhost/partner"),
        (
            {"node_tls_certificate": "a.pem", "node_tls_authorities": "b.pem"},
            "https://127.0.0.1:8080/partner",
        ),
    ],
)
def test_address_is_the_public_url_or_one_of_this_machine(fields: dict[str, str], address: str):
    """The address in the WSDL is one that a client can call."""
    assert Settings.model_validate(fields).address == address


@pytest.mark.parametrize(
    "value",
    [
        "ec.example",
        "ec.example/partner",
        "//ec.example/partner",
        "ftp://ec.example/partner",
        "https://ec.example",
        "https://ec.example/",
        "https:///partner",
        "https://ec.example/partner?wsdl",
        "https://user@ec.example/partner",
    ],
)
def test_public_url_without_scheme_host_and_path_is_refused(value: str):
    """The WSDL would publish an address that no client can call."""
    assert complaint({"GPD_PUBLIC_URL": value}) == (
        "GPD_PUBLIC_URL: Input should be https://HOST/partner"
    )


OIDC = {"GPD_OIDC_ISSUER": "https://id.example/x", "GPD_OIDC_CLIENT_ID": "c"}
CONSOLE = {"GPD_CONSOLE_URL": "https://console.example"}


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        ({"GPD_OIDC_ISSUER": "https://id.example"}, "oidc_client_id"),
        (OIDC, "console_url"),
        ({**OIDC, **CONSOLE, "GPD_OIDC_CREATE": "true"}, "oidc_rights"),
        ({**OIDC, **CONSOLE, "GPD_OIDC_ISSUER": "http://id.example"}, "https://HOST/PATH"),
        ({**OIDC, **CONSOLE, "GPD_OIDC_ISSUER": "https://id.example/?a"}, "https://HOST/PATH"),
        ({**OIDC, **CONSOLE, "GPD_OIDC_ISSUER": "https://u:p@id.example"}, "https://HOST/PATH"),
        ({"GPD_OIDC_RIGHTS": "a=boss:*"}, "GPD_OIDC_RIGHTS"),
        ({"GPD_OIDC_RIGHTS": "a=admin:1"}, "GPD_OIDC_RIGHTS"),
        ({"GPD_OIDC_RIGHTS": "a=admin:*:everything"}, "GPD_OIDC_RIGHTS"),
    ],
)
def test_provider_without_what_it_needs_is_refused(environ: dict[str, str], text: str):
    """A console that cannot be signed in to says so at its start."""
    assert text in complaint(environ)


def test_groups_of_a_provider_may_have_any_character(filed: Filed):
    """A directory writes its groups with commas and equals signs."""
    group = "cn=tributi,ou=uffici=writer:77777777777:persons+load"
    settings = Settings.load({**filed(f"oidc_rights = ['{group}']"), "GPD_OIDC_AMR": "mfa, hwk"})

    assert settings.oidc_rights == (group,)
    assert settings.oidc_amr == ("mfa", "hwk")
    assert Settings.load({**OIDC, **CONSOLE}).oidc_issuer == "https://id.example/x"
    local = {**OIDC, **CONSOLE, "GPD_OIDC_ISSUER": "http://127.0.0.1:8090/realms/x"}
    assert Settings.load(local).oidc_issuer == "http://127.0.0.1:8090/realms/x"
    assert "segreto" not in repr(Settings.load({"GPD_OIDC_CLIENT_SECRET": "segreto"}))
