"""Whether two strategies returned the same: plain data compared by value, and the first difference said in a line."""

from __future__ import annotations

import math
import reprlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final, NamedTuple
from uuid import UUID

MAX_DEPTH: Final = 100
"""How deep a result may be nested: more is a structure that contains itself, or one that nobody reads."""
TOLERANCE: Final = 1e-9
"""The relative difference up to which two numbers are equal where one of them is a float: sums depend on their order."""
MOST_SWAPPED: Final = 50
"""How many items of an unordered list are tried against each other once equal and rounded ones have found their partners."""

Key = tuple[Any, ...]
"""A value as nested tuples that start with the rank of its kind: two keys can be sorted and hashed whatever they stand for."""


class NotPlainError(TypeError):
    """A result holds something that cannot be compared by value, such as an ORM entity or a generator."""


def first_difference(expected: object, actual: object, *, ordered: bool) -> str | None:
    """The first difference between two results as one line with its path, such as
    `result[3]['titles']: expected 10 items, got 9`; None where they are equal.

    Lists are compared as multisets at every depth, unless `ordered`. Tuples, rows, named tuples and other sequences are compared by
    position, sets without order, mappings by key; a list is no tuple. Numbers are compared by value, within a relative 1e-9 where one is
    a float; NaN equals NaN, and a bool is no number. Datetimes are compared as instants, and one with a time zone
    never equals one without.

    Raises:
        NotPlainError: Either holds something that is no plain data, or is nested deeper than `MAX_DEPTH`.
    """
    if _surely_equal(expected, actual, 0):
        return None
    try:
        if _key(expected, ordered) == _key(actual, ordered):
            return None
    except NotPlainError:
        require_plain(expected)
        require_plain(actual)
        raise
    return _difference(expected, actual, "result", ordered)


def require_plain(value: object) -> None:
    """Refuse a result that cannot be compared by value.

    Raises:
        NotPlainError: With the path and the type of what is no plain data, and what to return in its place.
    """
    for complaint in _complaints(value, "result", 0):
        raise NotPlainError(complaint)


_NONE, _BOOL, _TEXT, _DATE, _DURATION, _UUID, _NUMBER, _NAN, _BYTES, _DATETIME, _TIME, _ENUM, _LIST, _TUPLE, _SET, _DICT = range(16)

_KINDS: Final[tuple[tuple[Any, int, str], ...]] = (
    # In this order: an enumeration may be text or a number too, a datetime is a date, and text and bytes are sequences.
    (NoneType, _NONE, "None"),
    (Enum, _ENUM, "an enumeration's member"),
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
_SAME_BY_OPERATOR: Final = frozenset({NoneType, bool, int, float, Decimal, str, bytes, date, timedelta, UUID})
"""Types of which two values that Python calls equal are equal here too, where they are of the same type."""


def _surely_equal(expected: Any, actual: Any, depth: int) -> bool:
    """Whether both are equal in the same order: the quick way, right when it says yes and no answer when it says no."""
    kind = type(expected)
    if kind is not type(actual):
        return False
    if kind in _SAME_BY_OPERATOR:
        return bool(expected == actual) and not (kind is Decimal and expected.is_snan())
    if depth > MAX_DEPTH:
        return False
    if kind is dict:
        return _all_surely_equal(expected, actual, depth) and _all_surely_equal(
            expected.values(), actual.values(), depth
        )
    if kind in (list, tuple) or (issubclass(kind, Sequence) and not issubclass(kind, (str, bytearray, memoryview))):
        return _all_surely_equal(expected, actual, depth)
    return False


def _all_surely_equal(expected: Iterable[Any], actual: Iterable[Any], depth: int) -> bool:
    try:
        return all(_surely_equal(one, other, depth + 1) for one, other in zip(expected, actual, strict=True))
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def _rank(kind: type) -> int:
    for types, rank, _ in _KINDS:
        if issubclass(kind, types):
            return rank
    raise NotPlainError(_not_plain("result", kind))


def _key(value: Any, ordered: bool, depth: int = 0, rounded: bool = False) -> Key:
    """The value as a key; `rounded` to five digits, for finding the partner of a number that is only nearly equal."""
    rank = _rank(type(value))
    if rank < _NUMBER:
        return (rank, value)
    if rank < _LIST:
        return _scalar_key(rank, value, rounded)
    if depth > MAX_DEPTH:
        raise NotPlainError(_too_deep("result"))
    if rank == _DICT:
        pairs = ((_key(key, ordered, depth + 1, rounded), _key(value[key], ordered, depth + 1, rounded)) for key in value)
        return (rank, tuple(sorted(pairs)))
    items = [_key(item, ordered, depth + 1, rounded) for item in value]
    if rank == _SET or (rank == _LIST and not ordered):
        items.sort()
    return (rank, tuple(items))


def _scalar_key(rank: int, value: Any, rounded: bool) -> Key:
    if rank == _NUMBER:
        if value.is_nan() if isinstance(value, Decimal) else value != value:
            return (_NAN,)
        return (rank, float(f"{value:.4e}") if rounded and not isinstance(value, int) else value)
    if rank == _BYTES:
        return (rank, bytes(value))
    if rank == _ENUM:
        return (rank, f"{type(value).__module__}.{type(value).__qualname__}", repr(value.value))
    # A moment is its wall clock less its offset: the comparison of Python itself never calls two equal in an hour that occurs twice.
    offset = value.utcoffset()
    clock = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    days = timedelta(days=value.toordinal()) if rank == _DATETIME else timedelta()
    return (rank, offset is not None, days + clock - (offset or timedelta()))


def _difference(expected: Any, actual: Any, path: str, ordered: bool, thorough: bool = True) -> str | None:
    rank = _rank(type(expected))
    if rank != _rank(type(actual)):
        other = _NAMES[_rank(type(actual))]
        return f"{path}: expected {_NAMES[rank]} ({_short(expected)}), got {other} ({_short(actual)})"
    if rank < _LIST:
        if _scalars_equal(expected, actual):
            return None
        return f"{path}: expected {_short(expected)}, got {_short(actual)}"
    if rank == _DICT:
        return _mapping_difference(expected, actual, path, ordered, thorough)
    if rank == _SET or (rank == _LIST and not ordered):
        return _multiset_difference(list(expected), list(actual), path, ordered, thorough)
    if len(expected) != len(actual):
        return f"{path}: expected {_items(len(expected))}, got {len(actual)}"
    for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
        found = _difference(one, other, f"{path}[{index}]", ordered, thorough)
        if found is not None:
            return found
    return None


def _scalars_equal(expected: Any, actual: Any) -> bool:
    if _key(expected, True) == _key(actual, True):
        return True
    if not (isinstance(expected, float) or isinstance(actual, float)) or _rank(type(expected)) != _NUMBER:
        return False
    try:
        one, other = float(expected), float(actual)
    except (OverflowError, ValueError):  # an integer beyond every float, a signalling NaN
        return False
    return math.isfinite(one) and math.isclose(one, other, rel_tol=TOLERANCE)


def _mapping_difference(
    expected: Mapping[Any, Any], actual: Mapping[Any, Any], path: str, ordered: bool, thorough: bool
) -> str | None:
    expected_keys, actual_keys = list(expected), list(actual)
    matching = _match(expected_keys, actual_keys, ordered, thorough)
    if matching.missing:
        return f"{path}: the key {_short(expected_keys[matching.missing[0]])} is missing"
    if matching.extra:
        return f"{path}: the key {_short(actual_keys[matching.extra[0]])} is extra"
    for one, other in matching.pairs:
        key = expected_keys[one]
        found = _difference(expected[key], actual[actual_keys[other]], f"{path}[{_short(key)}]", ordered, thorough)
        if found is not None:
            return found
    return None


def _multiset_difference(
    expected: Sequence[Any], actual: Sequence[Any], path: str, ordered: bool, thorough: bool
) -> str | None:
    matching = _match(expected, actual, ordered, thorough)
    if not matching.missing and not matching.extra:
        return None
    if not thorough:
        return path
    missing, extra = [expected[i] for i in matching.missing], [actual[i] for i in matching.extra]
    if len(expected) == len(actual):
        for index, item in zip(matching.missing, missing, strict=True):
            partner = _namesake(item, extra, ordered)
            if partner is not None:
                return _difference(item, extra[partner], f"{path}[{index}]", ordered)
    sizes = f"expected {_items(len(expected))}, got {len(actual)}, " if len(expected) != len(actual) else ""
    changes = [
        f"{_short(items[0])}{f' and {len(items) - 1} more' if len(items) > 1 else ''}"
        f" {'is' if len(items) == 1 else 'are'} {what}"
        for items, what in ((missing, "missing"), (extra, "extra"))
        if items
    ]
    return f"{path}: {sizes}{', '.join(changes)}"


def _namesake(item: Any, others: Sequence[Any], ordered: bool) -> int | None:
    """The one of the others that is about the same thing, by its first member or the value of its first key."""
    name = _name(item)
    for index, other in enumerate(others):
        if name is not None and name == _name(other):
            return index
    if len(others) == 1 and _rank(type(item)) >= _LIST and _rank(type(item)) == _rank(type(others[0])):
        return 0
    return None


def _name(item: Any) -> Key | None:
    rank = _rank(type(item))
    if rank not in (_TUPLE, _DICT) or not item:
        return None
    first = next(iter(item.values() if rank == _DICT else item))
    return _key(first, False) if _rank(type(first)) < _LIST else None


class _Matching(NamedTuple):
    """Which items of two multisets are equal: pairs of positions, and the positions left over on either side."""

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]


def _match(expected: Sequence[Any], actual: Sequence[Any], ordered: bool, thorough: bool) -> _Matching:
    """Pair the equal items: the same first, then those that round to the same, then the few that lie at an edge of rounding."""
    pairs: list[tuple[int, int]] = []
    missing, extra = list(range(len(expected))), list(range(len(actual)))
    for rounded in (False, True):
        groups: defaultdict[Key, list[int]] = defaultdict(list)
        for position in sorted(extra, key=lambda i: _key(actual[i], ordered), reverse=True):
            groups[_key(actual[position], ordered, 0, rounded)].append(position)
        unmatched = []
        for position in sorted(missing, key=lambda i: _key(expected[i], ordered)):
            group = groups.get(_key(expected[position], ordered, 0, rounded))
            if group and (not rounded or _same(expected[position], actual[group[-1]], ordered)):
                pairs.append((position, group.pop()))
            else:
                unmatched.append(position)
        missing, extra = sorted(unmatched), sorted(position for group in groups.values() for position in group)
        if not missing or not extra:
            break
    if thorough and 0 < len(missing) <= MOST_SWAPPED and 0 < len(extra) <= MOST_SWAPPED:
        swapped = _match_by_trial([expected[i] for i in missing], [actual[i] for i in extra], ordered)
        pairs += [(missing[one], extra[other]) for other, one in swapped.items()]
        found = set(swapped.values())
        missing = [position for number, position in enumerate(missing) if number not in found]
        extra = [position for number, position in enumerate(extra) if number not in swapped]
    return _Matching(sorted(pairs), missing, extra)


def _match_by_trial(expected: Sequence[Any], actual: Sequence[Any], ordered: bool) -> dict[int, int]:
    """A largest matching of equal items (Kuhn's augmenting paths), as position in `actual` -> position in `expected`."""
    equals = [[j for j, other in enumerate(actual) if _same(one, other, ordered)] for one in expected]
    partner: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in equals[one]:
            if other not in tried:
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = one
                    return True
        return False

    for one in range(len(expected)):
        place(one, set())
    return partner


def _same(expected: Any, actual: Any, ordered: bool) -> bool:
    return _difference(expected, actual, "", ordered, thorough=False) is None


def _complaints(value: Any, path: str, depth: int) -> Iterator[str]:
    try:
        rank = _rank(type(value))
    except NotPlainError:
        yield _not_plain(path, type(value))
        return
    if rank < _LIST:
        return
    if depth > MAX_DEPTH:
        yield _too_deep("result")
    elif rank == _DICT:
        for key in value:
            yield from _complaints(key, f"a key of {path}", depth + 1)
            yield from _complaints(value[key], f"{path}[{_short(key)}]", depth + 1)
    else:
        for index, item in enumerate(value):
            yield from _complaints(item, f"an item of {path}" if rank == _SET else f"{path}[{index}]", depth + 1)


def _not_plain(path: str, kind: type) -> str:
    return (
        f"{path} is of the type {kind.__qualname__}, which cannot be compared by value:"
        " return plain data (numbers, text, dates, tuples, lists, dicts)"
    )


def _too_deep(path: str) -> str:
    return f"{path} is nested deeper than {MAX_DEPTH} levels, or contains itself: return flatter data"


def _items(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


_reprs: Final = reprlib.Repr()
_reprs.maxlevel, _reprs.maxdict, _reprs.maxlist, _reprs.maxtuple, _reprs.maxset = 3, 4, 4, 4, 4
_reprs.maxstring = _reprs.maxother = _reprs.maxlong = 60


def _short(value: object) -> str:
    try:
        text = _reprs.repr(value)
    except ValueError:  # an integer with more digits than Python will write out
        return f"<{type(value).__name__}>"
    return text if len(text) <= 120 else f"{text[:117]}..."
