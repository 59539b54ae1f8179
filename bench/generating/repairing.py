"""Changes rows so that they satisfy what CHECK constraints say of several columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from random import Random
from typing import Any

from bench.generating.errors import GeneratingError
from bench.generating.limits import Order
from bench.generating.rules import Rule

TRIES = 300
"""Changes of a row that are tried before it is given up."""
Columns = dict[str, list[Any]]


def put_in_order(
    columns: Columns, orders: Sequence[Order], fixed: Set[str], checked: Mapping[str, Callable[[Any], bool]]
) -> None:
    """Exchange values of two columns where they stand the wrong way round, until none do that can be exchanged."""
    orders = [
        one for one in orders if one.first in columns and one.second in columns and not {one.first, one.second} & fixed
    ]
    for _ in orders:
        for order in orders:
            first, second = columns[order.first], columns[order.second]
            takes_first, takes_second = checked[order.first], checked[order.second]
            for number, (one, other) in enumerate(zip(first, second, strict=True)):
                if one is None or other is None or type(one) is not type(other) or one <= other:
                    continue
                if takes_first(other) and takes_second(one):
                    first[number], second[number] = other, one


def repair(
    columns: Columns,
    rules: Sequence[Rule],
    checked: Mapping[str, Callable[[Any], bool]],
    fresh: Mapping[str, Callable[[Random], Any]],
    nullable: frozenset[str],
    whole: Columns,
    random: Random,
    table: str,
) -> None:
    """Change what may be changed of each row until all rules hold.

    Args:
        columns: The values of each column, row after row.
        rules: What must hold.
        checked: By column, whether it takes a value.
        fresh: What makes another value of a column, for those that may be changed.
        nullable: Columns that may be null.
        whole: Of those, the values of some before they were null here and there.
        random: For what is chosen.
        table: What it is called in messages.

    Raises:
        GeneratingError: No such row was found; the constraint is named.
    """
    names = list(columns)
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        row = dict(zip(names, values, strict=True))
        broken = next((one for one in rules if not one.holds(row)), None)
        if broken is None:
            continue
        before = {**row, **{name: values[number] for name, values in whole.items()}}
        for _ in range(TRIES):
            _change(row, before, broken, checked, fresh, nullable, random)
            broken = next((one for one in rules if not one.holds(row)), None)
            if broken is None:
                break
        else:
            raise GeneratingError(
                f"{table}: bench found no row that satisfies {broken.name}: give values for "
                f"{' or '.join(sorted(broken.columns))}"
            )
        for name, value in row.items():
            columns[name][number] = value


def _change(
    row: dict[str, Any],
    before: Mapping[str, Any],
    broken: Rule,
    checked: Mapping[str, Callable[[Any], bool]],
    fresh: Mapping[str, Callable[[Random], Any]],
    nullable: frozenset[str],
    random: Random,
) -> None:
    """Give one column another value: one that satisfies the rule where there is one."""
    of = [name for name in sorted(broken.columns) if name in fresh or name in nullable]
    if not of:
        return
    offers = [
        (name, value)
        for name in of
        for value in _offers(name, row, before, broken, fresh, nullable, random)
        if value is None or checked[name](value)
    ]
    if not offers:
        return
    good = [(name, value) for name, value in offers if broken.holds({**row, name: value})]
    name, value = random.choice(good or offers)
    row[name] = value


def _offers(
    name: str,
    row: Mapping[str, Any],
    before: Mapping[str, Any],
    broken: Rule,
    fresh: Mapping[str, Callable[[Random], Any]],
    nullable: frozenset[str],
    random: Random,
) -> Iterator[Any]:
    if name in nullable:
        yield None
    if before[name] is not None:
        yield before[name]
    if name not in fresh:
        return
    yield fresh[name](random)
    yield from broken.literals.get(name, ())
    for other in sorted(broken.columns - {name}):
        value = row.get(other)
        if value is not None and type(value) is type(before[name] if before[name] is not None else fresh[name](random)):
            yield value
            if isinstance(value, date | timedelta):
                yield value + timedelta(days=1)
                yield value - timedelta(days=1)
            elif isinstance(value, int) and not isinstance(value, bool):
                yield value + 1
                yield value - 1
