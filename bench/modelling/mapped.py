"""What mapped classes have that can be loaded in more than one way: relationships, heavy columns, keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, JSON, BinaryExpression, BooleanClauseList, Column, LargeBinary, String, Text
from sqlalchemy.sql import operators

from bench.errors import ScenarioError
from bench.generating.generated import mappers_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper, RelationshipProperty

LONG = 1_000
"""Letters from which on text counts as heavy; what is mapped as Text does too."""
NOT_LOADED = ("dynamic", "write_only", "noload")
"""How a relationship can be mapped so that no loader option applies to it."""
_SYNONYMS: Mapping[Any, str] = {True: "select", False: "joined", None: "noload"}


@dataclass(frozen=True)
class Relationship:
    """A relationship of a class, with what loads it now (`select`, `selectin`, ...)."""

    of: Mapper[Any]
    name: str
    to: Mapper[Any]
    many: bool
    lazy: str
    always: bool

    @property
    def title(self) -> str:
        """`Author.posts`."""
        return f"{self.of.class_.__name__}.{self.name}"


@dataclass(frozen=True)
class HeavyColumn:
    """A column of a class that lists do well without, and whether it is left out already."""

    of: Mapper[Any]
    name: str
    deferred: bool

    @property
    def title(self) -> str:
        """`Post.body`."""
        return f"{self.of.class_.__name__}.{self.name}"


@dataclass(frozen=True)
class Asked:
    """What is asked of the mapped classes: chains of relationships, heavy columns, and classes to load by key; and what
    is left out, with the reason.
    """

    chains: Sequence[Sequence[Relationship]]
    columns: Sequence[HeavyColumn]
    keyed: Sequence[Mapper[Any]]
    left_out: Sequence[tuple[str, str]]


def asked_of(mappers: Iterable[Mapper[Any]], depth: int, without: Mapping[Any, str]) -> Asked:
    """What there is to ask of mapped classes, in the order of their names.

    Args:
        mappers: The classes.
        depth: How many relationships are followed one after another.
        without: The tables that have no rows, with the reason.
    """
    known = sorted(mappers, key=lambda one: (one.class_.__name__, one.class_.__module__))
    unread = {one: without[one.local_table] for one in known if one.local_table in without}
    classes = [one for one in known if one not in unread]
    declared = [one for mapper in classes for one in _relationships(mapper)]
    relationships = [one for one in declared if one.to not in unread]
    loadable = [one for one in relationships if one.lazy not in NOT_LOADED and one.of.primary_key]
    left_out = [
        *((one.class_.__name__, reason) for one, reason in unread.items()),
        *(
            (one.title, f"it leads to {one.to.class_.__name__}, which is left out")
            for one in declared
            if one.to in unread
        ),
        *(
            (one.title, f'lazy="{one.lazy}": no loader option applies')
            for one in relationships
            if one.lazy in NOT_LOADED
        ),
    ]
    chains = [chain for length in range(1, depth + 1) for chain in _chains(loadable, length)]
    return Asked(
        chains,
        [column for mapper in classes for column in heavy_columns(mapper)],
        [mapper for mapper in classes if not mapper.inherits],
        left_out,
    )


def _relationships(mapper: Mapper[Any]) -> Iterator[Relationship]:
    """Those that a class declares itself, and not those that it inherits."""
    for found in sorted(mapper.relationships, key=lambda one: one.key):
        if found.parent is mapper:
            lazy = _SYNONYMS.get(found.lazy, str(found.lazy))
            yield Relationship(mapper, found.key, found.mapper, bool(found.uselist), lazy, _is_always_there(found))


def _is_always_there(relationship: RelationshipProperty[Any]) -> bool:
    """Whether there is one for each row, so that an inner join leaves none out: a foreign key that may not be null
    leads to it, and nothing else is asked of it.
    """
    return (
        not relationship.uselist
        and relationship.secondary is None
        and not relationship.mapper.single
        and all(_is_followed(local, remote, relationship) for local, remote in relationship.local_remote_pairs or ())
        and _says_no_more_than(relationship.primaryjoin, relationship.local_remote_pairs or ())
    )


def _is_followed(local: Any, remote: Any, relationship: RelationshipProperty[Any]) -> bool:
    keys = getattr(local, "foreign_keys", ())
    return (
        bool(keys)
        and not local.nullable
        and remote.table is relationship.mapper.local_table
        and any(key.column is remote for key in keys)
    )


def _says_no_more_than(condition: Any, pairs: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a condition is that these pairs of columns are equal, and nothing beside."""
    is_both = isinstance(condition, BooleanClauseList) and condition.operator is operators.and_
    parts = list(condition.clauses) if is_both else [condition]
    return len(parts) == len(pairs) and all(
        isinstance(one, BinaryExpression)
        and one.operator is operators.eq
        and isinstance(one.left, Column)
        and isinstance(one.right, Column)
        for one in parts
    )


def _chains(relationships: Sequence[Relationship], length: int) -> Iterator[list[Relationship]]:
    """Relationships that follow each other, none of them back to where the one before it came from."""
    if length == 1:
        yield from ([one] for one in relationships)
        return
    for chain in _chains(relationships, length - 1):
        for one in relationships:
            if chain[-1].to.isa(one.of) and not _goes_back(chain[-1], one):
                yield [*chain, one]


def _goes_back(first: Relationship, second: Relationship) -> bool:
    reverse = first.of.relationships[first.name]._reverse_property  # noqa: SLF001 - mapped classes have no other word of it
    return second.of.relationships[second.name] in reverse


def heavy_columns(mapper: Mapper[Any]) -> Iterator[HeavyColumn]:
    """The columns of a class that can hold much: long text, bytes, documents, arrays."""
    for found in mapper.column_attrs:
        column = found.columns[0]
        if isinstance(column, Column) and found.parent is mapper and _is_heavy(column):
            yield HeavyColumn(mapper, found.key, bool(found.deferred))


def _is_heavy(column: Column[Any]) -> bool:
    kind = column.type
    if column.primary_key or column.foreign_keys or hasattr(kind, "enums"):
        return False
    if isinstance(kind, Text):
        return not column.unique
    if isinstance(kind, String):
        return kind.length is not None and kind.length >= LONG
    return isinstance(kind, LargeBinary | JSON | ARRAY)


def key_names(mapper: Mapper[Any]) -> list[str]:
    """The attributes that a class's primary key has."""
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def other_names(mapper: Mapper[Any], name: str) -> list[str]:
    """The attributes that are loaded with an object beside one of its columns: those that are left out as it is mapped
    are left out in whatever way the column is.
    """
    return [
        found.key
        for found in mapper.column_attrs
        if found.key != name and not found.deferred and ("query_expression", True) not in found.strategy_key
    ]


def mapped_class(mapped: Any, name: str) -> Any:
    """The class of a name among those of a base or a registry that cannot be imported by it, such as automap's.

    Raises:
        ScenarioError: There is none.
    """
    for mapper in mappers_of(mapped):
        if mapper.class_.__name__ == name:
            return mapper.class_
    raise ScenarioError(f"{mapped!r} maps no class {name!r}")
