"""What was found for each relationship, column and key of somebody's models, in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.crossings import contenders
from bench.measurement import PointResult, Result, StrategyResult
from bench.reports.formatting import ABSENT, interval, listed, plain, ratio
from bench.reports.sentences import typical_point

MAPPED = "as_mapped"
"""The strategy that does what the mapping says."""


def advice_table(result: Result, titles: Mapping[str, str]) -> str:
    """A table for a terminal: what each question is about, what the data speaks for, and by how much.

    Args:
        result: What was measured.
        titles: What a scenario is about, by its name.
    """
    from tabulate import tabulate

    rows = []
    for scenario in result.scenarios:
        point = typical_point(scenario)
        if scenario.name in titles and point is not None and point.strategies:
            rows.append([titles[scenario.name], _now(point), *_found(point)])
    headers = ["what", "now", "the data speaks for", "its time", "95 % interval"]
    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True) if rows else ""


def _now(point: PointResult) -> str:
    baseline = next((one for one in point.strategies if one.baseline), None)
    if baseline is None:
        return ABSENT
    said = baseline.description
    return plain(said.partition(": ")[2].rstrip(".") if baseline.name == MAPPED else baseline.name)


def _found(point: PointResult) -> Sequence[str]:
    """What to use, its time against that of the baseline, and how sure that is."""
    by_name = {one.name: one for one in point.strategies}
    winners = [by_name[name] for name in contenders(point) if name in by_name]
    if not winners:
        return "nothing: none was ranked", ABSENT, ABSENT
    if any(one.baseline for one in winners):
        others = [plain(one.name) for one in winners if not one.baseline]
        return f"what there is{f', or {listed(others)}' if others else ''}", "1.00×", ABSENT
    names = " or ".join(plain(one.name) for one in winners)
    first = winners[0]
    if first.verdict != "faster":
        return f"{names}, which is {first.verdict or 'not judged'}", *_bounds(first)
    return names, *_bounds(first)


def _bounds(strategy: StrategyResult) -> tuple[str, str]:
    if strategy.ratio is None:
        return ABSENT, ABSENT
    return (
        ratio(strategy.ratio, strategy.ratio_low, strategy.ratio_high),
        interval(strategy.ratio, strategy.ratio_low, strategy.ratio_high),
    )
