"""What a comparison with a stored result says, as a check says it. Its times are judged only where they are trusted."""

from __future__ import annotations

from collections.abc import Iterator

from bench.regressions.checked import Check, CheckedStrategy, Timing
from bench.regressions.comparison import (
    BROKEN,
    Comparison,
    PointComparison,
    ScenarioComparison,
    StrategyComparison,
    Unpaired,
)
from bench.regressions.pairing import Gone
from bench.regressions.surroundings import Difference
from bench.regressions.timings import TimingVerdict

BUSY = "the machine was busy with something else at one of the two"


def as_check(comparison: Comparison, base: str, threshold: float, *, trusts_times: bool) -> Check:
    """A comparison with a stored result as a check.

    Args:
        comparison: The stored result and what was measured now.
        base: What the stored one is called.
        threshold: The difference in time from which on one is a regression.
        trusts_times: Whether its times are judged, although the interval of a ratio leaves out what is between runs.
    """
    found = [
        _strategy(scenario.name, point, one, comparison, threshold, trusts_times=trusts_times)
        for scenario, point, one in comparison.strategies
        if (one.after == "measured" and (one.before == "measured" or one.passed)) or one.after in BROKEN
    ]
    found += [_new(one) for one in comparison.appeared if one.strategy is not None and (one.passed or one.reason)]
    return Check(
        base=base,
        head="the working tree",
        threshold=threshold,
        strategies=found,
        vanished=[Gone(_name(one), one.renamed, one.reason) for one in comparison.vanished] + list(_lost(comparison)),
        appeared=[_name(one) for one in comparison.appeared],
        missing=[
            *(Gone(one.what, reason=f"{one.before} → {one.after}") for one in _of_data(comparison)),
            *(
                Gone(f"{scenario.name}:{one.name}", reason=f"the base {one.before}")
                for scenario, one in _mended(comparison)
            ),
        ],
        differs={one.what: (one.before, one.after) for one in comparison.differences},
        timed=trusts_times and any(one.timing is not None for one in found),
    )


def _strategy(
    scenario: str,
    point: PointComparison,
    one: StrategyComparison,
    comparison: Comparison,
    threshold: float,
    *,
    trusts_times: bool,
) -> CheckedStrategy:
    return CheckedStrategy(
        scenario=scenario,
        strategy=one.name,
        params=point.params,
        rtt_ms=point.rtt_ms,
        counters=[*one.more, *one.fewer],
        statements=one.statements,
        limits=one.passed,
        unchecked=one.unchecked,
        uncompared=one.uncompared,
        ungated=one.shown,
        timing=_timing(point, one, comparison, threshold) if trusts_times else None,
        error=(one.reason or one.after) if one.after in BROKEN else None,
    )


def _new(one: Unpaired) -> CheckedStrategy:
    """A strategy of the head alone that does not work, or passes a budget."""
    return CheckedStrategy(
        one.scenario,
        one.strategy or "",
        one.params or {},
        one.rtt_ms,
        limits=one.passed,
        error=(one.reason or "").removeprefix("failed: ") or None,
        notes=["it is new"],
    )


def _mended(comparison: Comparison) -> Iterator[tuple[ScenarioComparison, StrategyComparison]]:
    for scenario, _, one in comparison.strategies:
        if one.mended:
            yield scenario, one


def _timing(point: PointComparison, one: StrategyComparison, comparison: Comparison, threshold: float) -> Timing | None:
    time = one.time
    if time is None:
        return None
    reason = None
    if comparison.differences:
        named = ", ".join(f"{each.what} {each.before} → {each.after}" for each in comparison.differences)
        reason = f"the two were not measured alike: {named}"
    elif point.busy:
        reason = BUSY
    verdict = "inconclusive" if reason is not None else _verdict(time.low, time.high, threshold)
    return Timing(
        verdict, time.ratio, time.low, time.high, base_ms=time.before_ms, head_ms=time.after_ms, reason=reason
    )


def _verdict(low: float | None, high: float | None, threshold: float) -> TimingVerdict:
    if low is None or high is None:
        return "inconclusive"
    if low > 1 + threshold:
        return "slower"
    if high < 1 / (1 + threshold):
        return "faster"
    return "same" if low > 1 / (1 + threshold) and high < 1 + threshold else "inconclusive"


def _lost(comparison: Comparison) -> Iterator[Gone]:
    for scenario, _, one in comparison.strategies:
        if one.lost:
            yield Gone(
                f"{scenario.name}:{one.name}",
                reason=f"it is {one.after} now" + (f": {one.reason}" if one.reason else ""),
            )


def _of_data(comparison: Comparison) -> list[Difference]:
    return [one for one in comparison.differences if one.bears_on == "data"]


def _name(one: Unpaired) -> str:
    at = (
        f" at {', '.join(f'{name}={value}' for name, value in one.params.items())}"
        if one.params and not one.strategy
        else ""
    )
    return f"{one.scenario}:{one.strategy}" if one.strategy else f"{one.scenario}{at}"
