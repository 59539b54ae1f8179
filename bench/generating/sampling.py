"""Rows of other tables, and few values, so chosen that what has to be different together is, and rows agree."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from random import Random
from typing import Any

from bench.generating.plans import Reference, Together
from bench.generating.rules import Rule
from bench.generating.source import LARGE, Domain

Part = Reference | str
"""What is chosen: a row of another table, or a value of a column."""
TRIES = 30
"""Choices at random before all that there are are looked at."""
MOST_LISTED = 300_000
"""Choices that are listed at most."""


@dataclass(frozen=True)
class Component:
    """What is chosen at once for a row: parts, groups of columns that have to differ, rules between columns, and the
    columns that get their values so.
    """

    parts: Sequence[Part]
    groups: Sequence[Together]
    rules: Sequence[Rule]
    given: frozenset[str]


@dataclass(frozen=True)
class Around:
    """What a choice hangs on.

    Args:
        size: How many rows or values a part has.
        values: Of a reference to another table, the values of the column that one of its columns refers to.
        own: The values of a column that is no part, row after row.
        domain: The values of the columns that are parts.
        may_be_null: Whether a reference may refer to nothing.
    """

    size: Mapping[Part, int]
    values: Callable[[Reference, str], Sequence[Any]]
    own: Callable[[str], Sequence[Any]]
    domain: Mapping[str, Domain]
    may_be_null: Callable[[Reference], bool]


def sampled(component: Component, count: int, around: Around, random: Random) -> Mapping[Part, Sequence[int | None]]:
    """For each part the place that each row has there: for `count` rows, or for as many as there are."""
    columns = [column for part in component.parts for column in _columns(part)]
    alone = (
        len(component.groups) == 1
        and not component.rules
        and len(set(columns)) == len(columns)
        and set(columns) == component.given == set(component.groups[0].group)
        and not any(_is_of_itself(part) for part in component.parts)
    )
    return _product(component.parts, count, around, random) if alone else _Choice(component, around, random).made(count)


def _product(parts: Sequence[Part], count: int, around: Around, random: Random) -> Mapping[Part, Sequence[int]]:
    """Any combinations, none twice."""
    sizes = [around.size[part] for part in parts]
    sample = _different(prod(sizes), count, random)
    places: dict[Part, Sequence[int]] = {}
    for part, size in zip(parts, sizes, strict=True):
        places[part] = [number % size for number in sample]
        sample = [number // size for number in sample]
    return places


def _different(size: int, count: int, random: Random) -> list[int]:
    """Numbers below a size, none twice; fewer where there are fewer."""
    if size <= LARGE:
        return random.sample(range(size), min(size, count))
    found: dict[int, None] = {}
    while len(found) < count:
        found[random.randrange(size)] = None
    return list(found)


def _columns(part: Part) -> tuple[str, ...]:
    return (part,) if isinstance(part, str) else part.columns


def _is_of_itself(part: Part) -> bool:
    return isinstance(part, Reference) and part.table is part.key.table


class _Choice:
    """Chooses row after row, and remembers what is taken."""

    def __init__(self, component: Component, around: Around, random: Random) -> None:
        self._component = component
        self._around = around
        self._random = random
        self._taken: list[set[tuple[Any, ...]]] = [set() for _ in component.groups]
        self._offered: dict[tuple[Reference, tuple[str, ...]], dict[tuple[Any, ...], list[int]]] = {}
        self._listed: dict[tuple[Any, ...], Iterator[list[int | None]]] = {}
        parts = component.parts
        needed = {column for part in parts for column in _columns(part)}
        needed |= {column for one in component.groups for column in one.group}
        needed |= {column for one in component.rules for column in one.columns}
        self._own = {column: around.own(column) for column in sorted(needed - component.given)}

    def made(self, count: int) -> Mapping[Part, Sequence[int | None]]:
        """The places of up to so many rows."""
        parts = self._component.parts
        found: list[list[int | None]] = []
        for number in range(count):
            own = {column: values[number] for column, values in self._own.items()}
            chosen = self._one(number, own)
            if chosen is None:
                break
            found.append(chosen)
        columns: list[Sequence[int | None]] = list(zip(*found, strict=True)) if found else [() for _ in parts]
        return dict(zip(parts, columns, strict=True))

    def _one(self, number: int, own: Mapping[str, Any]) -> list[int | None] | None:
        """The places of one row; None where there are none any more."""
        for _ in range(TRIES):
            values, places = dict(own), []
            for part in self._component.parts:
                at = self._at_random(part, number, values)
                if at is None:
                    break
                places.append(at if at >= 0 else None)
                self._put(part, at, values)
            if len(places) == len(self._component.parts) and self._takes(number, values):
                return places
        if any(_is_of_itself(part) for part in self._component.parts):
            return self._without_itself(number, own)
        key = tuple(map(repr, own.values()))
        if key not in self._listed:
            everything = list(islice(self._every(list(self._component.parts), own), MOST_LISTED))
            self._random.shuffle(everything)
            self._listed[key] = iter(everything)
        for places in self._listed[key]:
            if self._takes(number, self._valued(places, own)):
                return places
        return None

    def _without_itself(self, number: int, own: Mapping[str, Any]) -> list[int | None] | None:
        """The same with no row of the table itself, where that may be: nothing is different from nothing."""
        for _ in range(TRIES):
            values, places = dict(own), list[int | None]()
            for part in self._component.parts:
                at: int | None = -1
                if not (isinstance(part, Reference) and _is_of_itself(part) and self._around.may_be_null(part)):
                    at = self._at_random(part, number, values)
                if at is None:
                    break
                places.append(at if at >= 0 else None)
                self._put(part, at, values)
            if len(places) == len(self._component.parts) and self._takes(number, values):
                return places
        return None

    def _at_random(self, part: Part, number: int, values: Mapping[str, Any]) -> int | None:
        """A place of a part; -1 refers to nothing, None is that there is none."""
        if isinstance(part, str):
            return self._random.randrange(self._around.size[part])
        shared = tuple(column for column in part.columns if column in values)
        itself = _is_of_itself(part)
        if not shared:
            most = number if itself else self._around.size[part]
            if most:
                return self._random.randrange(most)
        else:
            places = self._offers(part, shared).get(tuple(values[column] for column in shared), [])
            most = bisect_left(places, number) if itself else len(places)
            if most:
                return places[self._random.randrange(most)]
        if self._around.may_be_null(part):
            return -1
        return number if itself else None

    def _offers(self, part: Reference, shared: tuple[str, ...]) -> dict[tuple[Any, ...], list[int]]:
        """The rows of a table by the values that have to agree; those of the table itself come as they are made."""
        if (part, shared) not in self._offered:
            offered: dict[tuple[Any, ...], list[int]] = {}
            if not _is_of_itself(part):
                columns = [self._around.values(part, column) for column in shared]
                for place, key in enumerate(zip(*columns, strict=True)):
                    offered.setdefault(key, []).append(place)
            self._offered[part, shared] = offered
        return self._offered[part, shared]

    def _put(self, part: Part, place: int | None, values: dict[str, Any]) -> None:
        if isinstance(part, str):
            values[part] = self._around.domain[part].at(place or 0)
            return
        for column in part.columns:
            if column in values:
                continue
            if place is None or place < 0:
                values[column] = None
            elif _is_of_itself(part):
                # Which row it is tells as much as what is in it.
                values[column] = place
            else:
                values[column] = self._around.values(part, column)[place]

    def _valued(self, places: Sequence[int | None], own: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(own)
        for part, place in zip(self._component.parts, places, strict=True):
            self._put(part, place, values)
        return values

    def _every(self, parts: list[Part], values: Mapping[str, Any]) -> Iterator[list[int | None]]:
        """All choices that agree."""
        if not parts:
            yield []
            return
        part, *others = parts
        places: Sequence[int] = range(min(self._around.size[part], MOST_LISTED))
        if isinstance(part, Reference) and (shared := tuple(one for one in part.columns if one in values)):
            places = self._offers(part, shared).get(tuple(values[column] for column in shared), [])
        for place in places:
            more = dict(values)
            self._put(part, place, more)
            for rest in self._every(others, more):
                yield [place, *rest]

    def _takes(self, number: int, values: Mapping[str, Any]) -> bool:
        """Whether a row is different and satisfies the rules; it is remembered then."""
        if not all(rule.holds(values) for rule in self._component.rules):
            return False
        keys = [tuple(values[column] for column in one.group) for one in self._component.groups]
        if any(key in taken and None not in key for key, taken in zip(keys, self._taken, strict=True)):
            return False
        for key, taken in zip(keys, self._taken, strict=True):
            taken.add(key)
        for (part, shared), offered in self._offered.items():
            if _is_of_itself(part):
                offered.setdefault(tuple(values[column] for column in shared), []).append(number)
        return True
