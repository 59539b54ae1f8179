"""Copies of a round's inputs: each strategy of the round gets its own, equal to the others'."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_IMMUTABLE = frozenset(
    {type(None), bool, int, float, complex, str, bytes, Decimal, date, datetime, time, timedelta, UUID}
)


def equal_copy(inputs: Any) -> Any:
    """A copy that shares nothing with the inputs that anybody could change.

    A list of rows, dictionaries or tuples of plain values, is copied row by row; `copy.deepcopy`, which everything else
    goes through, takes some eight times as long for it: as long as calls that insert the rows.
    """
    if type(inputs) is list:
        rows = _rows_copied(inputs)
        if rows is not None:
            return rows
    return copy.deepcopy(inputs)


def _are_immutable(values: Iterable[object]) -> bool:
    return _IMMUTABLE.issuperset(map(type, values))


def _rows_copied(rows: list[object]) -> list[object] | None:
    """None where a row is not plain, or where one stands in two places: the copy is to have one there too."""
    copied: list[object] = []
    for row in rows:
        if type(row) is dict and _are_immutable(row) and _are_immutable(row.values()):
            copied.append(row.copy())
        elif type(row) in _IMMUTABLE or (type(row) is tuple and _are_immutable(row)):
            copied.append(row)
        else:
            return None
    dictionaries = [id(row) for row in rows if type(row) is dict]
    return copied if len(set(dictionaries)) == len(dictionaries) else None
