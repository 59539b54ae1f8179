"""How the rows of a table are made: how many, which columns keep them apart, and which rows of others they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sqlalchemy import ClauseElement, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from bench.errors import ScenarioError
from bench.generating.limits import Checks, Limits, columns_in
from bench.generating.values import capacity, domain

ROOTS = 1_000
"""Rows of a table that refers to no other."""
CHILDREN = 5
"""Rows for each row of the largest table that is referred to."""
LINKS = 3
"""The same of a table that does nothing but to link others."""
MOST = 20_000
"""Rows of a table whose number nobody gave, at most."""
NO_LIMITS = Limits()


@dataclass(frozen=True)
class Reference:
    """A foreign key: its columns, and those of the table that it refers to."""

    key: ForeignKeyConstraint
    columns: tuple[str, ...]
    table: Table
    referred: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table and columns, as they are said in messages."""
        return f"{self.key.table.fullname}({', '.join(self.columns)})"


@dataclass(frozen=True)
class Together:
    """What has to be different in each row taken together: references, and columns that can have few values."""

    references: tuple[Reference, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """How one table is filled.

    `count` is its rows; `distinct` are the columns whose values hang on the row's number, so that no two are the same;
    `together` are sampled without one twice; `columns` are filled, others get what the server gives them; those in
    `nullable` are null in some rows.
    """

    table: Table
    count: int
    checks: Checks
    references: Sequence[Reference]
    distinct: frozenset[str] = frozenset()
    together: Sequence[Together] = ()
    columns: Sequence[Column[Any]] = ()
    nullable: frozenset[str] = frozenset()

    def limits(self, column: str) -> Limits:
        """What the table's constraints allow a column."""
        return self.checks.limits.get(column, NO_LIMITS)


class GeneratingError(ScenarioError):
    """Rows that cannot be made, with what to give so that they can."""


def references_of(table: Table) -> list[Reference]:
    """The foreign keys of a table, those to itself last, and before that those of most columns first."""
    found = [
        Reference(
            key,
            tuple(element.parent.name for element in key.elements),
            key.referred_table,
            tuple(element.column.name for element in key.elements),
        )
        for key in table.foreign_key_constraints
    ]
    return sorted(found, key=lambda one: (one.table is table, -len(one.columns), one.columns, one.table.fullname))


def unique_groups(table: Table) -> Iterator[tuple[str, ...]]:
    """The columns of the primary key and of each uniqueness that a table has, those of its whole rows alone."""
    constraints = sorted(table.constraints, key=lambda one: (not isinstance(one, PrimaryKeyConstraint), str(one.name)))
    for constraint in constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint) and len(constraint.columns):
            yield tuple(column.name for column in constraint.columns)
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        if index.unique and (columns := _indexed(index)):
            yield columns


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


def is_link(table: Table) -> bool:
    """Whether a table links others: its primary key is made of references to several."""
    references = [one for one in references_of(table) if set(one.columns) <= set(table.primary_key.columns.keys())]
    covered = {column for one in references for column in one.columns}
    return len(references) > 1 and covered == {column.name for column in table.primary_key.columns}


def usual_count(table: Table, counts: Mapping[Table, int], scale: int) -> int:
    """How many rows a table has where nobody says so.

    Args:
        table: The table.
        counts: Rows of the tables that it refers to.
        scale: How many times the usual number.
    """
    some = max(counts.values(), default=0)
    if not some:
        # Who refers to nothing but empty tables, and needs to, has no rows either.
        return 0 if any(not one.nullable for one in _referring(table, counts)) else ROOTS * scale
    return min(some * (LINKS if is_link(table) else CHILDREN), MOST * scale)


def _referring(table: Table, others: Mapping[Table, int]) -> Iterator[Column[Any]]:
    """The columns by which a table refers to others."""
    return (one.parent for one in table.foreign_keys if one.column.table in others)


def kept_apart(
    table: Table, checks: Checks, references: Sequence[Reference], count: int, counts: Mapping[Table, int], asked: bool
) -> tuple[int, frozenset[str], list[Together]]:
    """By which columns the rows of a table are kept apart where they must be, and how many there can be.

    Args:
        table: The table.
        checks: What its CHECK constraints allow.
        references: Its foreign keys.
        count: The rows that are wanted.
        counts: Rows of the tables that it refers to.
        asked: Whether somebody gave that number: fewer are refused then.

    Raises:
        GeneratingError: Fewer than were asked for can differ, or two constraints need the same columns to.
    """
    distinct: set[str] = set()
    together: list[Together] = []
    of_column = {column: one for one in reversed(references) for column in one.columns}
    for group in unique_groups(table):
        free = [column for column in group if column not in of_column]
        if set(free) & distinct or any(_covers(one, group, of_column) for one in together):
            continue
        if (chosen := _numbered(table, checks, free, count)) is not None:
            distinct.add(chosen)
            continue
        parts = tuple(dict.fromkeys(of_column[column] for column in group if column in of_column))
        few = {column: domain(table.c[column], checks.limits.get(column, NO_LIMITS)) for column in free}
        if any(values is None for values in few.values()):
            raise GeneratingError(
                f"{table.fullname}: bench does not know {count:,} different values of {', '.join(free)}: "
                f"give values for one of them"
            )
        most = prod([counts[one.table] for one in parts] + [len(values or ()) for values in few.values()])
        if asked and most < count:
            raise GeneratingError(
                f"{table.fullname}: {count:,} rows are asked for, and ({', '.join(group)}) is unique, of which there "
                f"are {most:,}: ask for fewer, or for more rows of what it refers to"
            )
        count = min(count, most)
        together.append(Together(parts, tuple(free)))
    return count, frozenset(distinct), together


def _covers(together: Together, group: Sequence[str], of_column: Mapping[str, Reference]) -> bool:
    """Whether what is different already is part of a group, which is different then too."""
    references = {of_column[column] for column in group if column in of_column}
    return set(together.references) <= references and set(together.columns) <= set(group)


def _numbered(table: Table, checks: Checks, columns: Sequence[str], count: int) -> str | None:
    """The column of several that can hold as many different values: the key first, then what can hold the most."""
    able = [
        (name not in table.primary_key.columns, -room, name)
        for name in columns
        if (room := capacity(table.c[name], checks.limits.get(name, NO_LIMITS))) >= count
    ]
    return min(able)[2] if able else None
