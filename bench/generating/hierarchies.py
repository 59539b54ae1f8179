"""Which rows of a table belong to which class, where classes inherit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper


@dataclass(frozen=True)
class Hierarchy:
    """The classes that are told apart by a column of a table, and their tables.

    `identities` are the values of the column, row after row in turn; `of_table` are the places of those whose rows
    stand in a table of their own too.
    """

    table: Table
    column: str
    identities: Sequence[Any]
    of_table: Mapping[Table, frozenset[int]]

    def rows(self, table: Table, count: int) -> Sequence[int]:
        """The numbers of the rows of the first table, of which there are `count`, that stand in another one too."""
        turns = len(self.identities)
        return [number for number in range(count) if number % turns in self.of_table[table]]


def hierarchies(mappers: Iterable[Mapper[Any]]) -> Mapping[Table, Hierarchy]:
    """The hierarchies of mapped classes, by each of their tables."""
    found: dict[Table, Hierarchy] = {}
    for base in sorted({mapper.base_mapper for mapper in mappers}, key=lambda one: one.class_.__qualname__):
        told_by = base.polymorphic_on
        if not isinstance(base.local_table, Table) or not isinstance(told_by, Column):
            continue
        if told_by.table is not base.local_table:
            continue
        classes = [one for one in base.self_and_descendants if one.polymorphic_identity is not None]
        classes = [one for one in classes if not one.concrete and not one.polymorphic_abstract]
        if not classes:
            continue
        tables = {one.local_table for one in base.self_and_descendants if isinstance(one.local_table, Table)}
        of_table = {
            table: frozenset(turn for turn, one in enumerate(classes) if table in one.tables) for table in tables
        }
        hierarchy = Hierarchy(base.local_table, told_by.name, [one.polymorphic_identity for one in classes], of_table)
        found.update(dict.fromkeys(tables, hierarchy))
    return found
