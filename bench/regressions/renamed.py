"""What a strategy, a point or a scenario that has vanished may be called now: a renamed one must not pass unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.statement_texts import normal_form

ALIKE_CODE = 0.9
"""The similarity from which code is the same under another name: strategies of one scenario are much alike anyway."""


def new_name_of_strategy(vanished: StrategyResult, appeared: Iterable[StrategyResult]) -> str | None:
    """The one of those that appeared whose code is nearly the same, or that sends the same statements; else None."""
    likeness = {one.name: _likeness(vanished, one) for one in appeared}
    best = max(likeness, key=lambda name: likeness[name], default=None)
    return best if best is not None and likeness[best] >= ALIKE_CODE else None


def new_name_of_scenario(vanished: ScenarioResult, appeared: Iterable[ScenarioResult]) -> str | None:
    """The one of those that appeared whose strategies have nearly the same code; else None."""
    code = _code_of_all(vanished)
    likeness = {one.name: alike(code, _code_of_all(one)) for one in appeared}
    best = max(likeness, key=lambda name: likeness[name], default=None)
    return best if best is not None and likeness[best] >= ALIKE_CODE else None


def new_choice_of_point(vanished: PointResult, appeared: Iterable[PointResult]) -> str | None:
    """The one of those that appeared which has the same values under other names, as `name=value`; else None."""
    values = _values(vanished)
    for one in appeared:
        if one.rtt_ms == vanished.rtt_ms and _values(one) == values:
            return ", ".join(f"{name}={value}" for name, value in one.params.items())
    return None


def _likeness(one: StrategyResult, other: StrategyResult) -> float:
    sent = _sent(one)
    if sent and sent == _sent(other):
        return 1.0 + alike(_code(one), _code(other))
    return alike(_code(one), _code(other))


def _sent(strategy: StrategyResult) -> dict[str, int]:
    return {normal_form(statement.sql): statement.calls for statement in strategy.statements}


def words_of(code: str, name: str) -> list[str]:
    """The words of a strategy's code but for its name."""
    return [word for word in re.findall(r"\w+|[^\w\s]", code) if word != name]


def _code(strategy: StrategyResult) -> list[str]:
    return words_of(strategy.code, strategy.name)


def _code_of_all(scenario: ScenarioResult) -> list[str]:
    point = next((point for point in scenario.points if point.strategies), None)
    return [word for strategy in (point.strategies if point else ()) for word in _code(strategy)]


def alike(one: list[str], other: list[str]) -> float:
    """How alike two texts are by their words, 0 to 1; 0 where that is not enough for a new name."""
    if not one or not other:
        return 0.0
    matcher = SequenceMatcher(None, one, other)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE_CODE else 0.0


def _values(point: PointResult) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True) for value in point.params.values())
