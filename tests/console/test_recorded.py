"""What people change leaves a row of the audit: who takes a case too, and in every face."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import gpd_soap
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.usecases.casework import claims
from tests.conftest import FreshDatabase
from tests.console import working
from tests.console.harness import ORGANIZATION, Console

ROOT = Path(gpd_soap.__file__).parent
#: Names that a `Record` goes to, and that other callables have too.
AMBIGUOUS = {"By", "run", "go_on"}
#: Pages that use what can change to read alone.
READS = {"console/pages/issue.py Ledger", "console/pages/positions.py Ledger"}
WORKLIST = f"/console/{ORGANIZATION}/worklist"


@pytest.fixture
def busy(fresh_database: FreshDatabase) -> Iterator[Console]:
    """A console with a case of every kind."""
    store = Store(fresh_database("sqlite", working.prepare))
    yield Console(store)
    store.close()


def parsed(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module of some rooms."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def recording() -> set[str]:
    """Return the functions, and the classes, to which a `Record` may be given."""
    names: set[str] = set()
    for _path, module in parsed("usecases", "console/notices"):
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and takes_record(node):
                names.add(node.name)
            if isinstance(node, ast.ClassDef):
                made = [each for each in node.body if getattr(each, "name", "") == "__init__"]
                fields = [
                    each
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and ast.unparse(each.annotation) == "Record"
                ]
                if fields or any(takes_record(each) for each in made):
                    names.add(node.name)
    return {each for each in names - AMBIGUOUS if not each.startswith("_")}


def takes_record(node: ast.AST) -> bool:
    """Return whether a function has a parameter that is a `Record`."""
    assert isinstance(node, ast.FunctionDef)
    arguments = [*node.args.args, *node.args.kwonlyargs]
    return any(each.annotation and ast.unparse(each.annotation) == "Record" for each in arguments)


def name_of(call: ast.Call) -> str:
    """Return the last word of what is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def unrecorded(folder: str) -> list[str]:
    """Return the calls of a face that could be recorded and are not, as `module name`."""
    names = recording()
    return [
        f"{path.relative_to(ROOT)} {name_of(call)}"
        for path, module in parsed(folder)
        for call in ast.walk(module)
        if isinstance(call, ast.Call)
        and name_of(call) in names
        and not any("record" in ast.unparse(each) for each in [*call.args, *call.keywords])
    ]


@pytest.mark.parametrize("face", ["console", "cli"])
def test_every_change_of_a_face_gives_its_record(face: str):
    """The API alone gives none: it writes its rows after the answer."""
    assert {"claim", "release", "decide", "WriteOptions", "Keys", "begin_batch"} <= recording()
    assert set(unrecorded(face)) <= READS


def test_claim_and_release_of_a_case_are_in_the_audit(busy: Console):
    """A case is claimed on its page, or by the button that takes the oldest free one."""
    client = busy.client("writer")
    case = f"{WORKLIST}/{working.UNMATCHED}"
    for address in (f"{case}/claim", f"{case}/release", f"{WORKLIST}/-/take"):
        assert client.post(address).status_code == 303
    audit = tables.audit.c
    with busy.store.begin() as connection:
        rows = connection.execute(
            select(audit.path, audit.receipt_id).where(
                audit.actor == "writer", audit.method == "POST"
            )
        ).all()
    deeds = {(row.path.rpartition("/")[2], row.receipt_id) for row in rows}

    assert deeds == {
        ("claim", working.UNMATCHED),
        ("release", working.UNMATCHED),
        ("take", working.DOUBLE),
    }


def test_oldest_case_that_a_colleague_takes_meanwhile_gives_the_next(
    busy: Console, monkeypatch: pytest.MonkeyPatch
):
    """Both pressed the button at once: each has a case of its own."""
    find_oldest = claims.oldest_free
    colleague = busy.client("admin")

    def beaten(*given: object) -> object:
        case = find_oldest(*given)  # type: ignore[arg-type]  # passed on
        monkeypatch.setattr(claims, "oldest_free", find_oldest)
        assert case is not None
        assert case.name == working.DOUBLE
        assert colleague.post(f"{WORKLIST}/{working.DOUBLE}/claim").status_code == 303
        return case

    monkeypatch.setattr(claims, "oldest_free", beaten)
    answer = busy.client("writer").post(f"{WORKLIST}/-/take")

    assert answer.status_code == 303
    assert f"/{working.SECOND_DOUBLE}?" in answer.headers["Location"]
