"""Values for documents, where the attribute or the type that an application has for them takes one kind alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, String, TypeDecorator
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect

from bench.generating.texts import WORDS

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

_REFUSALS = (ValueError, TypeError, AttributeError, LookupError)
"""What an attribute, a validator of the application's or its type raises at a value of another kind."""


def documents_asked_for(mappers: Iterable[Mapper[Any]]) -> Mapping[str, Any]:
    """What makes the values of each column that takes other documents than those that its type alone tells of, by
    `table.column`: lists for `MutableList.as_mutable(JSON)`, which nothing but the attribute knows of, and dicts or
    lists for a type of the application's that keeps them as text.
    """
    found: dict[str, Any] = {}
    for mapper in mappers:
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if isinstance(column, Column) and not column.foreign_keys and not column.primary_key:
                maker = _maker(mapper, attribute.key, column.type)
                if maker is not None:
                    found[f"{column.table.fullname}.{column.name}"] = maker
    return found


def a_dict(number: int, random: Random) -> dict[str, Any]:
    """A small document."""
    return {"number": number, "words": a_list(number, random)}


def a_list(number: int, random: Random) -> list[str]:
    """Some words, for a document."""
    return random.choices(WORDS, k=random.randrange(40))


def _maker(mapper: Mapper[Any], name: str, kind: Any) -> Callable[[int, Random], Any] | None:
    """What makes the values of an attribute where the usual ones are refused, and others are not."""
    plain = kind
    while isinstance(plain, TypeDecorator):
        plain = plain.impl_instance
    if isinstance(plain, JSON):
        usual: Any = {"a": 1}
    elif isinstance(plain, String) and plain is not kind:
        usual = "a word"
    else:
        return None
    if _takes(mapper, name, kind, usual):
        return None
    others: Iterable[tuple[Any, Callable[[int, Random], Any]]] = (({"a": 1}, a_dict), (["a"], a_list))
    return next((maker for value, maker in others if _takes(mapper, name, kind, value)), None)


def _takes(mapper: Mapper[Any], name: str, kind: Any, value: Any) -> bool:
    """Whether an attribute takes a value, and what its type makes of it on the way to the database and back."""
    try:
        setattr(mapper.class_manager.new_instance(), name, value)
        if isinstance(kind, TypeDecorator):
            dialect = postgresql_dialect()
            used = kind.dialect_impl(dialect)
            for process in (used.bind_processor(dialect), used.result_processor(dialect, None)):
                value = value if process is None else process(value)
            setattr(mapper.class_manager.new_instance(), name, value)
    except _REFUSALS:
        return False
    return True
