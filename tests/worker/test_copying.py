import copy
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.worker.copying import equal_copy
from scenarios.bulk_insert import contacts

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.datetimes(),
    st.uuids(),
)
values = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner)
)


def changeable(value):
    """The numbers of all objects in a value that somebody could change."""
    if isinstance(value, dict):
        return {id(value)}.union(*map(changeable, value.values()))
    inside = set().union(*map(changeable, value)) if isinstance(value, list | tuple) else set()
    return {id(value)} | inside if isinstance(value, list) else inside


@given(values)
def test_a_copy_is_equal_and_shares_nothing_that_can_be_changed(value):
    """What a strategy does to its inputs reaches no other strategy's."""
    copied = equal_copy(value)
    assert value == copied
    assert changeable(value).isdisjoint(changeable(copied))


def test_rows_are_copied_as_they_are():
    """Dictionaries keep their order and the types of their values, among them those that the drivers take apart."""
    row = {"id": UUID(int=1), "at": datetime(2024, 1, 1, tzinfo=UTC), "price": Decimal("1.50"), "note": None}
    (copied,) = equal_copy([row])
    assert list(row.items()) == list(copied.items())
    assert row is not copied


def test_a_row_that_stands_in_two_places_does_in_the_copy():
    """Rows of a copy are one object where those of the inputs are."""
    row = {"id": 1}
    first, second = equal_copy([row, row])
    assert first is second
    assert first is not row


@pytest.mark.parametrize("inside", [[1], {"a": 1}, ([1],)])
def test_what_is_inside_of_rows_is_copied_too(inside):
    """A list in a column is another in the copy."""
    ((copied,),) = equal_copy([[inside]])
    assert inside == copied
    assert changeable(inside).isdisjoint(changeable(copied))


def test_the_rows_of_bulk_inserts_are_as_deepcopy_makes_them():
    """A copy of made-up contacts is the one that `copy.deepcopy` makes."""
    rows = contacts(Random(1), 1000)
    assert copy.deepcopy(rows) == equal_copy(rows)
