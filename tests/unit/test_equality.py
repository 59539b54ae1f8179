from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.equality import NotPlainError, first_difference, require_plain

Pair = namedtuple("Pair", ["id", "title"])


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Word(StrEnum):
    RED = "red"


class Entity:
    pass


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([Colour.RED, Size.SMALL, Word.RED])
)
KEYS = st.integers() | st.text(max_size=4) | st.none() | st.dates()
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.frozensets(KEYS, max_size=4)
    ),
    max_leaves=25,
)


@given(PLAIN, st.booleans())
def test_every_plain_value_equals_itself(value, ordered):
    """No plain value, NaN and mixed lists included, differs from an equal copy of itself."""
    assert first_difference(value, _copied(value), ordered=ordered) is None


@given(PLAIN, st.randoms(use_true_random=False))
def test_order_of_lists_does_not_matter_at_any_depth(value, random):
    """Lists shuffled at every depth are equal where order does not matter."""
    assert first_difference(value, _shuffled(value, random), ordered=False) is None


@given(st.lists(st.integers(), min_size=2, max_size=6, unique=True))
def test_order_of_lists_matters_where_asked(values):
    """A list of distinct items and its rotation differ when order matters, and are equal when it does not."""
    rotated = values[1:] + values[:1]
    assert first_difference({"a": (values,)}, {"a": (rotated,)}, ordered=True) is not None
    assert first_difference({"a": (values,)}, {"a": (rotated,)}, ordered=False) is None


@given(PLAIN, PLAIN, st.booleans())
def test_difference_is_symmetric(one, other, ordered):
    """Whether two values differ does not depend on which of them is expected."""
    there = first_difference(one, other, ordered=ordered)
    back = first_difference(other, one, ordered=ordered)
    assert (there is None) == (back is None)


@given(PLAIN, st.data(), st.booleans())
def test_a_changed_leaf_is_found(value, data, ordered):
    """One leaf put in place of another, wherever it lies, makes a difference that is said in one line."""
    count = _leaves(value)
    assume(count > 0)
    changed = _with_leaf_changed(value, data.draw(st.integers(0, count - 1)))
    found = first_difference(value, changed, ordered=ordered)
    assert found is not None
    assert found.startswith("result")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, Decimal("1.00")),
        (0.1 + 0.2, 0.3),
        (0.3, Decimal("0.3")),
        (10**30, 1e30),
        (float("nan"), float("nan")),
        (float("nan"), Decimal("NaN")),
        (float("inf"), Decimal("Infinity")),
        (0.0, -0.0),
        (b"ab", bytearray(b"ab")),
        (b"ab", memoryview(b"ab")),
        ((1, "a"), Pair(1, "a")),
        ({"a": 1, "b": 2}, OrderedDict(b=2, a=1)),
        ({1, 2}, frozenset((2, 1))),
        ({"a": 1}.keys(), {"a"}),
        ([1, "a", None], [None, 1, "a"]),
        ([0.1 + 0.2, 1], [1.0, 0.3]),
        (Decimal("sNaN"), Decimal("NaN")),
        (datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))),
        (datetime(2024, 10, 27, 1, tzinfo=UTC), datetime(2024, 10, 27, 2, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))),
        (time(12, tzinfo=UTC), time(14, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_equal_by_value(one, other):
    """What means the same is equal, whichever type or driver it came by."""
    assert first_difference(one, other, ordered=False) is None
    assert first_difference([{"a": one}], [{"a": other}], ordered=False) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        ({True: "a"}, {1: "a"}),
        (1, "1"),
        ("a", b"a"),
        (None, 0),
        (1.0, 1.0 + 1e-8),
        (1, 2),
        (10**400, 1.0),
        (float("inf"), Decimal("1e400")),
        (float("nan"), 0.0),
        (Decimal("0.1"), Decimal("0.1000000000001")),
        ([1, 1, 2], [1, 2, 2]),
        ([[1, 2], [3]], [[1], [2, 3]]),
        ([1], (1,)),
        ((1, 2), (2, 1)),
        ({1}, [1]),
        (Colour.RED, "red"),
        (Word.RED, "red"),
        (Word.RED, Colour.RED),
        (Size.SMALL, 1),
        (date(2024, 1, 1), datetime.fromisoformat("2024-01-01")),
        (datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2024-01-01T00:00Z")),
        (
            datetime(2024, 10, 27, 2, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2024, 10, 27, 2, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
        ),
        (time(12), time(12, tzinfo=UTC)),
        (UUID(int=1), str(UUID(int=1))),
        (timedelta(seconds=1), 1),
    ],
)
def test_different_by_value_or_kind(one, other):
    """What is another value, or another kind of thing, differs, at the top and inside."""
    assert first_difference(one, other, ordered=False) is not None
    assert first_difference([{"a": one}], [{"a": other}], ordered=False) is not None
    assert first_difference((other,), (one,), ordered=True) is not None


@pytest.mark.parametrize(
    ("expected", "actual", "ordered", "line"),
    [
        (1, 2, False, "result: expected 1, got 2"),
        (1, "1", False, "result: expected a number (1), got text ('1')"),
        ([1], (1,), False, "result: expected a list ([1]), got a tuple ((1,))"),
        ((0, (1, 2)), (0, (1, 3)), False, "result[1][1]: expected 2, got 3"),
        (
            [0, 1, 2, {"titles": list(range(10))}],
            [0, 1, 2, {"titles": list(range(9))}],
            True,
            "result[3]['titles']: expected 10 items, got 9",
        ),
        ({"a": [1, 2]}, {"a": [2]}, False, "result['a']: expected 2 items, got 1, 1 is missing"),
        ([1, 2, 2, 3], [1, 2, 3, 3], False, "result: 2 is missing, 3 is extra"),
        ([1, 2, 3], [4, 5, 6], False, "result: 1 and 2 more are missing, 4 and 2 more are extra"),
        ([(1, "a"), (2, "b"), (3, "c")], [(3, "x"), (2, "b"), (1, "y")], False, "result[0][1]: expected 'a', got 'y'"),
        ([{"id": 7, "n": 1}], [{"id": 7, "n": 2}], False, "result[0]['n']: expected 1, got 2"),
        ({1: "a", 2: "b"}, {1: "a"}, False, "result: the key 2 is missing"),
        ({1: "a"}, {1: "a", 2: "b"}, False, "result: the key 2 is extra"),
        ({1, 2}, {1, 3}, False, "result: 2 is missing, 3 is extra"),
        ("a\nb", "a\nc", False, r"result: expected 'a\nb', got 'a\nc'"),
    ],
)
def test_the_first_difference_is_named_with_its_path(expected, actual, ordered, line):
    """The line says where the first difference lies, what was expected there and what was found."""
    assert line == first_difference(expected, actual, ordered=ordered)


def test_long_values_are_shortened():
    """A difference between long texts and long lists still fits a line."""
    assert len(first_difference("a" * 10_000, "b" * 10_000, ordered=False)) < 200
    assert len(first_difference([["a" * 999] * 99], [["b" * 999] * 99], ordered=False)) < 400


def test_rows_and_mappings_of_sqlalchemy_are_plain():
    """SQLAlchemy's rows compare as tuples and its row mappings as dicts."""
    from sqlalchemy import create_engine, text

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        row = connection.execute(text("SELECT 1 AS id, 'a' AS title")).one()
    engine.dispose()
    assert first_difference([(1, "a")], [row], ordered=False) is None
    assert first_difference([{"id": 1, "title": "a"}], [row._mapping], ordered=False) is None
    assert first_difference([(1, "b")], [row], ordered=False) == "result[0][1]: expected 'b', got 'a'"


@pytest.mark.parametrize(
    ("value", "start"),
    [
        (Entity(), "result is of the type Entity"),
        ([{"author": Entity()}], "result[0]['author'] is of the type Entity"),
        ((number for number in [1]), "result is of the type generator"),
        ({Entity(): 1}, "a key of result is of the type Entity"),
        ({Entity()}, "an item of result is of the type Entity"),
        (1j, "result is of the type complex"),
    ],
)
def test_what_is_not_plain_is_refused(value, start):
    """An entity, a generator or a complex number is refused by its path and type, on either side, with what to do."""
    for expected, actual in ((value, value), (value, [1]), ([1], value)):
        with pytest.raises(NotPlainError) as refusal:
            first_difference(expected, actual, ordered=False)
        assert str(refusal.value).startswith(start)
        assert "return plain data" in str(refusal.value)
    with pytest.raises(NotPlainError):
        require_plain(value)


def test_plain_data_is_not_refused():
    """What the worker may compare passes the check for plain data."""
    require_plain([{"a": (1, None, {2.5})}])


def test_a_list_that_contains_itself_is_refused():
    """Nesting without end is an error that says so, no exhausted stack."""
    endless = []
    endless.append(endless)
    with pytest.raises(NotPlainError, match="nested deeper than 100 levels, or contains itself"):
        first_difference(endless, endless, ordered=False)


def test_ninety_levels_are_compared():
    """Ninety levels of lists are still compared, down to the innermost item."""
    one, other = 1, 2
    for _ in range(90):
        one, other = [one], [other]
    assert first_difference(one, other, ordered=True) == f"result{'[0]' * 90}: expected 1, got 2"


@pytest.mark.parametrize("depth", [0, 2])
def test_sums_in_another_order_equal_in_shuffled_rows(depth):
    """Rows whose floats differ in their last digits find each other, though noise changes how they would sort."""
    random = Random(5)
    rows = [(4.3 * (1 + random.uniform(-1e-12, 1e-12)), 1.7e9 + 9 * number) for number in range(2000)]
    noisy = [(a * (1 + random.uniform(-1e-12, 1e-12)), b) for a, b in rows]
    random.shuffle(noisy)
    one, other = rows, noisy
    for _ in range(depth):
        one, other = [one, "x"], ["x", other]
    assert first_difference(one, other, ordered=False) is None


def test_numbers_at_an_edge_of_rounding_find_each_other():
    """Floats that round apart although they are nearly equal are still paired, at whichever digit they do."""
    ups, downs = (1 + 1e-11, 1 - 1e-11), (1 - 1e-11, 1 + 1e-11)
    one = [(1.00005 * up, 1.000000005 * up, 1.0) for up in ups]
    other = [(1.00005 * down, 1.000000005 * down, 1.0) for down in downs]
    one, other = (
        [(*row, number) for number, row in enumerate(one)],
        [(*row, number) for number, row in enumerate(other)],
    )
    assert first_difference(one, other, ordered=False) is None
    assert first_difference(set(one), set(other), ordered=False) is None
    assert first_difference(dict.fromkeys(one, 1), dict.fromkeys(other, 1), ordered=False) is None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(1, 2), st.floats(1, 2)), max_size=40), st.randoms(use_true_random=False))
def test_noise_within_the_tolerance_is_no_difference(rows, random):
    """Rows of floats, each off by up to a tenth of the tolerance and shuffled, are equal."""
    noisy = [tuple(value * (1 + random.uniform(-1e-10, 1e-10)) for value in row) for row in rows]
    random.shuffle(noisy)
    assert first_difference(rows, noisy, ordered=False) is None


def test_one_wrong_value_among_two_hundred_thousand_is_found():
    """In 20,000 shuffled rows of ten values the one that differs is named."""
    rows = [(number, f"title {number}", number * 1.5, None, number % 7, *range(5)) for number in range(20_000)]
    other = rows.copy()
    Random(1).shuffle(other)
    assert first_difference(rows, other, ordered=False) is None
    place = other.index(rows[12_345])
    other[place] = (*other[place][:4], 99, *other[place][5:])
    assert first_difference(rows, other, ordered=False) == f"result[12345][4]: expected {12_345 % 7}, got 99"


def _copied(value):
    return _shuffled(value, None)


def _shuffled(value, random):
    if isinstance(value, dict):
        return {key: _shuffled(item, random) for key, item in value.items()}
    if isinstance(value, list):
        items = [_shuffled(item, random) for item in value]
        if random is not None:
            random.shuffle(items)
        return items
    if isinstance(value, tuple):
        return tuple(_shuffled(item, random) for item in value)
    return value


def _leaves(value):
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_leaves, value))
    return 1


def _with_leaf_changed(value, number):
    """A copy in which leaf `number`, in the order of `_leaves`, is a text that no strategy above makes."""
    if isinstance(value, (dict, list, tuple)):
        items = list(value.values()) if isinstance(value, dict) else list(value)
        for index, item in enumerate(items):
            if number < _leaves(item):
                items[index] = _with_leaf_changed(item, number)
                break
            number -= _leaves(item)
        return dict(zip(value, items, strict=True)) if isinstance(value, dict) else type(value)(items)
    return "a leaf that was changed"
