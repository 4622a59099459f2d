"""The names of cases: one for each, and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.core.case_id import CaseKey, case_id, case_key

#: What XML can carry.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=71)
RECEIPTS = st.builds(CaseKey, TEXT, st.integers(0, 999_999_999))
MESSAGES = st.builds(CaseKey, st.from_regex("[0-9a-f]{64}", fullmatch=True), st.none())


@given(RECEIPTS | MESSAGES)
def test_a_name_leads_back_to_its_case(key: CaseKey):
    """Whatever a receipt is called, and through any path."""
    name = case_id(key)

    assert case_key(name) == key
    assert re.fullmatch(r"[A-Za-z0-9_~.-]+", name)
    assert name.strip(".") == name
    assert not name.startswith("-")


@given(st.text(max_size=80) | st.from_regex(r"[~q]?[.A-Za-z0-9_-]*", fullmatch=True))
def test_a_case_has_one_name(told: str):
    """What is read is what would be written."""
    key = case_key(told)

    assert key is None or case_id(key) == told


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
def test_most_names_can_be_read(key: CaseKey, name: str):
    """The Node's own ids are letters and digits, and stand as they are."""
    assert case_id(key) == name


@pytest.mark.parametrize("told", ["", ".", "..", "a.0", "a.01", "~AA", "~YS9j=", "q.0", "~_w", "é"])
def test_what_is_no_name_names_nothing(told: str):
    """Nor does what no database could look up."""
    assert case_key(told) is None
