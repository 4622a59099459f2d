"""The examples in the docstrings of the core are true."""

import doctest
import pkgutil
from importlib import import_module

from gpd_soap import core


def test_example_in_a_docstring_prints_what_it_says() -> None:
    """Each example runs as a reader would run it."""
    names = [each.name for each in pkgutil.walk_packages(core.__path__, "gpd_soap.core.")]

    results = {name: doctest.testmod(import_module(name)) for name in names}

    assert {name for name, result in results.items() if result.failed} == set()
    assert sum(result.attempted for result in results.values()) > 2
