"""What a result holds, objects of mapped classes too, as plain data that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any

from sqlalchemy import Result, Row, inspect
from sqlalchemy.orm import InstanceState

from bench.equality import OF_CLASS


def loaded(result: Any) -> Any:
    """A result as plain data: of each object its class and the attributes that were loaded, those of related objects
    too. What leads back to an object on the way is left out, for it says nothing. Nothing is loaded for it.
    """
    return _plain(result, ())


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    state = _state_of(value)
    if state is not None:
        return _object(value, state, above)
    if isinstance(value, Row):
        return tuple(_plain(item, above) for item in value)
    if isinstance(value, Mapping):
        return {_plain(key, above): _plain(item, above) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_plain(item, above) for item in value)
    if isinstance(value, list):
        return [_plain(item, above) for item in value]
    if isinstance(value, Set):
        # What has attributes cannot stand in a set of plain data.
        return [_plain(item, above) for item in value]
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(), above)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name), above) for one in fields(value)}
    if isinstance(value, Result) or (isinstance(value, Iterable) and hasattr(value, "__next__")):
        return [_plain(item, above) for item in value]
    return value


def _state_of(value: Any) -> InstanceState[Any] | None:
    state = inspect(value, raiseerr=False)
    return state if isinstance(state, InstanceState) else None


def _object(value: Any, state: InstanceState[Any], above: tuple[int, ...]) -> Any:
    there, way = state.dict, (*above, id(value))
    read = {key: there[key] for key in sorted(state.mapper.attrs.keys()) if key in there}
    return {
        OF_CLASS: type(value).__name__,
        **{key: _plain(item, way) for key, item in read.items() if id(item) not in way},
    }
