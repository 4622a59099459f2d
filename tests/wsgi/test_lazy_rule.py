"""The paths of an application, and the addresses that are made of them."""

from types import CodeType
from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from gpd_soap.wsgi.lazy_rule import LazyRule

#: By path, the values of an address; names that a builder has itself are among them.
PATHS: dict[str, dict[str, Any]] = {
    "/plain": {},
    "/plain/with?query": {"page": 2},
    "/<one>/and/<rule>": {"one": "a b/c", "rule": "è", "more": ["1", "2"]},
    "/<int:self>/<path:append_unknown>": {"self": 7, "append_unknown": "x/y"},
}


def addresses(kind: type[Rule], path: str) -> tuple[str, str]:
    """Returns the address within the host, and the whole one, of a path with its values."""
    adapter = Map([kind(path, endpoint="it")]).bind("host.example")
    return (
        adapter.build("it", PATHS[path]),
        adapter.build("it", PATHS[path], force_external=True, append_unknown=False),
    )


@pytest.mark.parametrize("path", PATHS)
def test_address_is_that_of_a_rule_of_werkzeug(path: str):
    """The paths are without and with values, and with more values than the path has."""
    assert addresses(LazyRule, path) == addresses(Rule, path)


def test_builder_is_compiled_once_at_the_first_address(monkeypatch: pytest.MonkeyPatch):
    """A path that is only matched never compiles one."""
    compiled: list[str] = []
    compile_code = Rule._get_func_code

    def counted(code: CodeType, name: str) -> object:
        compiled.append(name)
        return compile_code(code, name)

    monkeypatch.setattr(Rule, "_get_func_code", staticmethod(counted))
    adapter = Map([LazyRule("/notices/<nav>", endpoint="notice")]).bind("host.example")

    assert adapter.match("/notices/1") == ("notice", {"nav": "1"})
    assert compiled == []
    assert [adapter.build("notice", {"nav": n}) for n in "12"] == ["/notices/1", "/notices/2"]
    assert len(compiled) == 1
