"""What was found for each relationship, column and key of somebody's models, in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.crossings import contenders, ranks_nothing
from bench.measurement import PointResult, Result, StrategyResult
from bench.reports.fastest import TOO_FEW
from bench.reports.formatting import ABSENT, interval, listed, plain, ratio
from bench.reports.sentences import typical_point

MAPPED = "as_mapped"
"""The strategy that does what the mapping says."""


def advice_table(result: Result, titles: Mapping[str, str], now: Mapping[str, str]) -> str:
    """A table for a terminal: what each question is about, what the data speaks for, and by how much.

    Args:
        result: What was measured.
        titles: What a scenario is about, by its name.
        now: How that is done now, by its name.
    """
    from tabulate import tabulate

    rows = []
    for scenario in result.scenarios:
        point = typical_point(scenario)
        if scenario.name in titles and point is not None and point.strategies:
            said = now[scenario.name]
            rows.append([plain(titles[scenario.name]), plain(said), *_found(point, said)])
    headers = ["what", "now", "the data speaks for", "its time", "95 % interval"]
    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True) if rows else ""


def _found(point: PointResult, now: str) -> Sequence[str]:
    """What to use, its time against that of the baseline, and how sure that is."""
    by_name = {one.name: one for one in point.strategies}
    winners = [by_name[name] for name in contenders(point) if name in by_name]
    if not winners:
        return "nothing: none was ranked", ABSENT, ABSENT
    if ranks_nothing(point):
        return f"nothing yet: {TOO_FEW}", ABSENT, ABSENT
    kept = next((one for one in winners if one.baseline), None)
    if kept is not None:
        others = [plain(one.name) for one in winners if not one.baseline]
        first = "what there is" if kept.name in (MAPPED, now) else plain(kept.name)
        return f"{first}{f', or {listed(others)}' if others else ''}", "1.00×", ABSENT
    names = " or ".join(plain(one.name) for one in winners)
    first_one = winners[0]
    if first_one.verdict != "faster":
        return f"{names}, which is {first_one.verdict or 'not judged'}", *_bounds(first_one)
    return names, *_bounds(first_one)


def _bounds(strategy: StrategyResult) -> tuple[str, str]:
    if strategy.ratio is None:
        return ABSENT, ABSENT
    return (
        ratio(strategy.ratio, strategy.ratio_low, strategy.ratio_high),
        interval(strategy.ratio, strategy.ratio_low, strategy.ratio_high),
    )
