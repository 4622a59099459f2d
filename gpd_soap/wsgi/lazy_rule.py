"""A path of an application, without what makes addresses of it until somebody needs one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A rule that compiles its builders at the first address that is built by it."""

    # WHY: werkzeug compiles two functions for each path, and the API builds no address.
    def _compile_builder(self, *arguments: bool, **options: bool) -> Builder:
        compiled = cache(partial(super()._compile_builder, *arguments, **options))

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            return compiled()(rule, **values)

        return build
