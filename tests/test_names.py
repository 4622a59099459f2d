"""The retired names stay away: each was a name for many things."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from tokenize import COMMENT, generate_tokens

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "gpd_soap").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])

#: Each was a name for many things.  A name says the role instead: body, query, fields, record,
#: text; statement, request; rows, or the thing itself; index, row_number, field_path; transfer.
RETIRED = frozenset(
    """told asked found wanted said whole lived at place share shares kept_as door dress bed
       Told Asked Found Wanted Kept How Desk Office Ask Taken Known Claim Standing Witness Exchanged
       Line Heard Patience Party Judge Slice sliced Once Pace Trail Doomed Unsayable Unreadable
       Share Place Door Bed
       InTime rehearse patiently hurry oddities take_again same_id LOG log""".split()
)

#: Pages that stand beside the repository, or stood there: no clone has them.
UNREADABLE = re.compile(
    r"\b(DESIGN [0-9]|spec/[a-z-]+\.md|(pagopa-ec|gpd-reference|spyne)\.md|shared/)"
)
#: A suppression of a warning; the reason stands behind it, as another comment.
SUPPRESSION = re.compile(r"#\s*(type: ignore\[|noqa:)")
WITH_REASON = re.compile(r"(type: ignore\[[a-z, -]+\]|noqa: [A-Z0-9, ]+)  # \S")
#: LIMIT: words; a longer sentence of a docstring is read twice.  Most have fewer than 25.
LONGEST_SENTENCE = 30
#: Lines of a table or of code in a docstring.
LITERAL = re.compile(r"^ {4}.*\n?", re.MULTILINE)
FOLDERS = ("gpd_soap", "deploy", "tests")
TEXTS = sorted(
    path
    for folder in FOLDERS
    for pattern in ("*.py", "*.md", "*.yml", "*.yaml", "*.template", "*.json", "*.sh", "*.toml")
    for path in (ROOT / folder).rglob(pattern)
    if path != Path(__file__)
)


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that a module binds, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def test_module_binds_no_retired_name():
    """A name says what it holds."""
    retired = [
        f"{path.relative_to(ROOT)}: {name}, line {line}"
        for path in MODULES
        for name, line in bound_names(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_") in RETIRED
    ]

    assert retired == []


def test_text_cites_only_what_a_clone_has():
    """A reader can open what a comment, a docstring or a README names."""
    cited = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in TEXTS
        for match in UNREADABLE.finditer(path.read_text(encoding="utf-8"))
    ]

    assert cited == []


def sentences(path: Path) -> Iterator[str]:
    """Yield the sentences of a module's docstrings, without its examples."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            prose, _, _ = (ast.get_docstring(node) or "").partition(">>>")
            yield from re.split(r"(?<=[.!?])\s+|\n\n", LITERAL.sub("", prose))


def test_sentence_of_a_docstring_has_at_most_30_words():
    """A reader keeps in mind how it began."""
    long = [
        f"{path.relative_to(ROOT)}: {' '.join(sentence.split())}"
        for path in MODULES
        for sentence in sentences(path)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]

    assert long == []


def comments(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the comments of a module that may suppress a warning, with their lines."""
    text = path.read_text(encoding="utf-8")
    # WHY: to read tokens takes three seconds for every module, and few have a suppression.
    for token in generate_tokens(io.StringIO(text).readline) if SUPPRESSION.search(text) else ():
        if token.type == COMMENT:
            yield token.string, token.start[0]


def test_suppressed_warning_has_its_reason():
    """A reader learns why a checker is wrong there."""
    bare = [
        f"{path.relative_to(ROOT)}, line {line}: {comment}"
        for path in MODULES
        for comment, line in comments(path)
        if SUPPRESSION.search(comment) and not WITH_REASON.search(comment)
    ]

    assert bare == []
