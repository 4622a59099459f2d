"""Laws of the layout: the order of imports, the owner of each library, the size of a file."""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "gpd_soap"
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in MODULES if PACKAGE / "core" in path.parents]
FEATURES = [path for path in MODULES if PACKAGE / "features" in path.parents]
SHOWS_FEATURES = {"features", "api", "console", "wiring", "cli"}

# Each name directly under gpd_soap imports itself and the names before it, and no other.
ORDER = """__init__ core clock settings contract store validation usecases plugins services wsgi
           soap monitoring server features simulator demo api console wiring cli
           __main__""".split()
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
    "flask": {"api", "console"},
    "flask_openapi": {"api"},
    "flask_openapi_swagger": {"api"},
    "werkzeug": {"wsgi", "api", "console"},
    "jinja2": {"console"},
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
    "openpyxl": {"usecases"},
    "pydantic": {"settings", "validation", "usecases", "api"},
    "pydantic_core": {"settings", "validation", "store"},
}
# The same order for the rooms of the store.
STORE_ORDER = """__init__ tables migrations database rows states configuration journal access people
                 events jobs node positions receipts documents demands loads statistics purge
                 retention store""".split()
#: Modules that make transactions and need no more of the store.
TAKES_A_DATABASE = {"store/database/transaction.py", "store/journal/purge.py", "store/purge.py"}
MOST_MODULES = 20
#: Libraries that no use case imports; HTTP's statuses belong to the API.
NOT_IN_A_USE_CASE = {"http", "flask", "werkzeug", "sqlalchemy", "spyne", "click", "gunicorn"}
#: The modules with the API's statuses and titles, and the one that translates Flask's HTTP errors.
KNOWS_PROBLEMS = {PACKAGE / "api" / "app.py", *(PACKAGE / "api").rglob("problems.py")}
READS_THE_ENVIRONMENT = {"settings", "cli"}
OUTSIDE_WORLD = set(
    """asyncio http io logging os pathlib random secrets shutil socket sqlite3 subprocess sys
       tempfile threading time urllib""".split()
)
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "urandom"}
LONGEST = 300


def breaking(paths: Iterable[Path], broken: Callable[[Path], object]) -> dict[str, object]:
    """Return what each file breaks, by its name; empty where the law holds in all of them."""
    return {str(path.relative_to(TESTS.parent)): left for path in paths if (left := broken(path))}


def below(name: str) -> list[Path]:
    """Return the modules of a room."""
    return [path for path in MODULES if room(path) == name]


@cache
def tree(path: Path) -> ast.Module:
    """Return the module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    """Return the name directly under gpd_soap to which a module belongs."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported_by(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a module imports; `from a import b` may mean the module a.b."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import out in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def store_room(path: Path) -> str:
    """Return the name directly under gpd_soap.store to which a module of it belongs."""
    return path.relative_to(PACKAGE / "store").parts[0].removesuffix(".py")


def imports_below(path: Path, name: str) -> list[list[str]]:
    """Return the parts of each name below gpd_soap.`name` that a module imports."""
    prefix = f"gpd_soap.{name}."
    return [each.split(".") for each in imported_by(path) if each.startswith(prefix)]


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


def test_imports_point_one_way():
    """A module imports its own package and what stands before it in the order."""

    def upward(path: Path) -> set[str]:
        assert room(path) in ORDER, f"{room(path)} has no place in the order yet"
        return neighbours(path) - set(ORDER[: ORDER.index(room(path)) + 1])

    assert breaking(MODULES, upward) == {}


def test_imports_inside_the_store_point_one_way():
    """A room of the store imports itself and what stands before it."""

    def upward(path: Path) -> set[str]:
        allowed = set(STORE_ORDER[: STORE_ORDER.index(store_room(path)) + 1])
        return {parts[2] for parts in imports_below(path, "store")} - allowed

    assert breaking(below("store"), upward) == {}


def test_transactions_need_a_database_alone():
    """The modules that make transactions take a Database, not the whole store."""
    store_class = "gpd_soap.store.store.Store"
    modules = [PACKAGE / name for name in sorted(TAKES_A_DATABASE)]

    assert breaking(modules, lambda path: store_class in set(imported_by(path))) == {}


def test_folder_has_at_most_twenty_modules():
    """A reader sees all modules of a folder at once; migrations are read one at a time."""
    counts = Counter(path.parent for path in MODULES)
    counts.pop(PACKAGE / "store/migrations/versions")

    assert {str(each): n for each, n in counts.items() if n > MOST_MODULES} == {}


def test_use_case_imports_no_face_and_no_status():
    """A use case names refusals; the faces know statuses and sentences."""

    def foreign(path: Path) -> set[str]:
        statuses = {name for name in imported_by(path) if name.endswith("HTTPStatus")}
        return libraries(path) & NOT_IN_A_USE_CASE | statuses

    assert breaking(below("usecases"), foreign) == {}


def test_problems_are_made_in_one_module():
    """Statuses and titles of the API are in one table."""
    others = set(MODULES) - KNOWS_PROBLEMS

    assert breaking(others, lambda path: "Problem" in called(path)) == {}


def test_feature_imports_no_other_feature():
    """A feature can be left out, because only the faces above import it."""

    def others(path: Path) -> set[str]:
        own = path.relative_to(PACKAGE).parts[1]
        return {parts[2] for parts in imports_below(path, "features")} - {own}

    assert breaking(FEATURES, others) == {}


def test_only_faces_import_features():
    """The modules below the faces work without any feature."""
    trunk = [path for path in MODULES if room(path) not in SHOWS_FEATURES]

    assert breaking(trunk, lambda path: "features" in neighbours(path)) == {}


def test_commands_take_use_cases_from_below():
    """A command imports nothing of the API but the form of a row."""

    def more(path: Path) -> list[list[str]]:
        return [parts for parts in imports_below(path, "api") if "responses" not in parts]

    assert breaking(below("cli"), more) == {}


def test_library_is_imported_by_its_owner_alone():
    """A library has one owner, so that it can be replaced there."""

    def borrowed(path: Path) -> set[str]:
        return {name for name in libraries(path) & set(OWNERS) if room(path) not in OWNERS[name]}

    assert breaking(MODULES, borrowed) == {}


def test_only_settings_and_the_command_line_read_the_environment():
    """Everywhere else settings arrive as arguments."""
    others = [path for path in MODULES if room(path) not in READS_THE_ENVIRONMENT]

    assert breaking(others, reads_environment) == {}


def test_core_module_is_pure():
    """Core imports the standard library alone, and no clock, disk, network or log."""
    allowed = (sys.stdlib_module_names - OUTSIDE_WORLD) | {"gpd_soap"}

    assert breaking(CORE, lambda path: libraries(path) - allowed) == {}
    assert breaking(CORE, lambda path: called(path) & IMPURE_CALLS) == {}


def test_module_has_at_most_300_lines():
    """A longer module holds two ideas."""

    def excess(path: Path) -> int:
        return max(0, len(path.read_text(encoding="utf-8").splitlines()) - LONGEST)

    assert breaking(MODULES, excess) == {}


def test_public_name_has_a_docstring():
    """A module, a class and a public function each have a docstring."""

    def silent(path: Path) -> list[str]:
        module = tree(path)
        head = [] if ast.get_docstring(module) else ["the module"]
        return [*head, *undocumented(module.body)]

    assert breaking(MODULES, silent) == {}


def test_function_of_a_test_has_a_docstring_of_one_sentence():
    """The sentence is false when the test fails."""

    def unpromised(path: Path) -> list[str]:
        tests = [
            node
            for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        promises = {node.name: ast.get_docstring(node) or "" for node in tests}
        return [
            name
            for name, promise in promises.items()
            if not promise.endswith((".", "?")) or "\n\n" in promise
        ]

    assert breaking(sorted(TESTS.rglob("test_*.py")), unpromised) == {}
