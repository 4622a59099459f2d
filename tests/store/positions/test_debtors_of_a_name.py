"""Whose the notices of a name are: each counted once, from the indexes alone."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import OptionDebtor
from gpd_soap.core.searching.folding import fold
from gpd_soap.store.positions import notices
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import NoticeFilter
from gpd_soap.store.store import Store
from gpd_soap.usecases.notices.listing import PageQuery, by_filter
from tests.store.samples import NOW, ORGANIZATION, add, nav, option, position
from tests.store.test_notice_plans import crowded, statements_of

__all__ = ("crowded",)
ROSA = Debtor("F", "C1", "Rosa Rosato")
#: In the names of the indexes of notices that have their own debtor.
OF_OWN = "payment_option_name"
#: Names whose orders of words begin alike, or with a character that the folded spelling lacks.
NAMES = (
    "Rosa Rosato", "rosa rosato", "Rosato Rosa Maria", "Aldo Rosa", "Àngela Àngeli", "Élodi Elodì",
    "'Ntoni 'Ndria", "D'Amico Dario", "-Anna Anna", "De Angelis Ada", "Ada De Angelis", "Ada",
)  # fmt: skip
TEXTS = ("r", "ros", "rosa", "rosat", "a", "an", "ang", "e", "elodi", "n", "ndri", "d", "da",
         "dea", "ada", "anna", "", "'")  # fmt: skip


def keys(name: str) -> set[str]:
    """Returns the folded spellings by which a name is looked up."""
    first, *more = name.split(" ")
    *others, last = name.split(" ")
    return {fold("".join(words)) for words in (name, [last, *others], [*more, first])}


@pytest.mark.parametrize("which", TEXTS)
def test_notice_of_a_name_is_counted_once(store: Store, which: str) -> None:
    """In whatever orders of its words the name begins with the text; a notice's own debtor too."""
    named = {nav(n): (f"C{n}", name) for n, name in enumerate(NAMES)}
    own = {nav(100 + n): (f"C{n}", name) for n, name in enumerate(NAMES)}
    add(
        store,
        *(
            position(f"P-{n}", option(n), debtor=Debtor("F", f"C{n}", name))
            for n, name in enumerate(NAMES)
        ),
        position(
            "P-OWN",
            *(
                option(100 + n, debtor=OptionDebtor(Debtor("F", f"C{n}", name)))
                for n, name in enumerate(NAMES)
            ),
            debtor=Debtor("F", "C", "Zeno Zulu"),
        ),
    )
    expected = {
        number: debtor
        for number, debtor in {**named, **own}.items()
        if any(key.startswith(fold(which)) for key in keys(debtor[1]))
    }

    with store.reading() as connection:
        listed = notices.page(connection, ORGANIZATION, NoticeFilter(name=which), 100)[0]
        counted = notices.debtors(connection, ORGANIZATION, which)

    assert sorted(each.nav for each in listed if each.debtor_code != "C") == sorted(expected)
    assert counted - Counter({("C", "Zeno Zulu"): 1}) == Counter(expected.values())


def of_surname(connection: Connection) -> object:
    """Counts whose the notices of a surname are, as a page does after its first notices."""
    return notices.debtors(connection, ORGANIZATION, "cognome26")


def test_debtors_are_counted_from_the_indexes_alone(crowded: Store) -> None:
    """The rows of a rare name are each on a page of their own, which is read from the disk."""
    with crowded.reading() as connection:
        statements = statements_of(connection, lambda: of_surname(connection))
        assert statements
        beside = [
            f"{step}\n{statement}"
            for statement, values in statements
            for step in rows_read(connection, statement, values)
        ]

    assert beside == []


def rows_read(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    """Yields the steps of a plan that read rows; notices with their own debtor are few."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row[3] for row in plan if row[3].startswith(("SEARCH", "SCAN"))]
        yield from (step for step in steps if " COVERING " not in step and OF_OWN not in step)
        return
    # WHY: in a small table, the pages of the rows are few and the planner prefers them.
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
        connection.execute(text(f"SET LOCAL enable_{way} = off"))
    [plan] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    for node in nodes(plan["Plan"]):
        index = node.get("Index Name", "")
        if "Relation Name" in node and "Only" not in node["Node Type"] and OF_OWN not in index:
            yield f"{node['Node Type']} of {node['Relation Name']} {index}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a plan's node and those below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_list_that_fits_a_page_is_counted_from_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six statements would count again what is shown."""
    of_rosa = (position(f"P-{n}", option(n), debtor=ROSA) for n in range(3))
    add(store, *of_rosa, position("P-9", option(9), debtor=ROSA._replace(code="C2")))
    query = PageQuery(Narrowing(), NOW, 4)
    by_name, by_code = NoticeFilter(name="rosato"), NoticeFilter(debtor_code="C1")
    counted = by_filter(store, ORGANIZATION, by_name, query._replace(limit=3))
    for function in ("debtors", "count"):
        monkeypatch.delattr(notices, function)
    page = by_filter(store, ORGANIZATION, by_name, query)

    assert (page.total, page.following, counted.total) == (4, None, 4)
    assert page.debtors == counted.debtors == [("C1", "Rosa Rosato", 3), ("C2", "Rosa Rosato", 1)]
    assert by_filter(store, ORGANIZATION, by_code, query).total == 3
