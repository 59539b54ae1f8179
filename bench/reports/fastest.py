"""Who is fastest at a point, in the few words that a table of contents has room for."""

from __future__ import annotations

from bench.crossings import ADDED_TIME, contenders, line_through, ranks_nothing, stretches
from bench.measurement import PointResult, ScenarioResult
from bench.reports.busy import marked
from bench.reports.faults import is_disturbed, units_lost
from bench.reports.formatting import ABSENT, code, interval, ratio
from bench.reports.sentences import counted_range, typical_point

TOO_FEW = "too few rounds to rank anything"


def fastest(point: PointResult | None) -> tuple[str, str]:
    """The fastest strategies of a point, and their time against the baseline's or its verdict; in Markdown."""
    if point is None:
        return "not measured", ABSENT
    if is_disturbed(point):
        return marked(units_lost(point), point.was_busy), ABSENT
    by_name = {strategy.name: strategy for strategy in point.strategies}
    winners = [by_name[name] for name in contenders(point) if name in by_name]
    if not winners:
        return "none was ranked" if point.strategies else "not measured", ABSENT
    if ranks_nothing(point):
        return marked(TOO_FEW, point.was_busy), ABSENT
    first = winners[0]
    names = ", ".join(f"{code(winner.name)}{' (baseline)' if winner.baseline else ''}" for winner in winners)
    if len(winners) < len(point.winners):
        names += f" ({len(point.winners) - len(winners)} more not ruled out)"
    names = marked(names, point.was_busy)
    if first.verdict != "faster" or first.ratio is None:
        return names, first.verdict or ABSENT
    bounds = interval(first.ratio, first.ratio_low, first.ratio_high)
    return names, ratio(first.ratio, first.ratio_low, first.ratio_high) + (f" ({bounds})" if bounds != ABSENT else "")


def counted(point: PointResult | None) -> str:
    """What a warm call takes at a point that was counted and not timed, from the least to the most."""
    return (counted_range(point) if point else "") or "not counted"


def changes_with(scenario: ScenarioResult) -> list[str]:
    """The parameters along which the winner changes, through the typical point: the scenario's size first, the added
    round-trip time last.
    """
    centre = typical_point(scenario)
    if centre is None or scenario.disturbed_by is not None:
        return []
    names = [*sorted(centre.params, key=lambda name: name != scenario.size), ADDED_TIME]
    return [name for name in names if len(stretches(line_through(centre, name, scenario.points))) > 1]
