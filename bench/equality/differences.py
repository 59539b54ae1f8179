"""The first difference of two results, said in a line."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import NoneType
from typing import Any, Final
from uuid import UUID

from bench.equality.keys import (
    DICT,
    KIND_NAMES,
    LIST,
    MAX_DEPTH,
    NUMBER,
    OF_CLASS,
    SET,
    TOO_DEEP,
    TUPLE,
    Key,
    NotPlainError,
    close,
    key_of,
    not_plain,
    rank_of,
)
from bench.equality.matching import match

_SHOWS_VALUES: ContextVar[bool] = ContextVar("bench_shows_values", default=True)
"""Whether a difference names values, which may be somebody's, or only what they are."""
_EQUAL_BY_OPERATOR: Final = frozenset({NoneType, bool, int, float, str, bytes, date, timedelta, UUID})
"""Types of which two values that Python calls equal are equal here too, where both are of the same type."""


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
        if _surely_equal(expected, actual, ordered, 0) or close(key_of(expected, ordered), key_of(actual, ordered)):
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
    rank = rank_of(expected)
    if rank in (LIST, TUPLE):
        return _all_surely_equal(expected, actual, ordered, depth)
    return rank < NUMBER and bool(expected == actual)


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


def _difference(expected: Any, actual: Any, path: str, ordered: bool) -> str | None:
    rank = rank_of(expected)
    if rank != rank_of(actual):
        other = KIND_NAMES[rank_of(actual)]
        return f"{path}: expected {KIND_NAMES[rank]} ({_short(expected)}), got {other} ({_short(actual)})"
    if rank < LIST:
        if close(key_of(expected, ordered), key_of(actual, ordered)):
            return None
        return f"{path}: expected {_short(expected)}, got {_short(actual)}"
    if rank == DICT:
        return _mapping_difference(expected, actual, path, ordered)
    if rank == SET or (rank == LIST and not ordered):
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
    matching = match([key_of(key, ordered) for key in keys], [key_of(key, ordered) for key in other_keys])
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
    matching = match([key_of(item, ordered) for item in expected], [key_of(item, ordered) for item in actual])
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
    if len(missing) == len(extra) == 1 and LIST <= rank_of(missing[0]) == rank_of(extra[0]):
        return 0, 0
    names = {name: index for index, item in reversed(list(enumerate(extra))) if (name := _name(item)) is not None}
    for index, item in enumerate(missing):
        name = _name(item)
        if name in names:
            return index, names[name]
    return None


def _name(item: Any) -> Key | None:
    rank = rank_of(item)
    if rank not in (TUPLE, DICT) or not item:
        return None
    first = next(iter(item.values() if rank == DICT else item))
    return (rank, key_of(first, True)) if rank_of(first) < LIST else None


def _complaints(value: Any, path: str, depth: int) -> Iterator[str]:
    try:
        rank = rank_of(value)
    except NotPlainError:
        yield not_plain(path, type(value))
        return
    if rank < LIST:
        return
    if depth > MAX_DEPTH:
        yield TOO_DEEP
    elif rank == DICT:
        for key in value:
            yield from _complaints(key, f"a key of {path}", depth + 1)
            yield from _complaints(value[key], f"{path}[{_short(key)}]", depth + 1)
    else:
        for index, item in enumerate(value):
            yield from _complaints(item, f"an item of {path}" if rank == SET else f"{path}[{index}]", depth + 1)


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
