"""Values for documents that an application follows the changes of: as lists, where its attribute takes nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, TypeDecorator

from bench.generating.texts import WORDS

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper


def lists_asked_for(mappers: Iterable[Mapper[Any]]) -> Mapping[str, Any]:
    """What makes the values of each column of JSON whose attribute takes lists and no dicts, by `table.column`:
    `MutableList.as_mutable(JSON)`, which nothing but the attribute knows of.
    """
    return {f"{column.table.fullname}.{column.name}": a_list for mapper in mappers for column in _columns(mapper)}


def a_list(number: int, random: Random) -> list[str]:
    """Some words, for a document."""
    return random.choices(WORDS, k=random.randrange(40))


def _columns(mapper: Mapper[Any]) -> Iterator[Column[Any]]:
    for found in mapper.column_attrs:
        column = found.columns[0]
        if not isinstance(column, Column) or not _is_json(column.type):
            continue
        if not _takes(mapper, found.key, {}) and _takes(mapper, found.key, []):
            yield column


def _is_json(kind: Any) -> bool:
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return isinstance(kind, JSON)


def _takes(mapper: Mapper[Any], name: str, value: Any) -> bool:
    try:
        setattr(mapper.class_manager.new_instance(), name, value)
    except (ValueError, TypeError, AttributeError, LookupError):  # a validator of the application's refuses it too
        return False
    return True
