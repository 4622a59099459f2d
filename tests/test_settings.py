"""What the process is told from outside, and how it says that it was told wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from gpd_soap.settings import Settings, SettingsError, variables

HIDDEN = "parola-segreta"

Filed = Callable[[str], dict[str, str]]


@pytest.fixture
def filed(tmp_path: Path) -> Filed:
    """Write a settings file, and give the environment that names it."""

    def write(text: str) -> dict[str, str]:
        path = tmp_path / "gpd.toml"
        path.write_text(text, encoding="utf-8")
        return {"GPD_CONFIG": str(path)}

    return write


def complaint(environ: dict[str, str]) -> str:
    """What an operator reads when the process refuses to start."""
    with pytest.raises(SettingsError) as refused:
        Settings.load(environ)
    assert refused.value.hint
    assert refused.value.__suppress_context__
    return str(refused.value)


def test_nothing_need_be_told():
    """A stranger starts the program as it is, and this machine alone reaches it."""
    settings = Settings.load({"PATH": "/bin", "GPDX": "1"})

    assert settings == Settings()
    assert settings.node_bind.startswith("127.0.0.1:")
    assert settings.admin_bind.startswith("127.0.0.1:")
    assert settings.duplicate_receipt == "ok"
    assert settings.check_answers


def test_a_variable_is_heard():
    """Texts, numbers and yes or no come as text, and become what they mean."""
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


def test_a_file_is_heard(filed: Filed):
    """Settings may stand in a file, with comments."""
    settings = Settings.load(
        filed('# prova\ndatabase_url = "sqlite:///x.db"\nworkers = 2\ncheck_answers = false\n')
    )

    assert settings.database_url == "sqlite:///x.db"
    assert settings.workers == 2
    assert not settings.check_answers


def test_the_environment_is_stronger_than_the_file_and_the_file_than_the_default(filed: Filed):
    """One machine of many may differ from the common file."""
    environ = {**filed("workers = 2\nthreads = 9\n"), "GPD_WORKERS": "3"}

    settings = Settings.load(environ)

    assert (settings.workers, settings.threads) == (3, 9)
    assert settings.max_body == Settings().max_body


def test_a_credential_is_stronger_than_the_file_and_weaker_than_the_environment(
    filed: Filed, tmp_path: Path
):
    """What systemd or Docker hands over as a file is heard by the setting's name."""
    (tmp_path / "database_url").write_text("sqlite:///handed.db\n")
    (tmp_path / "threads").write_text("5")
    (tmp_path / "of_somebody_else").write_text(HIDDEN)
    environ = {
        **filed('database_url = "sqlite:///filed.db"\nthreads = 9\n'),
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "GPD_THREADS": "7",
    }

    settings = Settings.load(environ)

    assert (settings.database_url, settings.threads) == ("sqlite:///handed.db", 7)


def test_a_credential_that_cannot_be_read_is_told_without_its_text(tmp_path: Path):
    """Whoever starts us learns which folder to look at."""
    (tmp_path / "database_url").write_bytes(b"\xff" + HIDDEN.encode())

    assert "CREDENTIALS_DIRECTORY" in complaint({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_the_real_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch):
    """The process itself calls without arguments."""
    monkeypatch.setenv("GPD_THREADS", "7")

    assert Settings.load().threads == 7


@pytest.mark.parametrize("name", [name for name, _, _ in variables()])
def test_every_variable_that_is_listed_is_heard(name: str):
    """No line of the help describes what is not there."""
    said = complaint({name: "x", "GPD_NOBODY": "x"})

    assert f"{name}: there is no such setting" not in said


def test_every_variable_is_listed_once_with_what_it_is_for():
    """The help names all there is, and nobody need read the source."""
    names = [name for name, _, _ in variables()]

    assert names == ["GPD_CONFIG", *(f"GPD_{field.upper()}" for field in Settings.model_fields)]
    assert all(purpose for _, _, purpose in variables())


def test_the_defaults_that_are_listed_are_the_ones_that_hold():
    """Writing every listed default into the environment changes nothing."""
    listed = {name: default for name, default, _ in variables() if name != "GPD_CONFIG"}

    assert Settings.load(listed) == Settings()


def test_a_misspelt_variable_is_refused_by_name():
    """A setting that nobody hears would be believed to hold."""
    assert complaint({"GPD_DATABASE_URI": HIDDEN}) == "GPD_DATABASE_URI: there is no such setting"


def test_a_misspelt_name_in_the_file_is_refused_as_it_stands_there(filed: Filed):
    """Who reads the complaint finds the line, capitals and all."""
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
def test_an_impossible_value_is_refused_by_name_and_never_repeated(name: str, value: str):
    """A value in the wrong place may be a password, and a complaint ends up in a log."""
    said = complaint({name: value})

    assert said.startswith(f"{name}: Input should be")
    assert value in ("", "0", "1.5", "-1") or value not in said


def test_every_mistake_is_told_at_once(filed: Filed):
    """An operator mends them all before the next start, wherever they stand."""
    said = complaint({**filed("workers = -1\nwrong = 1\n"), "GPD_THREADS": "none"})

    told = [part.split(":")[0] for part in said.split("; ")]
    assert told == [
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
def test_a_file_that_is_not_toml_is_refused_without_a_word_of_it(filed: Filed, text: str):
    """The place of the mistake is told, and not the text around it."""
    said = complaint(filed(text))

    assert said.startswith("GPD_CONFIG: not TOML: ")
    assert HIDDEN not in said


def test_a_file_in_another_encoding_is_refused(filed: Filed, tmp_path: Path):
    """TOML is UTF-8."""
    environ = filed("")
    (tmp_path / "gpd.toml").write_bytes("# città".encode("latin-1"))

    assert complaint(environ).startswith("GPD_CONFIG: not TOML: ")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    """A file that was named and is missing must not turn into the defaults."""
    assert complaint({"GPD_CONFIG": str(tmp_path / "no.toml")}) == (
        "GPD_CONFIG: cannot read the file: No such file or directory"
    )
    assert "cannot read" in complaint({"GPD_CONFIG": str(tmp_path)})


def test_an_empty_name_of_a_file_is_no_file():
    """Containers pass empty variables for what is not set."""
    assert Settings.load({"GPD_CONFIG": ""}) == Settings()


def test_the_place_of_the_database_is_not_shown_with_the_settings():
    """It may hold a password, and a representation ends up in a log."""
    assert HIDDEN not in repr(Settings(database_url=f"postgresql://gpd:{HIDDEN}@db.example/gpd"))


def test_settings_do_not_change_under_a_running_process():
    """What was told at the start holds to the end."""
    settings = Settings()

    with pytest.raises(ValidationError):
        settings.workers = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("told", "address"),
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
def test_clients_are_told_an_address_that_they_can_call(told: dict[str, str], address: str):
    """The address in the WSDL is the public one, or at least one that works on this machine."""
    assert Settings.model_validate(told).address == address


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
def test_public_address_that_nobody_can_call_is_refused(value: str):
    """A bare host would be told to every SOAP client as the place to call."""
    assert complaint({"GPD_PUBLIC_URL": value}) == (
        "GPD_PUBLIC_URL: Input should be https://HOST/partner"
    )
