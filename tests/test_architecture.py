"""Laws of the layout: the order of imports, the owner of each library, the size of a file."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "gpd_soap"
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in MODULES if PACKAGE / "core" in path.parents]
FEATURES = [path for path in MODULES if PACKAGE / "features" in path.parents]
SHOWS_FEATURES = {"features", "api", "console", "wiring", "cli"}

# Each name directly under gpd_soap imports itself and the names before it, and no other.
ORDER = """__init__ core clock settings contract store validation usecases plugins services wsgi
           soap monitoring server features simulator demo api wiring cli __main__""".split()
OWNERS = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "psycopg": {"store"},
    "spyne": {"soap"},
    "lxml": {"contract", "soap", "usecases", "simulator"},
    "click": {"cli"},
    "gunicorn": {"server"},
    "zeep": {"simulator"},
    "requests": {"simulator"},
    "flask": {"api"},
    "flask_openapi": {"api"},
    "flask_openapi_swagger": {"api"},
    "werkzeug": {"api"},
    "prometheus_client": {"monitoring"},
    "fontpkg_roboto_mono": {"features"},
    "fontpkg_titillium_web": {"features"},
    "ppf": {"features"},
    "pypdfium2": {"features"},
    "segno": {"features"},
    "obstore": {"features"},
    "typst": {"features"},
    "zxingcpp": {"features"},
    "webauthn": {"features"},
    "joserfc": {"features"},
    "pydantic": {"settings", "validation", "usecases", "api"},
    "pydantic_core": {"settings", "validation", "store"},
}
# The same order for the rooms of the store.
STORE_ORDER = """__init__ tables migrations database rows states configuration journal access people
                 events jobs node positions receipts documents demands statistics purge retention
                 store""".split()
#: Modules that make transactions and need no more of the store.
TAKES_A_DATABASE = {"store/database/transaction.py", "store/journal/purge.py", "store/purge.py"}
MOST_MODULES = 20
#: Libraries that no use case imports; HTTP's statuses belong to the API.
NOT_IN_A_USE_CASE = {"http", "flask", "werkzeug", "sqlalchemy", "spyne", "click", "gunicorn"}
#: The module with the API's statuses and titles, and the one that translates Flask's HTTP errors.
KNOWS_PROBLEMS = {"api/problems.py", "api/print_service/problems.py", "api/app.py"}
READS_THE_ENVIRONMENT = {"settings", "cli"}
OUTSIDE_WORLD = set(
    """asyncio http io logging os pathlib random secrets shutil socket sqlite3 subprocess sys
       tempfile threading time urllib""".split()
)
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "urandom"}
LONGEST = 300

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
each_core_module = pytest.mark.parametrize("path", CORE, ids=lambda p: p.name)


def tree(path: Path) -> ast.Module:
    """Return the module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    """Return the name directly under gpd_soap to which a module belongs."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_by(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports; `from a import b` may mean the module a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the import out in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def store_room(path: Path) -> str:
    """Return the name directly under gpd_soap.store to which a module of it belongs."""
    return path.relative_to(PACKAGE / "store").parts[0].removesuffix(".py")


def libraries(path: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    return {name.partition(".")[0] for name in imported_by(path)}


def neighbours(path: Path) -> set[str]:
    """Return the names directly under gpd_soap that a module imports."""
    ours = [name.split(".") for name in imported_by(path) if name.startswith("gpd_soap.")]
    return {parts[1] for parts in ours if parts[1] != "__version__"}


def called(path: Path) -> set[str]:
    """Return the last part of the name of everything that a module calls."""
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    return named | {call.attr for call in calls if isinstance(call, ast.Attribute)}


def reads_environment(path: Path) -> bool:
    """Return whether a module uses os.environ or os.getenv, under any import."""
    names = {"environ", "environb", "getenv"}
    attribute_read = any(
        isinstance(node, ast.Attribute)
        and node.attr in names
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        for node in ast.walk(tree(path))
    )
    imported = {f"os.{each}" for each in names} & set(imported_by(path))
    return attribute_read or bool(imported)


def undocumented(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the classes and public functions in these statements that have no docstring."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from () if node.name.startswith("_") else undocumented(node.body)
        elif not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield f"{node.name}, line {node.lineno}"


@each_module
def test_imports_point_one_way(path: Path):
    """A module imports its own package and what stands before it in the order."""
    assert room(path) in ORDER, f"{room(path)} has no place in the order yet"
    allowed = set(ORDER[: ORDER.index(room(path)) + 1])

    assert neighbours(path) <= allowed


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if PACKAGE / "store" in path.parents],
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_imports_inside_the_store_point_one_way(path: Path):
    """A room of the store imports itself and what stands before it."""
    allowed = set(STORE_ORDER[: STORE_ORDER.index(store_room(path)) + 1])
    ours = [name.split(".") for name in imported_by(path) if name.startswith("gpd_soap.store.")]

    assert {parts[2] for parts in ours} <= allowed


@pytest.mark.parametrize("name", sorted(TAKES_A_DATABASE))
def test_transactions_need_a_database_alone(name: str):
    """The modules that make transactions take a Database, not the whole store."""
    assert "gpd_soap.store.store.Store" not in set(imported_by(PACKAGE / name))


def test_folder_has_at_most_twenty_modules():
    """A reader sees all modules of a folder at once; migrations are read one at a time."""
    counts = Counter(path.parent for path in MODULES)
    counts.pop(PACKAGE / "store/migrations/versions")

    assert {str(each): n for each, n in counts.items() if n > MOST_MODULES} == {}


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if room(path) == "usecases"],
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_use_case_imports_no_face_and_no_status(path: Path):
    """A use case names refusals; the faces know statuses and sentences."""
    assert libraries(path).isdisjoint(NOT_IN_A_USE_CASE)
    assert not any(name.endswith("HTTPStatus") for name in imported_by(path))


@each_module
def test_problems_are_made_in_one_module(path: Path):
    """Statuses and titles of the API are in one table."""
    assert str(path.relative_to(PACKAGE)) in KNOWS_PROBLEMS or "Problem" not in called(path)


@pytest.mark.parametrize("path", FEATURES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_feature_imports_no_other_feature(path: Path):
    """A feature can be left out, because only the faces above import it."""
    own = path.relative_to(PACKAGE).parts[1]
    ours = [name.split(".") for name in imported_by(path) if name.startswith("gpd_soap.features.")]

    assert {parts[2] for parts in ours} <= {own}


@each_module
def test_only_faces_import_features(path: Path):
    """The modules below the faces work without any feature."""
    assert room(path) in SHOWS_FEATURES or "features" not in neighbours(path)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room(path) == "cli"], ids=lambda p: p.name
)
def test_commands_take_use_cases_from_below(path: Path):
    """A command imports nothing of the API but the form of a row."""
    ours = [name.split(".") for name in imported_by(path) if name.startswith("gpd_soap.api.")]

    assert all("responses" in parts for parts in ours)


@each_module
def test_library_is_imported_by_its_owner_alone(path: Path):
    """A library has one owner, so that it can be replaced there."""
    borrowed = [name for name in libraries(path) & set(OWNERS) if room(path) not in OWNERS[name]]

    assert borrowed == []


@each_module
def test_only_settings_and_the_command_line_read_the_environment(path: Path):
    """Everywhere else settings arrive as arguments."""
    assert room(path) in READS_THE_ENVIRONMENT or not reads_environment(path)


@each_core_module
def test_core_module_is_pure(path: Path):
    """Core imports the standard library alone, and no clock, disk, network or log."""
    allowed = (sys.stdlib_module_names - OUTSIDE_WORLD) | {"gpd_soap"}

    assert libraries(path) <= allowed
    assert called(path).isdisjoint(IMPURE_CALLS)


@each_module
def test_module_has_at_most_300_lines(path: Path):
    """A longer module holds two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@each_module
def test_public_name_has_a_docstring(path: Path):
    """A module, a class and a public function each have a docstring."""
    module = tree(path)

    assert ast.get_docstring(module) is not None
    assert list(undocumented(module.body)) == []


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("test_*.py")), ids=lambda p: str(p.relative_to(TESTS))
)
def test_function_of_a_test_has_a_docstring_of_one_sentence(path: Path):
    """The sentence is false when the test fails."""
    tests = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    promises = {node.name: ast.get_docstring(node) or "" for node in tests}

    assert [name for name, said in promises.items() if not said.endswith((".", "?"))] == []
    assert [name for name, said in promises.items() if "\n\n" in said] == []
