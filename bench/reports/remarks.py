"""What was found of a strategy or a point that no column can say: witnesses that disagree, loads one by one, and what
keeps times from being compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bench.measurement import PointResult, RepeatedLoad, StrategyResult, Witnesses
from bench.reports.formatting import count, listed

OFF_BY_MS = 0.15
"""How far the time that was really added may be from what was asked for without a word, in milliseconds."""
NEAR_TIMES = 3.0
"""Up to how many times as long as another a call may take for it to matter that they were sampled in different ways."""
OFF_TIMES = 1.25
"""How many times the quotient of two medians may be beyond the interval of the ratio without a word."""


def of_counting(strategy: StrategyResult) -> Iterable[str]:
    """What was found in a strategy's counted call, a remark each, as they stand after its name and a colon."""
    if not strategy.witnesses.agree:
        yield f"the witnesses disagree on its executions: {_accounts(strategy.witnesses)}"
    for load in strategy.repeated_loads:
        yield _repeated(load)


def of_added_time(point: PointResult) -> str:
    """That a point's round trips were given another time than was asked for; empty where they were not."""
    if point.rtt_added_ms is None or abs(point.rtt_added_ms - point.rtt_ms) <= OFF_BY_MS:
        return ""
    return f"{point.rtt_added_ms:.2f} ms of round-trip time were really added, where {point.rtt_ms:g} ms were asked for"


def of_sampling(point: PointResult, quoted: Callable[[str], str]) -> str:
    """That strategies whose times are near each other were sampled by different numbers of calls in a row, as earlier
    versions did; empty where they were not.
    """
    timed = sorted(
        (one.median_ms, one.name, one.calls_in_a_row)
        for one in point.strategies
        if one.median_ms and one.calls_in_a_row and not one.drives_load
    )
    unlike = {
        name: calls
        for time, name, calls in timed
        if any(calls != other and max(time, beside) <= NEAR_TIMES * min(time, beside) for beside, _, other in timed)
    }
    if not unlike:
        return ""
    ways = ", ".join(
        f"{', '.join(quoted(name) for name, one in unlike.items() if one == calls)}"
        f" by {'single calls' if calls == 1 else f'{calls} calls in a row'}"
        for calls in sorted(set(unlike.values()), reverse=True)
    )
    return f"not sampled alike, so that the ratios between them are not those of equal calls: {ways}; measure again"


def of_unlike_rounds(point: PointResult, quoted: Callable[[str], str]) -> str:
    """That the medians of some strategies and of the baseline cannot be set beside each other; empty where they can.

    Those that are far behind are sampled in fewer rounds. Where times change from some rounds to the others, as when a
    virtual machine is given more of its processor, ratios hold, for they are of the same rounds; medians do not.
    """
    baseline = next((one for one in point.strategies if one.baseline), None)
    if baseline is None:
        return ""
    off = {quoted(one.name): _off(one, baseline) for one in point.strategies if contradicts(one, baseline)}
    if not off:
        return ""
    return (
        f"times changed while this was measured, and the medians of {listed(off)} are of other rounds than the"
        f" baseline's, so that they contradict the ratios ({max(off.values()):.1f} times): ratios are of the same"
        " rounds, and hold; measure again for the times"
    )


def contradicts(strategy: StrategyResult, baseline: StrategyResult) -> bool:
    """Whether its median beside the baseline's, which is of other rounds, says something else than its ratio."""
    return strategy.rounds != baseline.rounds and _off(strategy, baseline) > OFF_TIMES


def _off(strategy: StrategyResult, baseline: StrategyResult) -> float:
    """How many times the quotient of the two medians is beyond the interval of the ratio; 0 where one is not known."""
    low, high = strategy.ratio_low, strategy.ratio_high
    if not (strategy.median_ms and baseline.median_ms and low and high):
        return 0.0
    quotient = strategy.median_ms / baseline.median_ms
    return max(low / quotient, quotient / high)


def _accounts(witnesses: Witnesses) -> str:
    said = (
        (witnesses.events, "cursor events"),
        (witnesses.wire, "on the wire"),
        (witnesses.server, "in pg_stat_statements"),
    )
    return ", ".join(f"{count(number)} {what}" for number, what in said if number is not None)


def _repeated(load: RepeatedLoad) -> str:
    where = f", at {load.where}" if load.where else ""
    return (
        f"N+1: {load.relationship} is loaded by a statement of its own {count(load.count)} times ({load.kind}){where}"
    )
