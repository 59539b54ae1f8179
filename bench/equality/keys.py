"""Plain data by what kind it is, and as keys that can be sorted and hashed whatever the data is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, Final
from uuid import UUID

MAX_DEPTH: Final = 100
"""How deep a result may be nested: more is a structure that contains itself, or one that nobody reads."""
TOO_DEEP: Final = f"result is nested deeper than {MAX_DEPTH} levels, or contains itself: return flatter data"
TOLERANCE: Final = 1e-9
"""The relative difference up to which two numbers are equal where one is a float: sums depend on their order."""

OF_CLASS: Final = "class"
"""The key by which an object of a mapped class says which it is, where it stands as plain data."""

Key = tuple[Any, ...]
"""A value as nested tuples that start with the rank of its kind: any two can be sorted, and any can be hashed."""


class NotPlainError(TypeError):
    """A result holds something that cannot be compared by value, such as an ORM entity or a generator."""


# The first six are their own keys, the next five are scalars whose keys are made, the others hold items.
NONE, BOOL, TEXT, DATE, DURATION, UUID_ = range(6)
NUMBER, BYTES, DATETIME, TIME, ENUM = range(6, 11)
LIST, ORDERED_LIST, TUPLE, SET, DICT = range(11, 16)
_NAN: Final = 16

_KINDS: Final[tuple[tuple[Any, int, str], ...]] = (
    # In this order: an enumeration may be text or a number too, a datetime is a date, text and bytes are sequences.
    (NoneType, NONE, "None"),
    (Enum, ENUM, "a member of an enumeration"),
    (bool, BOOL, "a bool"),
    ((int, float, Decimal), NUMBER, "a number"),
    (str, TEXT, "text"),
    ((bytes, bytearray, memoryview), BYTES, "bytes"),
    (datetime, DATETIME, "a datetime"),
    (date, DATE, "a date"),
    (time, TIME, "a time"),
    (timedelta, DURATION, "a timedelta"),
    (UUID, UUID_, "a UUID"),
    (list, LIST, "a list"),
    (Set, SET, "a set"),
    (Mapping, DICT, "a mapping"),
    (Sequence, TUPLE, "a tuple"),
)
KIND_NAMES: Final = {rank: name for _, rank, name in _KINDS}
_ranks: Final[dict[type, int]] = {}


def rank_of(value: object) -> int:
    """What kind of plain data a value is.

    Raises:
        NotPlainError: None.
    """
    kind = type(value)
    rank = _ranks.get(kind)
    if rank is None:
        rank = next((rank for types, rank, _ in _KINDS if issubclass(kind, types)), None)
        if rank is None:
            raise NotPlainError(not_plain("result", kind))
        _ranks[kind] = rank
    return rank


def is_plain(kind: type) -> bool:
    """Whether values of a type can be compared, what they hold apart."""
    return kind in _ranks or any(issubclass(kind, types) for types, _, _ in _KINDS)


def key_of(value: Any, ordered: bool, depth: int = 0) -> Key:
    """A value as a key: equal for equal values, lists without their order unless `ordered`.

    Raises:
        NotPlainError: It holds something that is no plain data, or is nested deeper than `MAX_DEPTH`.
    """
    rank = rank_of(value)
    if rank < NUMBER:
        return (rank, value)
    if rank < LIST:
        return _scalar_key(rank, value)
    if depth > MAX_DEPTH:
        raise NotPlainError(TOO_DEEP)
    if rank == DICT:
        pairs = ((key_of(key, ordered, depth + 1), key_of(value[key], ordered, depth + 1)) for key in value)
        return (rank, tuple(sorted((TUPLE, pair) for pair in pairs)))
    items = (key_of(item, ordered, depth + 1) for item in value)
    if rank == SET or (rank == LIST and not ordered):
        return (rank, tuple(sorted(items)))
    return (ORDERED_LIST if rank == LIST else rank, tuple(items))


def _scalar_key(rank: int, value: Any) -> Key:
    if rank == NUMBER:
        not_a_number = value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and math.isnan(value)
        return (_NAN,) if not_a_number else (rank, value)
    if rank == BYTES:
        return (rank, bytes(value))
    if rank == ENUM:
        return (rank, f"{type(value).__module__}.{type(value).__qualname__}", repr(value.value))
    # Wall clock less offset: Python's own comparison never calls two moments equal in an hour that occurs twice.
    offset = value.utcoffset()
    clock = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    days = timedelta(days=value.toordinal()) if rank == DATETIME else timedelta()
    return (rank, offset is not None, days + clock - (offset or timedelta()))


def close(expected: Key, actual: Key) -> bool:
    """Whether two keys are equal but for the last digits of floats, which have not changed the order of anything."""
    if expected[0] != actual[0]:
        return False
    if LIST <= expected[0] <= DICT:
        items, others = expected[1], actual[1]
        return len(items) == len(others) and (items == others or all(map(close, items, others)))
    if expected == actual:
        return True
    if expected[0] != NUMBER or not (isinstance(expected[1], float) or isinstance(actual[1], float)):
        return False
    try:
        one, other = float(expected[1]), float(actual[1])
    except OverflowError:  # an integer beyond every float
        return False
    return math.isfinite(one) and math.isclose(one, other, rel_tol=TOLERANCE)


def not_plain(path: str, kind: type) -> str:
    """What is said of a value of a type that is no plain data."""
    if kind.__name__ == "coroutine":
        return f"{path} is a coroutine: is an `await` missing?"
    return (
        f"{path} is of the type {kind.__qualname__}, which cannot be compared by value:"
        " return plain data (numbers, text, dates, tuples, lists, dicts)"
    )
