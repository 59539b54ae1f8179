"""What a result holds, objects of mapped classes too, as plain data that can be compared."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Awaitable, Iterator, Mapping, Sequence, Set, ValuesView
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

from sqlalchemy import ClauseElement, inspect
from sqlalchemy.engine import FilterResult
from sqlalchemy.orm import InstanceState, Query

from bench.equality import MAX_DEPTH, OF_CLASS, TOO_DEEP, NotPlainError, is_plain

_UNREAD = (Iterator, AsyncIterable, FilterResult, Query, ClauseElement, Awaitable)
"""What has yet to be asked for its rows: it says nothing, and costs nothing where it is timed."""
_SCALARS = (str, bytes, bytearray, memoryview, Enum)
_CODE = (type, FunctionType, MethodType, ModuleType, partial)
_PARTIAL = re.compile(r" at 0x[0-9a-fA-F]+|\.\.\.|…")
"""What a `repr` has that says another thing in each process, or not everything."""


def loaded(result: Any) -> Any:
    """A result as plain data: of each object its class and the attributes that were loaded, those of related objects
    too. Nothing is loaded for it.

    What leads back to an object on the way is left out, for it says nothing. Where collections lead to each other, an
    object has its attributes where the fewest steps lead to it, and elsewhere its class and its key. A value of a type
    of its own is what its `repr` says, or its attributes where that says nothing.

    Raises:
        NotPlainError: It holds what nobody has read yet, such as a generator, or contains itself.
    """
    return _Reading(_steps(result)).plain(result, (), 0, 0)


def _steps(result: Any) -> dict[int, int]:
    """How many objects lead to each object, itself included, on the shortest way; by `id`."""
    found: dict[int, int] = {}
    reached, step = list(_objects(result, 0)), 0
    while reached:
        step += 1
        new = [value for value in {id(one): one for one in reached}.values() if id(value) not in found]
        found.update((id(value), step) for value in new)
        reached = [one for value in new for there in _attributes(value).values() for one in _objects(there, 0)]
    return found


def _objects(value: Any, depth: int) -> Iterator[Any]:
    """The objects of mapped classes in a value, and not what is in them."""
    if depth > MAX_DEPTH:
        raise NotPlainError(TOO_DEEP)
    if _state_of(value) is not None:
        yield value
        return
    inside = _inside(value)
    if inside is not None:
        items = [*inside.keys(), *inside.values()] if isinstance(inside, Mapping) else inside
        for item in items:
            yield from _objects(item, depth + 1)


def _inside(value: Any) -> Any:
    """What a value holds, as a mapping, a tuple or a list; None where it is a leaf."""
    if isinstance(value, _SCALARS):
        return None
    if isinstance(value, Mapping | tuple | list):
        return value
    if isinstance(value, Set | ValuesView):
        # What has attributes cannot stand in a set of plain data.
        return list(value)
    if isinstance(value, Sequence):
        return tuple(value)
    if isinstance(value, _UNREAD):
        raise NotPlainError(
            f"the result holds a {type(value).__name__}, of which nothing was read within the call: return a list of it"
        )
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return None


class _Reading:
    """Reads values with what is known of the steps to each object."""

    def __init__(self, steps: Mapping[int, int]) -> None:
        self._steps = steps

    def plain(self, value: Any, above: tuple[int, ...], step: int, depth: int) -> Any:
        """A value as plain data; `above` are the objects on the way, `step` is how many."""
        if depth > MAX_DEPTH:
            raise NotPlainError(TOO_DEEP)
        state = _state_of(value)
        if state is not None:
            return self._object(value, state, above, step + 1, depth)
        inside = _inside(value)
        if isinstance(inside, Mapping):
            pairs = [
                (self.plain(key, above, step, depth + 1), self.plain(item, above, step, depth + 1))
                for key, item in inside.items()
            ]
            try:
                return dict(pairs)
            except TypeError:  # a key is an object, which is a dict by now
                return pairs
        if isinstance(inside, tuple | list):
            kind = tuple if isinstance(inside, tuple) else list
            return kind(self.plain(item, above, step, depth + 1) for item in inside)
        return value if is_plain(type(value)) else _described(value)

    def _object(self, value: Any, state: InstanceState[Any], above: tuple[int, ...], step: int, depth: int) -> Any:
        name = type(value).__name__
        if step > self._steps[id(value)]:
            return {OF_CLASS: name, **_key(state)}
        way = (*above, id(value))
        return {
            OF_CLASS: name,
            **{
                key: self.plain(item, way, step, depth + 1)
                for key, item in _attributes(value).items()
                if id(item) not in way
            },
        }


def _described(value: Any) -> Any:
    """A value of a type of its own, as plain data; the value itself where nothing is sure to say all of it."""
    if isinstance(value, _CODE):
        return value
    if hasattr(value, "tolist"):
        return value.tolist()
    kind: Any = type(value)
    if kind.__repr__ is object.__repr__:
        own = getattr(value, "__dict__", None)
        return value if own is None else {OF_CLASS: kind.__qualname__, **own}
    said = repr(value)
    return value if _PARTIAL.search(said) else {OF_CLASS: kind.__qualname__, "repr": said}


def _state_of(value: Any) -> InstanceState[Any] | None:
    state = inspect(value, raiseerr=False)
    return state if isinstance(state, InstanceState) else None


def _attributes(value: Any) -> dict[str, Any]:
    """The attributes of an object that were loaded, by name."""
    state: InstanceState[Any] = inspect(value)
    return {key: state.dict[key] for key in sorted(state.mapper.attrs.keys()) if key in state.dict}


def _key(state: InstanceState[Any]) -> dict[str, Any]:
    """The primary key of an object, by the attributes that have it; empty for one that was never saved."""
    mapper = state.mapper
    names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    return dict(zip(names, state.identity or (), strict=False))
