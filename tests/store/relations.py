"""The relations of a statement, block by block, and whether each is bound to an organization.

A database that is distributed by organization sends a statement to one machine only if every
relation of every block, a subquery too, is compared with the organization by itself.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Alias, BindParameter, ColumnElement, Join, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping
from sqlalchemy.sql.selectable import CTE, Select, Subquery

#: A table, or an alias of one.
Relation = Any


def unbound(statement: Executable) -> list[str]:
    """Returns the relations that some block of the statement reads for any organization."""
    return [f"{each.name} in {block}" for block, each in _unbound(statement, frozenset(), set())]


def _unbound(
    element: Any, outer: frozenset[Relation], seen: set[int]
) -> Iterator[tuple[str, Relation]]:
    if id(element) in seen or _table(element) is not None:
        return
    seen.add(id(element))
    if isinstance(element, CTE | Subquery):
        yield from _unbound(element.element, frozenset(), seen)
        return
    own, conditions = _block(element)
    of_block = [each for each in own if each not in outer]
    bound = {relation for each in conditions for relation in _bound_by(each)}
    yield from ((type(element).__name__, each) for each in of_block if each not in bound)
    for child in (*element.get_children(), *getattr(element, "_independent_ctes", ())):
        yield from _unbound(child, outer.union(of_block), seen)


def _block(element: Any) -> tuple[list[Relation], list[ColumnElement[Any]]]:
    """Returns the relations and the conditions of a query, an UPDATE or a DELETE."""
    if isinstance(element, Select):
        pairs = [each for source in element.get_final_froms() for each in _joined(source)]
        relations = [relation for relation, _ in pairs if relation is not None]
        return relations, [*element._where_criteria, *(on for _, on in pairs if on is not None)]
    if getattr(element, "is_update", False) or getattr(element, "is_delete", False):
        relations = [] if _table(element.table) is None else [element.table]
        return relations, list(element._where_criteria)
    return [], []


def _joined(source: Any) -> Iterator[tuple[Relation | None, ColumnElement[Any] | None]]:
    if isinstance(source, Join):
        yield None, source.onclause
        yield from _joined(source.left)
        yield from _joined(source.right)
    elif _table(source) is not None:
        yield source, None


def _table(element: Any) -> Any:
    """Returns the table of a relation that holds rows of an organization, else None."""
    table = element.element if isinstance(element, Alias) else element
    of_organization = isinstance(table, Table) and _column(table) is not None
    return table if of_organization else None


def _column(relation: Relation) -> Any:
    return relation.c.get("fiscal_code" if _name(relation) == "organization" else "organization")


def _name(relation: Relation) -> str:
    table: Any = getattr(relation, "element", relation)
    return str(table.name)


def _bound_by(condition: Any) -> Iterator[Relation]:
    """Yields the relations that a condition compares with one organization, for every row."""
    if isinstance(condition, Grouping):
        yield from _bound_by(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from _bound_by(each)
    elif isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
        for column, value in (
            (condition.left, condition.right),
            (condition.right, condition.left),
        ):
            relation = getattr(column, "table", None)
            compared = isinstance(value, BindParameter) and _table(relation) is not None
            if compared and column is _column(relation):
                yield relation
