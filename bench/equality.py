"""Whether two strategies returned the same: plain data compared by value, and the first difference said in a line."""

from __future__ import annotations

import math
import reprlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, Final, NamedTuple
from uuid import UUID

MAX_DEPTH: Final = 100
"""How deep a result may be nested: more is a structure that contains itself, or one that nobody reads."""
TOO_DEEP: Final = f"result is nested deeper than {MAX_DEPTH} levels, or contains itself: return flatter data"
TOLERANCE: Final = 1e-9
"""The relative difference up to which two numbers are equal where one is a float: sums depend on their order."""
MOST_TRIED: Final = 50
"""How many items of a list without order are tried against each other, once those that round alike are paired."""

_SHOWS_VALUES: ContextVar[bool] = ContextVar("bench_shows_values", default=True)
"""Whether a difference names values, which may be somebody's, or only what they are."""

OF_CLASS: Final = "class"
"""The key by which an object of a mapped class says which it is, where it stands as plain data."""

Key = tuple[Any, ...]
"""A value as nested tuples that start with the rank of its kind: any two can be sorted, and any can be hashed."""


class NotPlainError(TypeError):
    """A result holds something that cannot be compared by value, such as an ORM entity or a generator."""


def first_difference(expected: object, actual: object, *, ordered: bool, shows_values: bool = True) -> str | None:
    """The first difference between two results as one line with its path; None where they are equal.

    Lists are compared as multisets at every depth, unless `ordered`. Tuples, rows, named tuples and other sequences
    are compared by position, sets without order, mappings by key; a list is no tuple. Numbers are compared by value,
    within a relative 1e-9 where one is a float; NaN equals NaN, and a bool is no number. Datetimes are compared as
    instants, and one with a time zone never equals one without.

    Returns:
        Such as `result[3]['titles']: expected 10 items, got 9`. An index into a list without order is `expected`'s.

    Raises:
        NotPlainError: Either holds something that is no plain data, or is nested deeper than `MAX_DEPTH`.
    """
    token = _SHOWS_VALUES.set(shows_values)
    try:
        if _surely_equal(expected, actual, ordered, 0) or _close(_key(expected, ordered), _key(actual, ordered)):
            return None
        return _difference(expected, actual, "result", ordered)
    except NotPlainError:
        require_plain(expected)
        require_plain(actual)
        raise
    finally:
        _SHOWS_VALUES.reset(token)


def require_plain(value: object) -> None:
    """Refuse a result that cannot be compared by value.

    Raises:
        NotPlainError: With the path and the type of what is no plain data, and what to return in its place.
    """
    for complaint in _complaints(value, "result", 0):
        raise NotPlainError(complaint)


# The first six are their own keys, the next five are scalars whose keys are made, the others hold items.
_NONE, _BOOL, _TEXT, _DATE, _DURATION, _UUID = range(6)
_NUMBER, _BYTES, _DATETIME, _TIME, _ENUM = range(6, 11)
_LIST, _ORDERED_LIST, _TUPLE, _SET, _DICT = range(11, 16)
_NAN: Final = 16

_KINDS: Final[tuple[tuple[Any, int, str], ...]] = (
    # In this order: an enumeration may be text or a number too, a datetime is a date, text and bytes are sequences.
    (NoneType, _NONE, "None"),
    (Enum, _ENUM, "a member of an enumeration"),
    (bool, _BOOL, "a bool"),
    ((int, float, Decimal), _NUMBER, "a number"),
    (str, _TEXT, "text"),
    ((bytes, bytearray, memoryview), _BYTES, "bytes"),
    (datetime, _DATETIME, "a datetime"),
    (date, _DATE, "a date"),
    (time, _TIME, "a time"),
    (timedelta, _DURATION, "a timedelta"),
    (UUID, _UUID, "a UUID"),
    (list, _LIST, "a list"),
    (Set, _SET, "a set"),
    (Mapping, _DICT, "a mapping"),
    (Sequence, _TUPLE, "a tuple"),
)
_NAMES: Final = {rank: name for _, rank, name in _KINDS}
_EQUAL_BY_OPERATOR: Final = frozenset({NoneType, bool, int, float, str, bytes, date, timedelta, UUID})
"""Types of which two values that Python calls equal are equal here too, where both are of the same type."""
_ranks: Final[dict[type, int]] = {}


def _rank(value: object) -> int:
    kind = type(value)
    rank = _ranks.get(kind)
    if rank is None:
        rank = next((rank for types, rank, _ in _KINDS if issubclass(kind, types)), None)
        if rank is None:
            raise NotPlainError(_not_plain("result", kind))
        _ranks[kind] = rank
    return rank


def is_plain(kind: type) -> bool:
    """Whether values of a type can be compared, what they hold apart."""
    return kind in _ranks or any(issubclass(kind, types) for types, _, _ in _KINDS)


class SeenRow(tuple[Any, ...]):
    """A row of scalars that were looked at once: it equals itself without another look."""

    __slots__ = ()


def _surely_equal(expected: Any, actual: Any, ordered: bool, depth: int) -> bool:
    """Whether both are equal: the quick way, right when it says yes and no answer when it says no."""
    kind = type(expected)
    if kind is not type(actual):
        return False
    if kind is SeenRow and expected is actual:
        return True
    if kind in _EQUAL_BY_OPERATOR:
        return bool(expected == actual)
    if kind is Decimal:
        return bool(expected.is_finite() and actual.is_finite() and expected == actual)
    if kind is datetime:
        return _is_plain_clock(expected) and _is_plain_clock(actual) and bool(expected == actual)
    if depth > MAX_DEPTH:
        return False
    if kind is dict:
        return _all_surely_equal(_somehow_sorted(expected.items()), _somehow_sorted(actual.items()), ordered, depth)
    if kind is list and not ordered:
        return _all_surely_equal(_somehow_sorted(expected), _somehow_sorted(actual), ordered, depth)
    rank = _rank(expected)
    if rank in (_LIST, _TUPLE):
        return _all_surely_equal(expected, actual, ordered, depth)
    return rank < _NUMBER and bool(expected == actual)


def _somehow_sorted(items: Iterable[Any]) -> Iterable[Any]:
    """In an order that is the same for equal items, or as they are: who compares them place by place may only say no
    where they are equal, and never yes where they are not.
    """
    try:
        return sorted(items)
    except (TypeError, ValueError, ArithmeticError, RecursionError):  # such as a list of dicts, or a signalling NaN
        return items


def _is_plain_clock(moment: datetime) -> bool:
    """Whether its zone has no hour that occurs twice, in which the operator takes two moments for one."""
    return moment.tzinfo is None or type(moment.tzinfo) is timezone


def _all_surely_equal(expected: Iterable[Any], actual: Iterable[Any], ordered: bool, depth: int) -> bool:
    try:
        return all(_surely_equal(one, other, ordered, depth + 1) for one, other in zip(expected, actual, strict=True))
    except ValueError:
        return False


def _key(value: Any, ordered: bool, depth: int = 0) -> Key:
    rank = _rank(value)
    if rank < _NUMBER:
        return (rank, value)
    if rank < _LIST:
        return _scalar_key(rank, value)
    if depth > MAX_DEPTH:
        raise NotPlainError(TOO_DEEP)
    if rank == _DICT:
        pairs = ((_key(key, ordered, depth + 1), _key(value[key], ordered, depth + 1)) for key in value)
        return (rank, tuple(sorted((_TUPLE, pair) for pair in pairs)))
    items = (_key(item, ordered, depth + 1) for item in value)
    if rank == _SET or (rank == _LIST and not ordered):
        return (rank, tuple(sorted(items)))
    return (_ORDERED_LIST if rank == _LIST else rank, tuple(items))


def _scalar_key(rank: int, value: Any) -> Key:
    if rank == _NUMBER:
        not_a_number = value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and math.isnan(value)
        return (_NAN,) if not_a_number else (rank, value)
    if rank == _BYTES:
        return (rank, bytes(value))
    if rank == _ENUM:
        return (rank, f"{type(value).__module__}.{type(value).__qualname__}", repr(value.value))
    # Wall clock less offset: Python's own comparison never calls two moments equal in an hour that occurs twice.
    offset = value.utcoffset()
    clock = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    days = timedelta(days=value.toordinal()) if rank == _DATETIME else timedelta()
    return (rank, offset is not None, days + clock - (offset or timedelta()))


def _rounded(key: Key, digits: int) -> Key:
    """The key with its floats and decimals rounded to so many digits, and sorted anew where order does not matter."""
    rank = key[0]
    if rank == _NUMBER:
        return key if isinstance(key[1], int) else (rank, float(f"{key[1]:.{digits}g}"))
    if not _LIST <= rank <= _DICT:
        return key
    items = (_rounded(item, digits) for item in key[1])
    return (rank, tuple(sorted(items) if rank in (_LIST, _SET, _DICT) else items))


def _close(expected: Key, actual: Key) -> bool:
    """Whether two keys are equal but for the last digits of floats, which have not changed the order of anything."""
    if expected[0] != actual[0]:
        return False
    if _LIST <= expected[0] <= _DICT:
        items, others = expected[1], actual[1]
        return len(items) == len(others) and (items == others or all(map(_close, items, others)))
    if expected == actual:
        return True
    if expected[0] != _NUMBER or not (isinstance(expected[1], float) or isinstance(actual[1], float)):
        return False
    try:
        one, other = float(expected[1]), float(actual[1])
    except OverflowError:  # an integer beyond every float
        return False
    return math.isfinite(one) and math.isclose(one, other, rel_tol=TOLERANCE)


def _difference(expected: Any, actual: Any, path: str, ordered: bool) -> str | None:
    rank = _rank(expected)
    if rank != _rank(actual):
        other = _NAMES[_rank(actual)]
        return f"{path}: expected {_NAMES[rank]} ({_short(expected)}), got {other} ({_short(actual)})"
    if rank < _LIST:
        if _close(_key(expected, ordered), _key(actual, ordered)):
            return None
        return f"{path}: expected {_short(expected)}, got {_short(actual)}"
    if rank == _DICT:
        return _mapping_difference(expected, actual, path, ordered)
    if rank == _SET or (rank == _LIST and not ordered):
        return _multiset_difference(list(expected), list(actual), path, ordered)
    if len(expected) != len(actual):
        return f"{path}: expected {_items(len(expected))}, got {len(actual)}"
    differences = (
        _difference(one, other, f"{path}[{index}]", ordered)
        for index, (one, other) in enumerate(zip(expected, actual, strict=True))
    )
    return next((found for found in differences if found is not None), None)


def _mapping_difference(expected: Mapping[Any, Any], actual: Mapping[Any, Any], path: str, ordered: bool) -> str | None:
    keys, other_keys = list(expected), list(actual)
    matching = _match([_key(key, ordered) for key in keys], [_key(key, ordered) for key in other_keys])
    if matching.missing:
        return f"{path}: the key {_attribute(keys[matching.missing[0]], expected)} is missing"
    if matching.extra:
        return f"{path}: the key {_attribute(other_keys[matching.extra[0]], actual)} is extra"
    differences = (
        _difference(
            expected[keys[one]], actual[other_keys[other]], f"{path}[{_attribute(keys[one], expected)}]", ordered
        )
        for one, other in matching.pairs
    )
    return next((found for found in differences if found is not None), None)


def _attribute(key: object, mapping: Mapping[Any, Any]) -> str:
    """A key as it is shown: of an object of a mapped class it is an attribute's name, and nobody's value."""
    return repr(key) if OF_CLASS in mapping else _short(key)


def _multiset_difference(expected: Sequence[Any], actual: Sequence[Any], path: str, ordered: bool) -> str | None:
    matching = _match([_key(item, ordered) for item in expected], [_key(item, ordered) for item in actual])
    if not matching.missing and not matching.extra:
        return None
    missing, extra = [expected[i] for i in matching.missing], [actual[i] for i in matching.extra]
    partners = _namesakes(missing, extra) if len(expected) == len(actual) else None
    if partners is not None:
        one, other = partners
        found = _difference(missing[one], extra[other], f"{path}[{matching.missing[one]}]", ordered)
        if found is not None:
            return found
    sizes = f"expected {_items(len(expected))}, got {len(actual)}, " if len(expected) != len(actual) else ""
    changes = [_change(items, what) for items, what in ((missing, "missing"), (extra, "extra")) if items]
    return f"{path}: {sizes}{', '.join(changes)}"


def _change(items: Sequence[Any], what: str) -> str:
    if len(items) == 1:
        return f"{_short(items[0])} is {what}"
    return f"{_short(items[0])} and {len(items) - 1} more are {what}"


def _namesakes(missing: Sequence[Any], extra: Sequence[Any]) -> tuple[int, int] | None:
    """The first of each that are about the same thing, by their first member or the value of their first key."""
    if len(missing) == len(extra) == 1 and _LIST <= _rank(missing[0]) == _rank(extra[0]):
        return 0, 0
    names = {name: index for index, item in reversed(list(enumerate(extra))) if (name := _name(item)) is not None}
    for index, item in enumerate(missing):
        name = _name(item)
        if name in names:
            return index, names[name]
    return None


def _name(item: Any) -> Key | None:
    rank = _rank(item)
    if rank not in (_TUPLE, _DICT) or not item:
        return None
    first = next(iter(item.values() if rank == _DICT else item))
    return (rank, _key(first, True)) if _rank(first) < _LIST else None


class _Matching(NamedTuple):
    """Which items of two multisets are equal: pairs of positions, and the positions left over on either side."""

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]


def _match(expected: Sequence[Key], actual: Sequence[Key]) -> _Matching:
    """Pair the equal items: the same first, then those that round alike, then the few at an edge of rounding."""
    missing = sorted(range(len(expected)), key=expected.__getitem__)
    extra = sorted(range(len(actual)), key=actual.__getitem__)
    pairs: list[tuple[int, int]] = []
    for digits in (None, 9, 5):
        groups: defaultdict[Key, deque[int]] = defaultdict(deque)
        for position in extra:
            groups[actual[position] if digits is None else _rounded(actual[position], digits)].append(position)
        unmatched = []
        for position in missing:
            key = expected[position] if digits is None else _rounded(expected[position], digits)
            group = groups.get(key)
            if group and (digits is None or _equal(expected[position], actual[group[0]])):
                pairs.append((position, group.popleft()))
            else:
                unmatched.append(position)
        paired = {other for _, other in pairs}
        missing, extra = unmatched, [position for position in extra if position not in paired]
        if not missing or not extra:
            break
    if 0 < len(missing) <= MOST_TRIED and 0 < len(extra) <= MOST_TRIED:
        tried = _match_by_trial([expected[i] for i in missing], [actual[i] for i in extra])
        pairs += [(missing[one], extra[other]) for other, one in tried.items()]
        found = set(tried.values())
        missing = [position for number, position in enumerate(missing) if number not in found]
        extra = [position for number, position in enumerate(extra) if number not in tried]
    return _Matching(sorted(pairs), sorted(missing), sorted(extra))


def _equal(expected: Key, actual: Key) -> bool:
    """As `_close`, where near ties may have changed an order too; for keys that round alike, which are few or equal."""
    if _close(expected, actual):
        return True
    if expected[0] != actual[0] or not _LIST <= expected[0] <= _DICT or len(expected[1]) != len(actual[1]):
        return False
    if expected[0] in (_LIST, _SET, _DICT):
        return not _match(expected[1], actual[1]).missing
    return all(map(_equal, expected[1], actual[1]))


def _match_by_trial(expected: Sequence[Key], actual: Sequence[Key]) -> dict[int, int]:
    """A largest matching of close items (Kuhn's augmenting paths), as position in `actual` -> in `expected`."""
    close = [[position for position, other in enumerate(actual) if _close(one, other)] for one in expected]
    partner: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in close[one]:
            if other not in tried:
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = one
                    return True
        return False

    for one in range(len(expected)):
        place(one, set())
    return partner


def _complaints(value: Any, path: str, depth: int) -> Iterator[str]:
    try:
        rank = _rank(value)
    except NotPlainError:
        yield _not_plain(path, type(value))
        return
    if rank < _LIST:
        return
    if depth > MAX_DEPTH:
        yield TOO_DEEP
    elif rank == _DICT:
        for key in value:
            yield from _complaints(key, f"a key of {path}", depth + 1)
            yield from _complaints(value[key], f"{path}[{_short(key)}]", depth + 1)
    else:
        for index, item in enumerate(value):
            yield from _complaints(item, f"an item of {path}" if rank == _SET else f"{path}[{index}]", depth + 1)


def _not_plain(path: str, kind: type) -> str:
    if kind.__name__ == "coroutine":
        return f"{path} is a coroutine: is an `await` missing?"
    return (
        f"{path} is of the type {kind.__qualname__}, which cannot be compared by value:"
        " return plain data (numbers, text, dates, tuples, lists, dicts)"
    )


def _items(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


_reprs: Final = reprlib.Repr()
_reprs.maxlevel, _reprs.maxdict, _reprs.maxlist, _reprs.maxtuple, _reprs.maxset = 3, 4, 4, 4, 4
_reprs.maxstring = _reprs.maxother = _reprs.maxlong = 60


def _short(value: object) -> str:
    if not _SHOWS_VALUES.get():
        return f"<{type(value).__name__}>"
    try:
        text = _reprs.repr(value)
    except ValueError:  # an integer with more digits than Python will write out
        return f"<{type(value).__name__}>"
    return text if len(text) <= 120 else f"{text[:117]}..."
