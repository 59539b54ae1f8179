"""`generated(Base)`: rows for mapped tables, made from their definition alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.orm import Mapper, configure_mappers, registry

from bench.dataset import PartOfTable
from bench.discovery import close_to
from bench.generating.counting import Counting
from bench.generating.documents import tried
from bench.generating.errors import GeneratingError
from bench.generating.hierarchies import Hierarchy, hierarchies
from bench.generating.plans import NO_LIMITS, Plan, Reference, Values, Wanted, references_of, unknown
from bench.generating.rows import Filling
from bench.generating.uniqueness import OneToOne, one_to_one
from bench.generating.values import is_moment, made_for

Mapped = Any
"""A declarative base, a registry, or metadata."""


class Generated:
    """Makes the rows of a dataset, as its `rows`: `generated` gives one."""

    def __init__(
        self,
        tables: Sequence[Table],
        of: Mapping[Table, Hierarchy],
        amounts: Mapping[str, int],
        values: Mapping[str, Values],
        single: OneToOne,
    ) -> None:
        self._tables = tables
        self._single = single
        self._hierarchies = of
        self._amounts = amounts
        self._values = values

    def __call__(self, scale: int, random: Random) -> Iterator[tuple[Any, Iterable[tuple[Any, ...]]]]:
        """Each table with its rows, those that others refer to first where they can be.

        Raises:
            GeneratingError: A constraint cannot be satisfied; the message names it, and what to give.
        """
        plans = self.plans(scale)
        filling = Filling(plans, self._hierarchies, self._values, random.getrandbits(64))
        for table, plan in plans.items():
            if plan.count:
                yield PartOfTable(table, tuple(column.name for column in plan.columns)), filling.rows(table)

    def ingredients(self) -> list[object]:
        """What its rows hang on, beside the tables."""
        given = [(name, _told(values)) for name, values in sorted(self._values.items())]
        makers = (path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py")))
        return [sorted(self._amounts.items()), given, *makers]

    def plans(self, scale: int = 1) -> Mapping[Table, Plan]:
        """How each table is filled.

        Raises:
            GeneratingError: As when it is called.
        """
        _refuse_cycles(self._tables)
        counting = Counting(self._hierarchies, self._amounts, self._values, self._single, scale)
        referred = {
            (one.table, name) for table in self._tables for one in references_of(table) for name in one.referred
        }
        return {
            table: self._plan(table, counting, {name for of, name in referred if of is table}) for table in self._tables
        }

    def _plan(self, table: Table, counting: Counting, referred: set[str]) -> Plan:
        wanted, groups, apart = counting.apart(table)
        checks = wanted.checks
        in_key = {column for group in groups for column in group.columns} | wanted.givers.keys()
        in_key |= {column for one in wanted.references for column in one.columns}
        in_key |= {one.column for one in apart.switches}
        # What a constraint compares with others is ours to choose, not the server's.
        in_key |= {column for rule in checks.rules for column in rule.columns}
        columns = [column for column in table.columns if self._is_filled(column, in_key)]
        alike = {column for group in groups if not group.nulls_apart for column in group.columns}
        required = {name for name, limits in checks.limits.items() if limits.required}
        voidable = {
            column.name
            for column in columns
            if column.nullable
            and column.name not in required | alike | referred
            and not column.primary_key
            and column.name not in wanted.values
            and column.name != wanted.told
        }
        self._refuse_unknown(wanted, apart.count, [one for one in columns if one.name not in voidable])
        together = {column for one in apart.together for column in (*one.group, *one.columns)}
        together |= {column for one in apart.together for reference in one.references for column in reference.columns}
        told = {wanted.told} if wanted.told is not None else set()
        called = {name for name, values in wanted.values.items() if callable(values)}
        return Plan(
            table,
            apart.count,
            checks,
            wanted.references,
            wanted.asked,
            apart.distinct,
            apart.together,
            apart.switches,
            columns,
            frozenset(voidable - together),
            frozenset(voidable),
            wanted.inherited,
            frozenset(apart.distinct | together | told | called | referred | {one.column for one in apart.switches}),
            wanted.givers,
        )

    def _refuse_unknown(self, wanted: Wanted, count: int, columns: Sequence[Column[Any]]) -> None:
        """Say of columns that need a value and that nothing is known to be taken by, before any row is made.

        Raises:
            GeneratingError: With the column.
        """
        for column in columns:
            if count and column.name not in {*wanted.givers, *wanted.values, wanted.told}:
                made = made_for(column, wanted.checks.limits.get(column.name, NO_LIMITS))
                if made is None:
                    raise unknown(column)

    def _is_filled(self, column: Column[Any], in_key: set[str]) -> bool:
        """Whether a column gets a value of ours: the server has one for some, which is as good."""
        if column.computed is not None:
            return False
        given = self._name(column) in self._values
        left_alone = column.server_default is not None and column.identity is None
        return given or not left_alone or column.name in in_key or is_moment(column) or self._is_discriminator(column)

    @staticmethod
    def _name(column: Column[Any]) -> str:
        return f"{column.table.fullname}.{column.name}"

    def _is_discriminator(self, column: Column[Any]) -> bool:
        hierarchy = self._hierarchies.get(column.table)
        return hierarchy is not None and hierarchy.table is column.table and hierarchy.column == column.name


def _told(values: Values) -> str:
    """What an author gave for a column, so that the same is told the same way in every process."""
    if not callable(values):
        return repr(values)
    try:
        return inspect.getsource(values)
    except (OSError, TypeError):  # compiled, or made by a call
        return str(getattr(values, "__qualname__", type(values).__qualname__))


def generated(
    mapped: Mapped, rows: Mapping[str, int] | None = None, values: Mapping[str, Values] | None = None
) -> Generated:
    """Rows for mapped tables that respect their types, lengths, keys and constraints: a dataset's `rows`.

    Args:
        mapped: A declarative base, a registry, or metadata; without classes, inheritance is not known.
        rows: How many rows a table has, by its name; others have 1,000, or 5 for each row that they refer to.
        values: What a column may have, by `table.column`: a list, or `f(number, random)`, which makes that of a row.

    Raises:
        GeneratingError: A name that is no table or column of it.
    """
    metadata = metadata_of(mapped)
    tables = [table for table in metadata.sorted_tables if not table.info.get("is_view")]
    amounts, given = dict(rows or {}), dict(values or {})
    names = {name for table in tables for name in (table.name, table.fullname)}
    for name in amounts:
        if name not in names:
            raise GeneratingError(f"rows are asked for {name!r}, which is no table{close_to(name, names)}")
    columns = {f"{table.fullname}.{column.name}" for table in tables for column in table.columns}
    for name in given:
        if name not in columns:
            raise GeneratingError(f"values are given for {name!r}, which is no column: name it as table.column")
    mappers = mappers_of(mapped)
    values = {**tried(mappers).made, **given}
    return Generated(tables, hierarchies(mappers), amounts, values, one_to_one(mappers))


def metadata_of(mapped: Mapped) -> MetaData:
    """The tables of a declarative base, of a registry, or metadata itself.

    Raises:
        GeneratingError: It is none of them.
    """
    metadata = mapped if isinstance(mapped, MetaData) else getattr(mapped, "metadata", None)
    if not isinstance(metadata, MetaData):
        raise GeneratingError(f"{mapped!r} has no tables: give a declarative base, a registry or metadata")
    return metadata


def mappers_of(mapped: Mapped) -> list[Mapper[Any]]:
    """The mappers of a declarative base or a registry; of metadata, those of its tables' classes that are known."""
    found = (
        mapped if isinstance(mapped, registry) else getattr(mapped, "registry", getattr(mapped, "_sa_registry", None))
    )
    if not isinstance(found, registry):
        return []
    configure_mappers()
    return list(found.mappers)


def _refuse_cycles(tables: Sequence[Table]) -> None:
    """Refuse tables of which none can have a first row.

    Raises:
        GeneratingError: With the keys of the circle.
    """
    needs: dict[Table, list[Reference]] = {
        table: [one for one in references_of(table) if _must_be_there_first(one)] for table in tables
    }
    done: set[Table] = set()

    def walk(table: Table, way: list[Reference]) -> None:
        for reference in needs.get(table, ()):
            on_the_way = [one.key.table for one in way]
            if reference.table in [*on_the_way, table]:
                circle = [*way, reference][[*on_the_way, table].index(reference.table) :]
                raise GeneratingError(
                    f"{', '.join(one.name for one in circle)} refer to each other in a circle and may not be null: no "
                    "row can be the first; have one of them be nullable, or DEFERRABLE INITIALLY DEFERRED"
                )
            if reference.table not in done:
                walk(reference.table, [*way, reference])
        done.add(table)

    for table in tables:
        walk(table, [])


def _must_be_there_first(reference: Reference) -> bool:
    own = reference.key.table
    nullable = any(own.c[column].nullable for column in reference.columns)
    return reference.table is not own and not nullable and not reference.key.deferrable
