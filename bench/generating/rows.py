"""Rows for tables of which nothing but their definition is known, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import prod
from random import Random
from typing import TYPE_CHECKING, Any

from bench.generating.hierarchies import Hierarchy
from bench.generating.plans import GeneratingError, Plan, Reference, Together
from bench.generating.source import Source
from bench.generating.values import domain, source_of

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

Values = Sequence[Any] | Callable[[int, Random], Any]
"""What a column's author gives for it: all that it may have, or `f(number, random)`, which makes that of a row."""

CHUNK = 10_000
"""Rows that are made at a time, so that memory stays flat."""
NULLS = 0.1
"""The share of rows in which a column that may be null is."""


class Filling:
    """The rows of several tables that refer to each other.

    Args:
        plans: How each table is filled.
        hierarchies: By each of their tables, those of classes that inherit.
        values: What authors gave, by `table.column`.
        seed: The same rows for the same number.
    """

    def __init__(
        self,
        plans: Mapping[Table, Plan],
        hierarchies: Mapping[Table, Hierarchy],
        values: Mapping[str, Values],
        seed: int,
    ) -> None:
        self._plans = plans
        self._hierarchies = hierarchies
        self._values = values
        self._seed = seed
        self._parents: dict[tuple[Table, tuple[str, ...]], Sequence[int | None]] = {}
        self._samples: dict[tuple[Table, Together], Mapping[Reference | str, Sequence[int]]] = {}
        self._whole: dict[tuple[Table, str], Sequence[Any]] = {}

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """The rows of a table, each with the values of the plan's columns in their order.

        Raises:
            GeneratingError: A column cannot be filled; the message says what to give.
        """
        plan = self._plans[table]
        for start in range(0, plan.count, CHUNK):
            numbers = range(start, min(start + CHUNK, plan.count))
            columns = {column.name: self._chunk(plan, column, numbers) for column in plan.columns}
            for order in plan.checks.orders:
                if order.first in columns and order.second in columns:
                    _put_in_order(columns[order.first], columns[order.second], strict=order.strict)
            yield from zip(*columns.values(), strict=True)

    def _random(self, *what: object) -> Random:
        return Random("|".join(map(str, (self._seed, *what))))

    def _chunk(self, plan: Plan, column: Column[Any], numbers: range) -> list[Any]:
        """The values of a column for some rows."""
        for reference in plan.references:
            if column.name in reference.columns:
                referred = reference.referred[reference.columns.index(column.name)]
                values = self._column(reference.table, referred)
                parents = self._parents_of(plan, reference)[numbers.start : numbers.stop]
                found = [None if at is None else values[at] for at in parents]
                return self._with_nulls(plan, column, reference.columns, numbers, found)
        for together in plan.together:
            if column.name in together.columns:
                few = domain(column, plan.limits(column.name)) or ()
                at = self._sampled(plan, together)[column.name]
                return [few[place] for place in at[numbers.start : numbers.stop]]
        random = self._random(plan.table.fullname, column.name, numbers.start)
        made = self._source(plan, column)(numbers, random)
        return self._with_nulls(plan, column, (column.name,), numbers, made)

    def _with_nulls(
        self, plan: Plan, column: Column[Any], keyed: Sequence[str], numbers: range, values: list[Any]
    ) -> list[Any]:
        """The values with a null here and there, in the same rows for all columns of a key."""
        if column.name not in plan.nullable:
            return values
        random = self._random(plan.table.fullname, *keyed, numbers.start, "null")
        return [None if random.random() < NULLS else value for value in values]

    def _source(self, plan: Plan, column: Column[Any]) -> Source:
        hierarchy = self._hierarchies.get(plan.table)
        if hierarchy is not None and hierarchy.table is plan.table and hierarchy.column == column.name:
            turns = hierarchy.identities
            return lambda numbers, _: [turns[number % len(turns)] for number in numbers]
        distinct = column.name in plan.distinct
        given = self._values.get(f"{plan.table.fullname}.{column.name}")
        if callable(given):
            made = given
            return lambda numbers, random: [made(number, random) for number in numbers]
        if given is not None:
            if distinct and len(given) < plan.count:
                raise GeneratingError(
                    f"{plan.table.fullname}.{column.name} is unique: {len(given):,} values are given for "
                    f"{plan.count:,} rows"
                )
            several = given
            if distinct:
                return lambda numbers, _: [several[number] for number in numbers]
            return lambda numbers, random: random.choices(several, k=len(numbers))
        source = source_of(column, plan.limits(column.name), distinct=distinct)
        if source is None:
            raise GeneratingError(
                f"{plan.table.fullname}.{column.name}: bench knows no values of the type {column.type!r}: give some"
            )
        return source

    def _column(self, table: Table, name: str) -> Sequence[Any]:
        """All values of a column that others refer to."""
        if (table, name) not in self._whole:
            plan = self._plans[table]
            starts = range(0, plan.count, CHUNK)
            self._whole[table, name] = [
                value
                for start in starts
                for value in self._chunk(plan, table.c[name], range(start, min(start + CHUNK, plan.count)))
            ]
        return self._whole[table, name]

    def _parents_of(self, plan: Plan, reference: Reference) -> Sequence[int | None]:
        """The number of the row that each row refers to."""
        key = (plan.table, reference.columns)
        if key not in self._parents:
            self._parents[key] = self._made_parents(plan, reference)
        return self._parents[key]

    def _made_parents(self, plan: Plan, reference: Reference) -> Sequence[int | None]:
        hierarchy = self._hierarchies.get(plan.table)
        if hierarchy is not None and hierarchy is self._hierarchies.get(reference.table):
            inherited = self._inherited(plan, reference, hierarchy)
            if inherited is not None:
                return inherited
        for together in plan.together:
            if reference in together.references:
                return list(self._sampled(plan, together)[reference])
        random = self._random(plan.table.fullname, *reference.columns)
        count, most = plan.count, self._plans[reference.table].count
        if not most:
            if not count or any(plan.table.c[column].nullable for column in reference.columns):
                return [None] * count
            raise GeneratingError(
                f"{reference.name} refers to {reference.table.fullname}, which has no rows: give it some"
            )
        if reference.table is plan.table:
            return self._earlier(plan, reference, random)
        if shared := self._shared(plan, reference):
            return self._agreeing(plan, reference, shared, random)
        return random.choices(range(most), k=count)

    def _inherited(self, plan: Plan, reference: Reference, hierarchy: Hierarchy) -> Sequence[int] | None:
        """The rows of the table that a table inherits from; None where this is no such reference."""
        if set(reference.columns) != {column.name for column in plan.table.primary_key.columns}:
            return None
        if plan.table is hierarchy.table:
            return None
        count = self._plans[hierarchy.table].count
        place = {number: at for at, number in enumerate(hierarchy.rows(reference.table, count))}
        return [place[number] for number in hierarchy.rows(plan.table, count)]

    def _earlier(self, plan: Plan, reference: Reference, random: Random) -> list[int | None]:
        """For each row of a tree one before it. The first refers to none, or to itself where it must refer to one."""
        shared = self._shared(plan, reference)
        whole = range(plan.count)
        roots = any(plan.table.c[name].nullable for name in reference.columns if name not in shared)
        keys = zip(*(self._chunk(plan, plan.table.c[name], whole) for name in shared), strict=True) if shared else None
        offered: dict[tuple[Any, ...], list[int]] = {}
        found: list[int | None] = []
        for number in whole:
            places = offered.setdefault(next(keys) if keys is not None else (), [])
            found.append(random.choice(places) if places else None if roots else number)
            places.append(number)
        return found

    def _shared(self, plan: Plan, reference: Reference) -> list[str]:
        """The columns of a reference whose values another reference before it gives already."""
        before = plan.references[: plan.references.index(reference)]
        taken = {column for other in before for column in other.columns}
        return [column for column in reference.columns if column in taken]

    def _agreeing(self, plan: Plan, reference: Reference, shared: Sequence[str], random: Random) -> list[int | None]:
        """Rows to refer to that agree with what other references say of the columns that both have."""
        whole = range(plan.count)
        wanted = list(zip(*(self._chunk(plan, plan.table.c[name], whole) for name in shared), strict=True))
        referred = [reference.referred[reference.columns.index(name)] for name in shared]
        offered: dict[tuple[Any, ...], list[int]] = {}
        there = zip(*(self._column(reference.table, name) for name in referred), strict=True)
        for number, key in enumerate(there):
            offered.setdefault(key, []).append(number)
        free = [name for name in reference.columns if name not in shared]
        may_be_null = all(plan.table.c[name].nullable for name in free) and bool(free)
        found: list[int | None] = []
        for key in wanted:
            places = offered.get(key)
            if places is None and not may_be_null and None not in key:
                raise GeneratingError(
                    f"{reference.name}: no row of {reference.table.fullname} has what the row's other keys say: "
                    f"ask for more rows of {reference.table.fullname}"
                )
            found.append(random.choice(places) if places else None)
        return found

    def _sampled(self, plan: Plan, together: Together) -> Mapping[Reference | str, Sequence[int]]:
        """For what is different only taken together: for each part of it the place that each row has there."""
        key = (plan.table, together)
        if key not in self._samples:
            parts: list[Reference | str] = [*together.references, *together.columns]
            sizes = [
                self._plans[part.table].count
                if isinstance(part, Reference)
                else len(domain(plan.table.c[part], plan.limits(part)) or ())
                for part in parts
            ]
            random = self._random(plan.table.fullname, *map(str, together.columns), "together")
            sample = random.sample(range(prod(sizes)), plan.count)
            places: dict[Reference | str, Sequence[int]] = {}
            for part, size in zip(parts, sizes, strict=True):
                places[part] = [number % size for number in sample]
                sample = [number // size for number in sample]
            self._samples[key] = places
        return self._samples[key]


def _put_in_order(first: list[Any], second: list[Any], *, strict: bool) -> None:
    """Exchange values of two columns where they stand the wrong way round."""
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        if one is None or other is None:
            continue
        if one > other:
            first[number], second[number] = other, one
        elif strict and one == other:
            second[number] = other + (timedelta(days=1) if isinstance(other, date | timedelta) else 1)
