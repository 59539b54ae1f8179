"""Values for documents and for types of an application's own, where its attribute or its type takes one kind alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, TypeDecorator
from sqlalchemy.dialects.postgresql.base import PGDialect

from bench.generating.limits import Limits
from bench.generating.texts import WORDS
from bench.generating.values import made_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

_REFUSALS = (ValueError, TypeError, AttributeError, LookupError)
"""What an attribute, a validator of the application's or its type raises at a value of another kind."""


@dataclass(frozen=True)
class Tried:
    """What came of trying the usual values on attributes: what makes those of a column in their place, by
    `table.column`, and the columns for which nothing is taken, that may not be null.
    """

    made: Mapping[str, Any]
    refused: Sequence[Column[Any]]


def tried(mappers: Iterable[Mapper[Any]]) -> Tried:
    """Try the usual values on every attribute that has a document, or a type of the application's own.

    Where they are refused, a dict or a list may be taken, an empty one at least: `MutableList.as_mutable(JSON)`, which
    nothing but the attribute knows of, and types that keep either as text. What takes neither has the default that the
    application gives it, or null.
    """
    made: dict[str, Any] = {}
    refused: list[Column[Any]] = []
    for mapper in mappers:
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if not isinstance(column, Column) or column.foreign_keys or column.primary_key:
                continue
            if not isinstance(column.type, TypeDecorator | JSON):
                continue
            usual = made_for(column, Limits())
            if usual is not None and _takes(mapper, attribute.key, column.type, usual.some(range(1, 2), Random(1))[0]):
                continue
            name = f"{column.table.fullname}.{column.name}"
            found = next(
                (maker for value, maker in _others(column) if _takes(mapper, attribute.key, column.type, value)), None
            )
            if found is not None:
                made[name] = found
            elif column not in refused:
                refused.append(column)
    return Tried(made, refused)


def _others(column: Column[Any]) -> Iterator[tuple[Any, Any]]:
    """Values to try, each with what makes them."""
    yield {"a": 1}, a_dict
    yield ["a"], a_list
    yield {}, [{}]
    yield [], [[]]
    default: Any = column.default
    given = None
    if default is not None and default.is_scalar:
        given = default.arg
    elif default is not None and default.is_callable:
        with suppress(*_REFUSALS):  # it asks for the row that it is for, which there is none of
            given = default.arg(None)
    if given is not None:
        yield given, [given]
    if column.nullable:
        yield None, [None]


def a_dict(number: int, random: Random) -> dict[str, Any]:
    """A small document."""
    return {"number": number, "words": a_list(number, random)}


def a_list(number: int, random: Random) -> list[str]:
    """Some words, for a document."""
    return random.choices(WORDS, k=random.randrange(40))


def _takes(mapper: Mapper[Any], name: str, kind: Any, value: Any) -> bool:
    """Whether an attribute takes a value, and what its type makes of it on the way to the database and back."""
    if value is None:
        return True
    try:
        setattr(mapper.class_manager.new_instance(), name, value)
        if isinstance(kind, TypeDecorator):
            dialect = PGDialect()  # of no driver: what it makes of a value is plain
            used = kind.dialect_impl(dialect)
            for process in (used.bind_processor(dialect), used.result_processor(dialect, None)):
                value = value if process is None else process(value)
            setattr(mapper.class_manager.new_instance(), name, value)
    except _REFUSALS:
        return False
    return True
