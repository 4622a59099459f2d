r"""Digits from outside are the ten of ASCII, though `int` and `\d` take those of every script."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "gpd_soap"
MODULES = sorted(PACKAGE.rglob("*.py"))

DIGIT_CHECKS = frozenset({"isdigit", "isdecimal", "isnumeric"})
#: The functions whose texts are bytes, in which these checks mean ASCII.
OF_BYTES = frozenset({"_measure"})
RE_FUNCTIONS = frozenset(
    f"re.{name}"
    for name in ("compile", "match", "fullmatch", "search", "sub", "findall", "finditer", "split")
)
#: Patterns that look for words in the people's own texts, of any script.
OF_WORDS = frozenset({r"(?<!\w)", r"(?!\w)", r"<(?:\w+:)?(\w+)>"})
CLASSES = ("\\d", "\\w", "\\s")


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield each function of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def called(node: ast.AST) -> set[str]:
    """Return the names of the methods that are called in a function."""
    return {
        each.func.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
    }


def unchecked_digits(path: Path) -> set[str]:
    """Return the functions of a module that check for digits of any script."""
    return {
        each.name
        for each in functions(path)
        if called(each) & DIGIT_CHECKS and "isascii" not in called(each)
    }


def broad_patterns(path: Path) -> list[str]:
    """Return the patterns of text in a module whose classes match characters of any script."""
    broad = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) in RE_FUNCTIONS):
            continue
        texts = [
            each.value
            for each in ast.walk(node.args[0])
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        has_class = any(name in text for text in texts for name in CLASSES)
        if has_class and not OF_WORDS.issuperset(texts) and "re.ASCII" not in ast.unparse(node):
            broad.append(f"{path.relative_to(PACKAGE)}, line {node.lineno}")
    return broad


def test_function_that_checks_digits_checks_for_ascii_too() -> None:
    """`"\u0661".isdigit()` is true."""
    unchecked = {
        str(path.relative_to(PACKAGE)): names
        for path in MODULES
        if (names := unchecked_digits(path) - OF_BYTES)
    }

    assert unchecked == {}


def test_pattern_with_a_class_of_characters_is_of_ascii() -> None:
    r"""In a pattern of text, `\d` matches the digits of every script."""
    assert [each for path in MODULES for each in broad_patterns(path)] == []
