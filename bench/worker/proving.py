"""Whether the calls of a proof returned, and left in the tables, what the reference strategy's did."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bench.equality import first_difference
from bench.pipe import Message
from bench.scenario import Scenario


@dataclass(frozen=True)
class Outcome:
    """What came of a call: what it returned, and what it left in the tables, or None of one that only reads."""

    result: Any
    left: Any


class Proof:
    """What the reference (the baseline) of a scenario gave in each call of its proof, and how others differ from it."""

    def __init__(self, scenario: Scenario, *, hides_values: bool) -> None:
        self._scenario = scenario
        self._hides_values = hides_values
        self._expected: list[Outcome] = []

    def compared(self, result: Any) -> Any:
        """What is compared of a result: all of it, unless the scenario says otherwise."""
        return result if self._scenario.compared is None else self._scenario.compared(result)

    def of_reference(self, number: int, outcome: Outcome) -> Message:
        """Keep what the reference gave in its call of that number, from 0, and compare that with its first call.

        Raises:
            NotPlainError: It returned something that cannot be compared, such as an entity.
        """
        if number == 0:
            self._expected.clear()  # of one that contradicted itself before
        self._expected.append(outcome)
        said = self.of(number, outcome)
        if said["difference"] is None:
            self._expected[-1] = replace(outcome, result=_copied(outcome.result))
        return said

    def of(self, number: int, outcome: Outcome) -> Message:
        """The first difference from what the reference gave, or None, and whether the proof says nothing: the reference
        returned None and left nothing, so that whatever does nothing is equal to it.

        Raises:
            NotPlainError: It returned something that cannot be compared, such as an entity.
        """
        # Without inputs both calls are one question, so that a baseline which contradicts itself shows too.
        difference = self._difference(self._expected[number if self._scenario.inputs else 0], outcome)
        says_nothing = all(one.result is None and one.left is None for one in self._expected)
        return {"difference": difference, "says_nothing": says_nothing}

    def difference(self, number: int, outcome: Outcome) -> str | None:
        """The first difference from what the reference gave in its call of that number, or None where nothing is known
        of it.

        Raises:
            NotPlainError: It returned something that cannot be compared, such as an entity.
        """
        return self._difference(self._expected[number], outcome) if self._expected else None

    def _difference(self, expected: Outcome, outcome: Outcome) -> str | None:
        shows_values = not self._hides_values
        of_results = first_difference(
            expected.result, outcome.result, ordered=self._scenario.ordered, shows_values=shows_values
        )
        if of_results is not None:
            return of_results
        of_tables = first_difference(expected.left, outcome.left, ordered=False, shows_values=shows_values)
        return None if of_tables is None else f"left in the tables: {of_tables}"


def _copied(result: Any) -> Any:
    """A copy of a result that was found to be plain: later calls may change the very object, and return it again."""
    # Pickle copies much faster than deepcopy; neither takes all that is plain, such as the keys of a dictionary.
    with suppress(Exception):
        return pickle.loads(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own bytes
    with suppress(Exception):
        return copy.deepcopy(result)
    return result
