"""Rows for tables of which nothing but their definition is known, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from bench.generating.components import components_of
from bench.generating.errors import GeneratingError
from bench.generating.hierarchies import Hierarchy
from bench.generating.plans import Plan, Reference, Values, too_many, unknown, unlike
from bench.generating.repairing import put_in_order, repair
from bench.generating.sampling import Around, Component, Part, sampled
from bench.generating.source import Domain, Source, listed
from bench.generating.uniqueness import wants_any
from bench.generating.values import made_for

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

CHUNK = 10_000
"""Rows that are made at a time, so that memory stays flat."""
NULLS = 0.1
"""The share of rows in which a column that may be null is."""
SIBLINGS = 20
"""Rows of a tree that have the same in a column that all of it shares."""


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
        self._samples: dict[Table, Mapping[Part, Sequence[int | None]]] = {}
        self._sampling: set[Table] = set()
        self._whole: dict[tuple[Table, str], Sequence[Any]] = {}

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """The rows of a table, each with the values of the plan's columns in their order.

        Raises:
            GeneratingError: A column cannot be filled; the message says what to give.
        """
        plan = self._plans[table]
        count = self._count(table)
        repeated = [self._repeated(plan, switch.group) for switch in plan.switches]
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            columns = {column.name: self._chunk(plan, column, numbers) for column in plan.columns}
            for switch, repeats in zip(plan.switches, repeated, strict=True):
                values = columns[switch.column]
                any_other = self._other(plan, switch.column, numbers)
                for at, number in enumerate(numbers):
                    if number in repeats and switch.counts(values[at]):
                        values[at] = any_other() if wants_any(switch) else switch.other
            self._hold_to_checks(plan, columns, numbers)
            yield from zip(*columns.values(), strict=True)

    def _other(self, plan: Plan, name: str, numbers: range) -> Callable[[], Any]:
        """Makes further values of a column."""
        random = self._random(plan.table.fullname, name, numbers.start, "other")
        one = _one_of(self._source(plan, plan.table.c[name]), numbers)
        return lambda: one(random)

    def _repeated(self, plan: Plan, group: Sequence[str]) -> set[int]:
        """The rows that have in some columns what another before them has."""
        seen: set[tuple[Any, ...]] = set()
        found: set[int] = set()
        for number, key in enumerate(zip(*(self._column(plan.table, name) for name in group), strict=True)):
            if key in seen:
                found.add(number)
            elif None not in key:
                seen.add(key)
        return found

    def _hold_to_checks(self, plan: Plan, columns: dict[str, list[Any]], numbers: range) -> None:
        """Have the rows satisfy what constraints say of several columns."""
        fixed = plan.fixed | plan.givers.keys()
        rules = [one for one in plan.checks.rules if one.columns <= columns.keys()]
        if not rules:
            return
        checked = {name: plan.limits(name).allows for one in rules for name in one.columns}
        put_in_order(columns, plan.checks.orders, fixed, checked)
        changeable = {name for one in rules for name in one.columns} - fixed
        random = self._random(plan.table.fullname, numbers.start, "checks")
        sources = {name: self._source(plan, plan.table.c[name]) for name in sorted(changeable)}
        repair(
            columns,
            rules,
            checked,
            {name: _one_of(source, numbers) for name, source in sources.items()},
            plan.voidable,
            {name: self._unbroken(plan, plan.table.c[name], numbers) for one in rules for name in one.columns},
            random,
            plan.table.fullname,
        )

    def _random(self, *what: object) -> Random:
        return Random("|".join(map(str, (self._seed, *what))))

    def _count(self, table: Table) -> int:
        """How many rows a table has: as planned, or as many as differ.

        Raises:
            GeneratingError: That are fewer than were asked for.
        """
        plan = self._plans[table]
        if table in self._sampling or not plan.count:
            return plan.count
        places = self._sampled(plan)
        count = min((len(each) for each in places.values()), default=plan.count)
        if plan.inherited:
            hierarchy = self._hierarchies[table]
            of_class = len(hierarchy.rows(table, self._count(hierarchy.table)))
            if count < min(of_class, plan.count):
                raise too_many(table, of_class, plan.together[0].group, count)
            return of_class
        if plan.asked and count < plan.count:
            groups = plan.together[0].group if plan.together else tuple(plan.givers)
            raise too_many(table, plan.count, groups, count)
        return count

    def _chunk(self, plan: Plan, column: Column[Any], numbers: range) -> list[Any]:
        """The values of a column for some rows."""
        keyed = plan.givers[column.name].columns if column.name in plan.givers else (column.name,)
        return self._with_nulls(plan, column, keyed, numbers, self._unbroken(plan, column, numbers))

    def _unbroken(self, plan: Plan, column: Column[Any], numbers: range) -> list[Any]:
        """The same before any of them is null."""
        reference = plan.givers.get(column.name)
        if reference is not None:
            referred = reference.referred[reference.columns.index(column.name)]
            values = self._column(reference.table, referred)
            parents = self._parents_of(plan, reference)[numbers.start : numbers.stop]
            return [None if at is None else values[at] for at in parents]
        if (places := self._sampled(plan).get(column.name)) is not None:
            domain = self._domain(plan, column.name)
            return [None if at is None else domain.at(at) for at in places[numbers.start : numbers.stop]]
        random = self._random(plan.table.fullname, column.name, numbers.start)
        return self._source(plan, column)(numbers, random)

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
        given = self._values.get(f"{plan.table.fullname}.{column.name}")
        if callable(given):
            return lambda numbers, random: [given(number, random) for number in numbers]
        if column.name in plan.distinct:
            return lambda numbers, _: self._domain(plan, column.name).values(numbers)
        if given is not None:
            return lambda numbers, random: random.choices(given, k=len(numbers))
        made = made_for(column, plan.limits(column.name))
        if made is None and column.name in plan.voidable:
            return lambda numbers, _: [None] * len(numbers)
        if made is None:
            raise unknown(column)
        if made.all is not None and any(column.name in one.own for one in plan.references):
            few, domain = max(1, min(plan.count // SIBLINGS, made.all.size)), made.all
            return lambda numbers, random: domain.values(random.choices(range(few), k=len(numbers)))
        return made.some

    def _domain(self, plan: Plan, name: str) -> Domain:
        """The different values of a column of which some are known."""
        given = self._values.get(f"{plan.table.fullname}.{name}")
        if given is not None and not callable(given):
            return listed(unlike(given))
        made = made_for(plan.table.c[name], plan.limits(name))
        assert made is not None and made.all is not None  # noqa: S101, PT018 - plans choose no other
        return made.all

    def _column(self, table: Table, name: str) -> Sequence[Any]:
        """All values of a column that others refer to."""
        if (table, name) not in self._whole:
            plan, count = self._plans[table], self._count(table)
            self._whole[table, name] = [
                value
                for start in range(0, count, CHUNK)
                for value in self._chunk(plan, table.c[name], range(start, min(start + CHUNK, count)))
            ]
        return self._whole[table, name]

    def _parents_of(self, plan: Plan, reference: Reference) -> Sequence[int | None]:
        """The number of the row that each row refers to."""
        key = (plan.table, reference.columns)
        if key not in self._parents:
            self._parents[key] = self._made_parents(plan, reference)
        return self._parents[key]

    def _made_parents(self, plan: Plan, reference: Reference) -> Sequence[int | None]:
        if (inherited := self._inherited(plan, reference)) is not None:
            return inherited
        places = self._sampled(plan)
        if reference in places:
            return places[reference]
        random = self._random(plan.table.fullname, *reference.columns)
        count, most = self._count(plan.table), self._count(reference.table)
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

    def _inherited(self, plan: Plan, reference: Reference) -> Sequence[int] | None:
        """The rows of the table that a table inherits from; None where this is no such reference."""
        hierarchy = self._hierarchies.get(plan.table)
        if hierarchy is None or reference.columns != plan.inherited:
            return None
        if hierarchy is not self._hierarchies.get(reference.table):
            return None
        count = self._count(hierarchy.table)
        place = {number: at for at, number in enumerate(hierarchy.rows(reference.table, count))}
        return [place[number] for number in hierarchy.rows(plan.table, count)]

    def _earlier(self, plan: Plan, reference: Reference, random: Random) -> list[int | None]:
        """For each row of a tree one before it. The first refers to none, or to itself where it must refer to one."""
        shared = self._shared(plan, reference)
        whole = range(self._count(plan.table))
        roots = any(plan.table.c[name].nullable for name in reference.columns if name not in shared)
        keys = zip(*(self._column(plan.table, name) for name in shared), strict=True) if shared else None
        offered: dict[tuple[Any, ...], list[int]] = {}
        found: list[int | None] = []
        for number in whole:
            places = offered.setdefault(next(keys) if keys is not None else (), [])
            found.append(random.choice(places) if places else None if roots else number)
            places.append(number)
        return found

    @staticmethod
    def _shared(plan: Plan, reference: Reference) -> list[str]:
        """The columns of a reference whose values do not come from it: it has to agree with them."""
        return [column for column in reference.columns if plan.givers.get(column) is not reference]

    def _agreeing(self, plan: Plan, reference: Reference, shared: Sequence[str], random: Random) -> list[int | None]:
        """Rows to refer to that agree with what other references say of the columns that both have."""
        wanted = list(zip(*(self._column(plan.table, name) for name in shared), strict=True))
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

    def _sampled(self, plan: Plan) -> Mapping[Part, Sequence[int | None]]:
        """For what has to be different, or to agree, only together: for each part the place that each row has there."""
        table = plan.table
        if table not in self._samples and table not in self._sampling:
            self._sampling.add(table)
            try:
                above = next((one for one in plan.references if one.columns == plan.inherited), None)
                found: dict[Part, Sequence[int | None]] = {}
                for component in components_of(plan, above):
                    found.update(self._sample_of(plan, component))
                self._samples[table] = found
            finally:
                self._sampling.discard(table)
                # What was asked for meanwhile was made for more rows than there may be.
                self._whole = {key: values for key, values in self._whole.items() if key[0] is not table}
        return self._samples.get(table, {})

    def _sample_of(self, plan: Plan, component: Component) -> Mapping[Part, Sequence[int | None]]:
        def values(reference: Reference, column: str) -> Sequence[Any]:
            return self._column(reference.table, reference.referred[reference.columns.index(column)])

        def size(part: Part) -> int:
            return self._count(part.table) if isinstance(part, Reference) else self._domain(plan, part).size

        def may_be_null(reference: Reference) -> bool:
            free = [name for name in reference.columns if plan.givers.get(name) is reference]
            return bool(free) and all(name in plan.voidable for name in free)

        names = [name for part in component.parts for name in ((part,) if isinstance(part, str) else part.columns)]
        random = self._random(plan.table.fullname, *names, "together")
        domains = {part: self._domain(plan, part) for part in component.parts if isinstance(part, str)}
        around = Around(
            {part: size(part) for part in component.parts},
            values,
            lambda column: self._column(plan.table, column),
            domains,
            may_be_null,
        )
        return sampled(component, plan.count, around, random)


def _one_of(source: Source, numbers: range) -> Callable[[Random], Any]:
    return lambda random: source(numbers[:1], random)[0]
