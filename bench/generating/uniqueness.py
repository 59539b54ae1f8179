"""Which columns of a table may not have the same values in two rows, and where that holds of some rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ClauseElement, Column, Index, PrimaryKeyConstraint, String, Table, UniqueConstraint
from sqlalchemy.orm import RelationshipDirection

from bench.generating.kinds import enumerated, plain
from bench.generating.limits import Limits, columns_in, said_by

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

OneToOne = Mapping[Table, Sequence[tuple[str, ...]]]
"""Columns that refer to a row that knows one of theirs at most, by their table."""


@dataclass(frozen=True)
class Group:
    """Columns that differ taken together, in the rows `where` something holds; nulls are alike, or `nulls_apart`."""

    columns: tuple[str, ...]
    nulls_apart: bool = True
    where: ClauseElement | None = None


@dataclass(frozen=True)
class Switch:
    """A column by which a row is no part of those that have to differ: in rows that repeat what another has in the
    `group`, and whose value of the column `counts`, that is replaced by `other`.
    """

    group: tuple[str, ...]
    column: str
    counts: Callable[[Any], bool]
    other: Any


def unique_groups(table: Table, one_to_one: OneToOne) -> list[Group]:
    """What is unique in a table, what needs fewer columns first: the primary key, constraints, indexes, and what a
    relationship to one object expects.
    """
    found = [*_of_constraints(table), *_of_indexes(table)]
    known = {frozenset(one.columns) for one in found if one.where is None}
    found += [Group(columns) for columns in one_to_one.get(table, ()) if frozenset(columns) not in known]
    return sorted(found, key=lambda one: (one.where is not None, len(one.columns)))


def _of_constraints(table: Table) -> Iterator[Group]:
    unique = [one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)]
    unique.sort(key=lambda one: (isinstance(one, UniqueConstraint), str(one.name), one.columns.keys()))
    for constraint in unique:
        if len(constraint.columns):
            like = constraint.dialect_options["postgresql"].get("nulls_not_distinct")
            yield Group(tuple(column.name for column in constraint.columns), not like)


def _of_indexes(table: Table) -> Iterator[Group]:
    for index in sorted(table.indexes, key=lambda one: (str(one.name), one.columns.keys())):
        if index.unique and (columns := _indexed(index)):
            options = index.dialect_options["postgresql"]
            yield Group(columns, not options.get("nulls_not_distinct"), options.get("where"))


def _indexed(index: Index) -> tuple[str, ...]:
    """The columns of an index, those inside an expression such as `lower(email)` too."""
    columns: list[str] = []
    for expression in index.expressions:
        columns += (
            [expression.name]
            if isinstance(expression, Column)
            else columns_in(expression)
            if isinstance(expression, ClauseElement)
            else []
        )
    return tuple(dict.fromkeys(name for name in columns if name in index.table.c)) if index.table is not None else ()


def one_to_one(mappers: Iterable[Mapper[Any]]) -> OneToOne:
    """The columns that refer to an object which expects one row at most: a relationship to one, whose key stands on the
    other side, uniqueness or not. Where the object has a list of the same rows too, it is a choice among them.
    """
    single: dict[Table, set[tuple[str, ...]]] = {}
    several: set[tuple[Table, tuple[str, ...]]] = set()
    for mapper in mappers:
        for relationship in mapper.relationships:
            columns = [pair[1] for pair in relationship.local_remote_pairs or ()]
            tables = {column.table for column in columns}
            if relationship.direction is not RelationshipDirection.ONETOMANY or len(tables) != 1:
                continue
            table, names = tables.pop(), tuple(sorted(column.name for column in columns))
            if relationship.uselist:
                several.add((table, names))
            elif isinstance(table, Table):
                single.setdefault(table, set()).add(names)
    return {
        table: [names for names in sorted(groups) if (table, names) not in several] for table, groups in single.items()
    }


def switch_of(table: Table, group: Group, limits: Mapping[str, Limits], fixed: Iterable[str]) -> Switch | bool:
    """How rows that repeat others are kept out of those that have to differ.

    Args:
        table: Whose.
        group: What has to differ in some rows.
        limits: What CHECK constraints allow its columns.
        fixed: Columns whose values cannot be chosen.

    Returns:
        The column that does it; True where no row is made that has to differ, False where that cannot be had.
    """
    assert group.where is not None  # noqa: S101 - who asks has looked
    for name, said in said_by(group.where, table):
        if name in fixed or name in group.columns:
            continue
        column = table.c[name]
        members = dict(enumerated(column.type))
        choices = [members.get(one, one) for one in said.get("choices") or said.get("excluded") or ()]
        allowed = limits[name].choices if name in limits else None
        if said.get("required") and column.nullable:
            return Switch(group.columns, name, lambda value: value is not None, None)
        if "choices" in said and choices == [None]:
            if column.nullable:
                return Switch(group.columns, name, lambda value: value is None, _NOT_NULL)
        elif "choices" in said:
            others = (
                [False, True] if isinstance(plain(column.type), Boolean) else [*members.values()] or list(allowed or ())
            )
            others = [one for one in others if one not in choices] or ([None] if column.nullable else [])
            if others:
                return Switch(group.columns, name, choices.__contains__, others[0])
            if isinstance(plain(column.type), String) and not allowed and not members:
                return column.server_default is None
        elif "excluded" in said:
            return Switch(group.columns, name, _none_of(choices), choices[0])
    return False


def _none_of(choices: Sequence[Any]) -> Callable[[Any], bool]:
    return lambda value: value not in choices


_NOT_NULL = object()
"""Stands for any value of the column that is not null."""


def wants_any(switch: Switch) -> bool:
    """Whether any value that is not null takes a row out."""
    return switch.other is _NOT_NULL
