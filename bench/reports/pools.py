"""What loads of the same units say of pools: the smallest that is large enough, and how latency grows with the load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.crossings import ranks_nothing
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.formatting import ABSENT, code, count, markdown, milliseconds

ENOUGH = 1.05
"""The time of a load, against the fastest one's, up to which its throughput is within 5 % of the best."""


def pool_sentences(point: PointResult, quoted: Callable[[str], str]) -> list[str]:
    """One that names the smallest pool within 5 % of the best throughput, and who has the best 99th percentile; none
    where pools of different sizes were not compared.

    Args:
        point: What was measured.
        quoted: How names of strategies are written.
    """
    loaded = _comparable(point)
    sized = [one for one in loaded if _size(one) is not None]
    enough = [one for one in sized if one.behind is not None and one.behind <= ENOUGH]
    if len({_size(one) for one in sized}) < 2 or not enough:
        return []
    smallest = min(enough, key=lambda one: (_size(one) or 0, one.median_ms))
    smaller = [one for one in sized if (_size(one) or 0) < (_size(smallest) or 0)]
    is_sure = _is_enough(smallest) and all(_is_too_little(one) for one in smaller) and not ranks_nothing(point)
    said = (
        f"The smallest pool within 5 % of the best throughput is that of {quoted(smallest.name)}"
        f"{'' if is_sure else ', as far as these rounds tell'}: at most {_connections(_size(smallest) or 0)},"
        f" {count(round(_throughput(smallest)))} units a second"
    )
    best = _shortest(loaded)
    if best is None:
        return [f"{said}."]
    least = f"the least 99th percentile of a unit that was seen is {milliseconds(_p99(best))} ms"
    return [f"{said}; {least}, of {quoted(best.name)}."]


def latency_table(scenario: ScenarioResult) -> str:
    """The 99th percentile of a unit and the throughput of each strategy, by the scenario's size, in Markdown.

    Empty where loads of different sizes were not measured. Each other parameter has its typical value.
    """
    from tabulate import tabulate

    size = scenario.size
    line = [point for point in scenario.points if size is not None and _differs_in_size_alone(point, scenario)]
    line = [point for point in line if any(strategy.load is not None for strategy in point.strategies)]
    if size is None or len(line) < 2:
        return ""
    line.sort(key=lambda point: (isinstance(point.params[size], str), point.params[size]))
    names = list(dict.fromkeys(one.name for point in line for one in point.strategies if one.load is not None))
    rows = [[_value(point.params[size]), *(_latency_of(point, name) for name in names)] for point in line]
    table = tabulate(
        rows,
        headers=[code(size), *map(code, names)],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right"] * (len(names) + 1),
    )
    return f"Latency against load, the 99th percentile of a unit in ms (and units a second):\n\n{table}"


def least_latency(point: PointResult) -> tuple[StrategyResult, float] | None:
    """The strategy whose 99th percentile of a unit was the least that was seen, and that in ms; None without loads."""
    best = _shortest(_comparable(point))
    p99 = _p99(best) if best is not None else None
    return None if best is None or p99 is None else (best, p99)


def _comparable(point: PointResult) -> list[StrategyResult]:
    """Those whose loads did the same: what the baseline returns, and every unit."""
    kind = next((one.returns for one in point.strategies if one.baseline), None)
    return [
        one
        for one in point.strategies
        # Who loses units has done less in its time.
        if one.load is not None
        and one.median_ms is not None
        and not one.load.lost
        and one.returns == (kind or one.returns)
    ]


def _differs_in_size_alone(point: PointResult, scenario: ScenarioResult) -> bool:
    others = {name: value for name, value in point.params.items() if name != scenario.size}
    typical = {name: value for name, value in scenario.typical.items() if name != scenario.size}
    return others == typical and point.rtt_ms == 0


def _value(value: Any) -> str:
    return count(value) if isinstance(value, int) else markdown(str(value))


def _latency_of(point: PointResult, name: str) -> str:
    for strategy in point.strategies:
        if strategy.name == name and strategy.load is not None:
            return f"{milliseconds(_p99(strategy))} ({count(round(strategy.load.throughput))})"
    return ABSENT


def _shortest(loaded: Sequence[StrategyResult]) -> StrategyResult | None:
    return min((one for one in loaded if _p99(one) is not None), key=lambda one: _p99(one) or 0.0, default=None)


def _is_enough(strategy: StrategyResult) -> bool:
    """Whether it is shown to be within 5 % of the fastest, or is the fastest."""
    if strategy.behind == 1.0 and strategy.behind_verdict is None:
        return True
    return strategy.behind_high is not None and strategy.behind_high <= ENOUGH


def _is_too_little(strategy: StrategyResult) -> bool:
    """Whether it is shown to be further behind the fastest than 5 %."""
    return strategy.behind_low is not None and strategy.behind_low > ENOUGH


def _size(strategy: StrategyResult) -> int | None:
    return strategy.load.most_connections if strategy.load is not None else None


def _throughput(strategy: StrategyResult) -> float:
    return strategy.load.throughput if strategy.load is not None else 0.0


def _p99(strategy: StrategyResult) -> float | None:
    return strategy.load.unit.p99_ms if strategy.load is not None and strategy.load.unit is not None else None


def _connections(number: int) -> str:
    return f"{number} connection{'' if number == 1 else 's'}"
