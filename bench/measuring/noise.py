"""A strategy against its own copy: whatever verdict is found between them is wrong, and says what this machine can
be trusted with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.description import ScenarioDescription
from bench.measurement import StrategyResult
from bench.measuring.disturbances.lookout import Lookout
from bench.measuring.neighbours import measuring
from bench.measuring.options import Options
from bench.measuring.point import measure_point
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.points import points

COPY = " again"
"""What the name of a copy ends with."""


@dataclass(frozen=True)
class Comparison:
    """One strategy measured against its copy, on engines and connections of their own."""

    strategy: str
    copy: StrategyResult
    rounds: int
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether the copy was called faster or slower."""
        return self.copy.verdict in ("faster", "slower")

    @property
    def holds_one(self) -> bool:
        """Whether the interval holds the ratio that is true, 1."""
        low, high = self.copy.ratio_low, self.copy.ratio_high
        return low is not None and high is not None and low <= 1 <= high

    @property
    def smallest_detectable(self) -> float | None:
        """The smallest difference that this comparison could have called faster or slower, as a fraction."""
        low, high = self.copy.ratio_low, self.copy.ratio_high
        return math.sqrt(high / low) - 1 if low is not None and high is not None else None


@dataclass(frozen=True)
class Summary:
    """Comparisons taken together. Fractions are of 1; `spread` is the standard deviation of the log-ratios.

    `holding_one` is out of `intervals`: one that had too few rounds for an interval says nothing of them.
    """

    strategy: str
    comparisons: int
    wrong: int
    intervals: int
    holding_one: int
    same: int
    inconclusive: int
    spread: float | None
    smallest_detectable: float | None
    rounds: float
    seconds: float


def compare_with_copies(options: Options, comparisons: int, watcher: Watcher, lookout: Lookout) -> Iterator[Comparison]:
    """Measure the selected strategies against copies of themselves, in turn, until there are that many comparisons.

    Each comparison opens both arms anew and goes the way of any other point: proved, counted, warmed up, timed,
    decided. A strategy that fails, or does not apply here, is left out. The lookout looks before the first of them and
    after each.

    Raises:
        BenchError: A selector that matches nothing, or no database, or one that ended and did not come back.
        KeyboardInterrupt: A comparison was interrupted; it is not among those that were made.
    """
    with measuring(watcher.say), Session(options, watcher) as session:
        entrants = [
            (scenario, name)
            for scenario, names in session.selected()
            for name in asked_for(options.selectors, scenario, names)
            if not scenario.strategy(name).demonstrates and scenario.disturbed_by is None
        ]
        for left_out in [one.name for one, _ in session.selected() if one.disturbed_by is not None]:
            watcher.say(f"{left_out} is left out: its loads are disturbed, and nothing of them is ranked")
        precision = options.precision
        for scenario, _ in entrants:
            session.prepare(scenario)
        if entrants:
            lookout.begin(session.server)
        deadline = time.monotonic() + options.budget if options.budget is not None else math.inf
        made = 0
        while made < comparisons and entrants and time.monotonic() < deadline:
            scenario, name = entrants.pop(0)
            (point,) = points(scenario.params, scenario.typical)
            left = comparisons - made
            share = (deadline - time.monotonic()) / left if math.isfinite(deadline) else 30.0
            watcher.point_started(f"{scenario.name}:{name}", point, made + 1, comparisons)
            arms = {name: name, name + COPY: name}
            result, _ = measure_point(session, scenario, point, arms, name, share, precision)
            lookout.look()
            watcher.point_finished(scenario.name, result)
            if session.lost_server is not None:
                raise session.lost_server
            if not result.finished:
                raise KeyboardInterrupt
            copy = result.strategies[-1]
            if copy.verdict in ("failed", "skipped", "differs") or copy.ratio is None:
                watcher.say(f"{scenario.name}:{name} is left out: {copy.reason or 'it was not timed'}")
                continue
            made += 1
            entrants.append((scenario, name))
            yield Comparison(f"{scenario.name}:{name}", copy, result.rounds, result.seconds)


def summarize(strategy: str, comparisons: Sequence[Comparison]) -> Summary:
    """What these comparisons say together."""
    logs = [math.log(one.copy.ratio) for one in comparisons if one.copy.ratio]
    detectable = [one.smallest_detectable for one in comparisons if one.smallest_detectable is not None]
    return Summary(
        strategy=strategy,
        comparisons=len(comparisons),
        wrong=sum(one.is_wrong for one in comparisons),
        intervals=sum(one.copy.ratio_low is not None for one in comparisons),
        holding_one=sum(one.holds_one for one in comparisons),
        same=sum(one.copy.verdict == "same" for one in comparisons),
        inconclusive=sum(one.copy.verdict == "inconclusive" for one in comparisons),
        spread=math.sqrt(sum(log * log for log in logs) / len(logs)) if logs else None,
        smallest_detectable=median(detectable) if detectable else None,
        rounds=median(one.rounds for one in comparisons),
        seconds=median(one.seconds for one in comparisons),
    )


def asked_for(selectors: Sequence[str], scenario: ScenarioDescription, names: Sequence[str]) -> Sequence[str]:
    """The strategies that selectors ask for: the baseline joins one in a run, here it has to be asked for itself."""
    chosen = {selector.partition(":")[2] for selector in selectors if selector.startswith(f"{scenario.name}:")}
    whole = any(scenario.name == one or scenario.name.startswith(f"{one}.") for one in selectors) or not selectors
    return names if whole else [name for name in names if name in chosen]
