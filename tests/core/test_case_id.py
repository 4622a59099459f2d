"""Ids of cases: one for each case, and the case of each id."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.case_id import CaseKey, case_id, case_key

#: Texts that XML can carry.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=71)
RECEIPTS = st.builds(CaseKey, TEXT, st.integers(0, 999_999_999))
MESSAGES = st.builds(CaseKey, st.from_regex("[0-9a-f]{64}", fullmatch=True), st.none())


@given(RECEIPTS | MESSAGES)
def test_id_of_any_case_is_read_back(key: CaseKey):
    """An id of any receipt or message is safe in a path and names its case."""
    name = case_id(key)

    assert case_key(name) == key
    assert re.fullmatch(r"[A-Za-z0-9_~.-]+", name)
    assert name.strip(".") == name
    assert not name.startswith("-")


@given(st.text(max_size=80) | st.from_regex(r"[~q]?[.A-Za-z0-9_-]*", fullmatch=True))
def test_any_text_is_refused_or_is_the_only_id_of_its_case(text: str):
    """A text that names a case is the id that this case is given."""
    key = case_key(text)

    assert key is None or case_id(key) == text


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (CaseKey("c0ffee", 0), "c0ffee"),
        (CaseKey("c0ffee", 2), "c0ffee.2"),
        (CaseKey("a/b", 0), "~YS9i"),
        (CaseKey("", 0), "~"),
        (CaseKey("-v", 1), "~LXY.1"),
        (CaseKey("0" * 64, None), "q." + "0" * 64),
    ],
)
def test_usual_receipt_id_stands_in_the_id_as_it_is(key: CaseKey, name: str):
    """A receiptId of letters and digits is readable in the id, and any other is encoded."""
    assert case_id(key) == name


@pytest.mark.parametrize("text", ["", ".", "..", "a.0", "a.01", "~AA", "~YS9j=", "q.0", "~_w", "é"])
def test_text_that_is_not_an_id_names_no_case(text: str):
    """A text that no case has as its id, or that no database can store, gives None."""
    assert case_key(text) is None
