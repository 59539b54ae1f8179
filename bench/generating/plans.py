"""How the rows of a table are made: how many, which columns keep them apart, and which rows of others they refer to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import TypeDecorator

from bench.generating.errors import GeneratingError
from bench.generating.limits import Checks, Limits
from bench.generating.source import LARGE, Domain, listed
from bench.generating.uniqueness import Group, Switch, switch_of
from bench.generating.values import made_for

if TYPE_CHECKING:
    from sqlalchemy import Column, ForeignKeyConstraint, Table

ROOTS = 1_000
"""Rows of a table that refers to no other."""
CHILDREN = 5
"""Rows for each row of the largest table that is referred to."""
LINKS = 3
"""The same of a table that does nothing but to link others."""
MOST = 20_000
"""Rows of a table whose number nobody gave, at most."""
NO_LIMITS = Limits()
Values = Sequence[Any] | Callable[[int, Random], Any]
"""What a column's author gives for it: all that it may have, or `f(number, random)`, which makes that of a row."""


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

    @property
    def own(self) -> frozenset[str]:
        """Columns that are the same in both rows where a table refers to itself: the row has them of its own."""
        same = [column for column, of in zip(self.columns, self.referred, strict=True) if column == of]
        return frozenset(same) if self.table is self.key.table else frozenset()


@dataclass(frozen=True)
class Together:
    """What has to be different in each row taken together: a `group` of columns, of which some are given by references
    and others can have few values.
    """

    group: tuple[str, ...]
    references: tuple[Reference, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Apart:
    """What keeps the rows of a table apart: how many there can be, the columns whose values hang on the row's number,
    what differs only together, and what takes rows out of what has to differ.
    """

    count: int
    distinct: frozenset[str]
    together: Sequence[Together]
    switches: Sequence[Switch]


@dataclass(frozen=True)
class Plan:
    """How one table is filled.

    `count` is its rows, at most unless they are `asked` for; `distinct` are the columns whose values hang on the row's
    number, so that no two are the same; `together` are sampled without one twice; `columns` are filled, others get what
    the server gives them; those in `nullable` are null in some rows; `fixed` are those whose values nothing may change
    once they are made; `givers` are the references that give columns their values; `inherited` are the columns that
    refer to the rows of the class above.
    """

    table: Table
    count: int
    checks: Checks
    references: Sequence[Reference]
    asked: bool = False
    distinct: frozenset[str] = frozenset()
    together: Sequence[Together] = ()
    switches: Sequence[Switch] = ()
    columns: Sequence[Column[Any]] = ()
    nullable: frozenset[str] = frozenset()
    voidable: frozenset[str] = frozenset()
    inherited: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()
    givers: Mapping[str, Reference] = field(default_factory=dict)

    def limits(self, column: str) -> Limits:
        """What the table's constraints allow a column."""
        return self.checks.limits.get(column, NO_LIMITS)


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


def givers_of(references: Iterable[Reference], given: Collection[str]) -> dict[str, Reference]:
    """Which reference gives each column that refers: the first, unless an author gave values or the row has its own."""
    found: dict[str, Reference] = {}
    for reference in references:
        for column in reference.columns:
            if column not in given and column not in reference.own:
                found.setdefault(column, reference)
    return found


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


@dataclass(frozen=True)
class Wanted:
    """A table whose rows are to be kept apart.

    Args:
        table: The table.
        checks: What its CHECK constraints allow.
        references: Its foreign keys.
        givers: Which of them gives each column.
        values: What authors gave for its columns.
        count: The rows that are wanted.
        asked: Whether somebody gave that number: fewer are refused then.
        inherited: Columns that differ already, as they refer to the rows of the class above.
        told: The column that tells classes apart, which hangs on the row's number and on nothing else.
        kinds: How many classes there are.
    """

    table: Table
    checks: Checks
    references: Sequence[Reference]
    givers: Mapping[str, Reference]
    values: Mapping[str, Values]
    count: int
    asked: bool
    inherited: tuple[str, ...] = ()
    told: str | None = None
    kinds: int = 1

    def domain(self, column: str) -> Domain | None:
        """The different values that a column can have; None where none are known, or they cannot be chosen."""
        given = self.values.get(column)
        if callable(given) or column == self.told:
            return None
        if given is not None:
            return listed(unlike(given))
        made = made_for(self.table.c[column], self.checks.limits.get(column, NO_LIMITS))
        return None if made is None else made.all

    def room(self, column: str) -> int:
        """How many different values a column can be given by the row's number."""
        if callable(self.values.get(column)):
            return LARGE
        domain = self.domain(column)
        return 0 if domain is None else domain.size


def unlike(values: Sequence[Any]) -> list[Any]:
    """Values without one twice, also those that have no hash."""
    found: list[Any] = []
    seen: set[str] = set()
    for value in values:
        if (written := repr(value)) not in seen:
            seen.add(written)
            found.append(value)
    return found


def kept_apart(wanted: Wanted, groups: Sequence[Group], counts: Mapping[Table, int]) -> Apart:
    """By which columns the rows of a table are kept apart where they must be, and how many there can be.

    Args:
        wanted: The table.
        groups: What must differ in it, what needs fewer columns first.
        counts: Rows of the tables that it refers to.

    Raises:
        GeneratingError: Fewer than were asked for can differ, or nothing is known that does.
    """
    distinct: set[str] = set()
    together: list[Together] = []
    switches: list[Switch] = []
    count = wanted.count
    done = [frozenset(wanted.inherited)] if wanted.inherited else []
    for group in groups:
        if any(one <= set(group.columns) for one in done):
            continue
        free = [column for column in group.columns if column not in wanted.givers]
        if (chosen := _numbered(wanted, free, count)) is not None:
            distinct.add(chosen)
            done.append(frozenset((chosen,)))
            continue
        if group.where is not None:
            switch = switch_of(wanted.table, group, wanted.checks.limits, _settled(wanted, distinct, together))
            if switch is not False:
                switches += [switch] if isinstance(switch, Switch) else []
                continue
        parts = _parts(group.columns, wanted)
        rooms = {column: wanted.room(column) for column in free if column != wanted.told}
        if 0 in rooms.values():
            raise GeneratingError(
                f"{wanted.table.fullname}: bench does not know {count:,} different values of {', '.join(rooms)}: "
                f"give values for one of them"
            )
        kinds = wanted.kinds if wanted.told in group.columns else 1
        most = prod([counts[one.table] for one in parts] + list(rooms.values())) * kinds
        if wanted.asked and most < count:
            raise too_many(wanted.table, count, group.columns, most)
        count = min(count, most)
        together.append(Together(group.columns, parts, tuple(rooms)))
        done.append(frozenset(group.columns))
    return Apart(count, frozenset(distinct), together, switches)


def too_many(table: Table, count: int, group: Sequence[str], most: int) -> GeneratingError:
    """That more rows are asked for than can differ."""
    return GeneratingError(
        f"{table.fullname}: {count:,} rows are asked for, and ({', '.join(group)}) is unique, of which there "
        f"are {most:,}: ask for fewer, or for more rows of what it refers to"
    )


def unknown(column: Column[Any]) -> GeneratingError:
    """That nothing is known that a column takes."""
    name = f"{column.table.fullname}.{column.name}"
    if isinstance(column.type, TypeDecorator):
        return GeneratingError(
            f"{name}: its type {type(column.type).__name__} does not take what bench makes: give values for it, or ask "
            f"for no rows of {column.table.fullname}"
        )
    return GeneratingError(f"{name}: bench knows no values of the type {column.type!r}: give some")


def _settled(wanted: Wanted, distinct: Iterable[str], together: Iterable[Together]) -> set[str]:
    of_groups = {column for one in together for column in one.group}
    return {*wanted.givers, *wanted.values, *distinct, *of_groups, wanted.told or ""}


def _parts(group: Sequence[str], wanted: Wanted) -> tuple[Reference, ...]:
    """The references that give a group's columns: those that it has whole before those that it has a part of."""
    whole = [one for one in wanted.references if set(one.columns) <= set(group) and one in wanted.givers.values()]
    covered = {column for one in whole for column in one.columns}
    rest = [wanted.givers[column] for column in group if column in wanted.givers and column not in covered]
    return tuple(dict.fromkeys([*whole, *rest]))


def _numbered(wanted: Wanted, columns: Sequence[str], count: int) -> str | None:
    """The column of several that can hold as many different values: the key first, then what can hold the most. What
    several rows of a tree share comes last.
    """
    own = {column for one in wanted.references for column in one.own}
    able = [
        (name in own, name not in wanted.table.primary_key.columns, -room, name)
        for name in columns
        if (room := wanted.room(name)) >= count
    ]
    return min(able)[3] if able else None
