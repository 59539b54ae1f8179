"""What makes the values of a column: at random, or all different."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Source = Callable[[range, Random], list[Any]]
"""Values of a column for the rows of these numbers, which count from 0."""
LARGE = 2**62
"""No range that Python can count the places of is longer."""


@dataclass(frozen=True)
class Domain:
    """Values that are all different, by their place: `at(0)` to `at(size - 1)`. None of them is made before it is asked
    for, so that there may be any number.

    `place` is where a value stands, or None where it is none of them.
    """

    size: int
    at: Callable[[int], Any]
    place: Callable[[Any], int | None] = lambda value: None

    def values(self, places: Iterable[int]) -> list[Any]:
        """The values at some places."""
        return list(map(self.at, places))

    def without(self, excluded: Iterable[Any]) -> Domain:
        """The same but for some values."""
        gaps: list[int] = []
        for value in excluded:
            place = self.place(value)
            if place is not None and 0 <= place < self.size and place not in gaps:
                insort(gaps, place)
        if not gaps:
            return self

        def at(place: int) -> Any:
            for gap in gaps:
                if place < gap:
                    break
                place += 1
            return self.at(place)

        return Domain(self.size - len(gaps), at)

    def at_random(self) -> Source:
        """Any of the values, again and again."""
        return lambda numbers, random: self.values(random.choices(range(min(self.size, LARGE)), k=len(numbers)))


@dataclass(frozen=True)
class Made:
    """What is made for a column: `some` at random, and `all` that are different; None where no two are known to be."""

    some: Source
    all: Domain | None

    def changed(self, change: Callable[[Any], Any]) -> Made:
        """The same values, each of them changed."""
        different = self.all
        every = different and Domain(different.size, lambda place: change(different.at(place)))
        return Made(lambda numbers, random: list(map(change, self.some(numbers, random))), every)


def listed(values: Sequence[Any]) -> Domain:
    """The values of a list."""
    return Domain(len(values), values.__getitem__, lambda value: values.index(value) if value in values else None)


def some_of(values: Sequence[Any]) -> Source:
    """Any of a list's values, again and again."""
    return lambda numbers, random: random.choices(values, k=len(numbers))
