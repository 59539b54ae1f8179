"""How many rows each table has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.generating.hierarchies import Hierarchy
from bench.generating.limits import checks_of
from bench.generating.plans import (
    Apart,
    Reference,
    Values,
    Wanted,
    givers_of,
    kept_apart,
    references_of,
    too_many,
    usual_count,
)
from bench.generating.uniqueness import Group, OneToOne, unique_groups

if TYPE_CHECKING:
    from sqlalchemy import Table


class Counting:
    """How many rows each table has, those of the tables that it refers to being known first.

    Args:
        of: By each of their tables, the hierarchies of classes that inherit.
        amounts: How many rows were asked for, by a table's name.
        values: What authors gave, by `table.column`.
        single: What relationships to one object expect.
        scale: How many times the usual number.
    """

    def __init__(
        self,
        of: Mapping[Table, Hierarchy],
        amounts: Mapping[str, int],
        values: Mapping[str, Values],
        single: OneToOne,
        scale: int,
    ) -> None:
        self._hierarchies = of
        self._amounts = amounts
        self._values = values
        self._single = single
        self._scale = scale
        self._known: dict[Table, tuple[Wanted, Sequence[Group], Apart]] = {}
        self._asking: list[Table] = []

    def apart(self, table: Table) -> tuple[Wanted, Sequence[Group], Apart]:
        """What a table is to have, what must differ in it, and how many rows there are that do.

        Raises:
            GeneratingError: Fewer than were asked for.
        """
        if table not in self._known:
            self._asking.append(table)
            self._known[table] = self._apart(table)
            self._asking.pop()
        return self._known[table]

    def _apart(self, table: Table) -> tuple[Wanted, Sequence[Group], Apart]:
        groups = unique_groups(table, self._single)
        references = references_of(table)
        counts = {one.table: self._count(one.table) for one in references if one.table is not table}
        asked = self._asked(table)
        usual = usual_count(table, counts, self._scale)
        if any(not counts.get(one.table, 1) and not _may_be_null(one) for one in references):
            usual = 0  # there is nothing to refer to
        wanted = replace(self._wanted(table, references, usual if asked is None else asked), asked=asked is not None)
        hierarchy = self._hierarchies.get(table)
        if wanted.inherited and hierarchy is not None:
            wanted = replace(wanted, count=len(hierarchy.rows(table, self._count(hierarchy.table))), asked=False)
        found = kept_apart(wanted, groups, {**counts, table: wanted.count})
        if hierarchy is not None and hierarchy.table is table:
            found = replace(found, count=self._of_all_classes(hierarchy, found.count, asked=wanted.asked))
        return wanted, groups, found

    def _wanted(self, table: Table, references: Sequence[Reference], count: int) -> Wanted:
        prefix = f"{table.fullname}."
        given = {name.removeprefix(prefix): one for name, one in self._values.items() if name.startswith(prefix)}
        hierarchy = self._hierarchies.get(table)
        told = hierarchy.column if hierarchy is not None and hierarchy.table is table else None
        kinds = len(hierarchy.identities) if hierarchy is not None else 1
        inherited: tuple[str, ...] = ()
        if hierarchy is not None and hierarchy.table is not table:
            keys = {column.name for column in table.primary_key.columns}
            above = [one for one in references if set(one.columns) == keys]
            inherited = next((one.columns for one in above if self._hierarchies.get(one.table) is hierarchy), ())
        checks = checks_of(table)
        return Wanted(
            table, checks, references, givers_of(references, given), given, count, False, inherited, told, kinds
        )

    def _of_all_classes(self, hierarchy: Hierarchy, count: int, *, asked: bool) -> int:
        """The rows of the first table of a hierarchy of which each class can have its own in its table."""
        for table in sorted(hierarchy.of_table, key=lambda one: one.fullname):
            if table is hierarchy.table:
                continue
            references = references_of(table)
            counts = {
                one.table: count if one.table in hierarchy.of_table else self._count(one.table) for one in references
            }
            wanted = self._wanted(table, references, len(hierarchy.rows(table, count)))
            if not wanted.inherited:
                continue
            most = kept_apart(wanted, unique_groups(table, self._single), counts).count
            if asked and most < wanted.count:
                raise too_many(table, wanted.count, wanted.inherited, most)
            while len(hierarchy.rows(table, count)) > most:
                count -= 1
        return count

    def _asked(self, table: Table) -> int | None:
        asked = self._amounts.get(table.fullname, self._amounts.get(table.name))
        return None if asked is None else asked * self._scale

    def _count(self, table: Table) -> int:
        if table not in self._asking:
            return self.apart(table)[2].count
        # In a circle, which one that may be null opens, it does not matter who is counted first.
        asked = self._asked(table)
        return usual_count(table, {}, self._scale) if asked is None else asked


def _may_be_null(reference: Reference) -> bool:
    return any(reference.key.table.c[column].nullable for column in reference.columns)
