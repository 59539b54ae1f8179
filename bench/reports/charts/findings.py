"""The title of a chart: what was found, in one line that claims no more than the verdicts do."""

from __future__ import annotations

from collections.abc import Sequence

from bench.crossings import ADDED_TIME, Stretch, contenders, crossings, ranks_nothing, stretches, value_of
from bench.measurement import PointResult, StrategyResult
from bench.reports.charts.drawable import grouped, is_drawn, shown_value
from bench.reports.formatting import milliseconds, percent, plain, ratio
from bench.reports.pools import least_latency
from bench.reports.sentences import MOST_NAMES, crossed_at
from bench.reports.winning import timed_baseline

NOTHING = "No strategy could be ranked"
TOO_FEW = "Too few rounds to tell who wins"
TOO_FEW_TO_RANK = "Too few rounds to rank anything"


def of_line(line: Sequence[PointResult], parameter: str) -> str:
    """Who wins along a line of points, and where that changes.

    Args:
        line: Points that differ in the parameter alone, by its ascending values.
        parameter: A parameter of theirs, or the added round-trip time.
    """
    found = stretches(line)
    if not found:
        return TOO_FEW if any(point.winners for point in line) else NOTHING
    if len({one.name for point in line for one in point.strategies if is_drawn(one)}) == 1:
        return f"Only {_listed(found[0].winners)} could be ranked"
    if len(found) == 1:
        return _throughout(found[0], parameter, line)
    if not all(_is_number(value_of(point, parameter)) for point in line):
        return "; ".join(f"{_leads(one)} {_at_each(one, parameter)}" for one in found)
    last = found[0].points[-1]
    none_added = parameter == ADDED_TIME and not value_of(last, parameter)
    said = [f"{_leads(found[0])} {'with none added' if none_added else f'up to {_place(last, parameter, True)}'}"]
    said += [f"{_leads(one)} from {_place(one.points[0], parameter, False)} on" for one in found[1:]]
    crossed = [one for one in crossings(parameter, found) if one.at is not None]
    if len(found) == 2 and crossed:
        unit = " ms" if parameter == ADDED_TIME else ""
        where = "" if parameter == ADDED_TIME else f"{plain(parameter)}="
        said.append(f"they cross at about {where}{_number(crossed_at(crossed[0]))}{unit}")
    return "; ".join(said)


def of_point(point: PointResult) -> str:
    """Who wins at a point, by how much, and what most of the winner's time was spent on, where that is known."""
    settled = contenders(point)
    by_name = {one.name: one for one in point.strategies}
    winners = [by_name[name] for name in settled if name in by_name]
    if not winners:
        return NOTHING
    unsettled = [name for name in point.winners if name not in settled]
    if ranks_nothing(point):
        return _too_few(winners[0], point)
    if not unsettled:
        return _won(winners, point)
    if len(winners) > 1:
        return f"{_won(winners, point)}; too few rounds to rule out {_listed(unsettled)}"
    return _ahead(winners[0], unsettled, point)


def of_loads(point: PointResult, load: str) -> str:
    """Which strategy's 99th percentile was the least that was seen; nothing was judged by it."""
    best = least_latency(point)
    if best is None:
        return f"Latencies at {load}"
    strategy, p99 = best
    return f"At {load}, {plain(strategy.name)} has the least 99th percentile seen: {milliseconds(p99)} ms"


def share_of_time(strategy: StrategyResult) -> str:
    """What most of a call's time was spent on (`71 % of its time is client CPU`); empty where nothing took half."""
    parts = {"client CPU": strategy.cpu_ms, "the server's": strategy.server_ms, "waiting": strategy.waiting_ms}
    if not strategy.median_ms or strategy.waiting_ms is None:
        return ""
    name, most = max(((name, part or 0.0) for name, part in parts.items()), key=lambda part: part[1])
    fraction = min(most / strategy.median_ms, 1.0)
    return f"{percent(fraction)} of its time is {name}" if fraction >= 0.5 else ""


def _too_few(first: StrategyResult, point: PointResult) -> str:
    times = [one.median_ms for one in point.strategies if one.name in point.winners and one.median_ms is not None]
    least = first.median_ms is not None and first.median_ms <= min(times)
    return f"{TOO_FEW_TO_RANK}: {plain(first.name)} has the least median" if least else TOO_FEW_TO_RANK


def _ahead(first: StrategyResult, unsettled: Sequence[str], point: PointResult) -> str:
    baseline = timed_baseline(point)
    who = f"{plain(first.name)}, the baseline, is ahead" if first.baseline else f"{plain(first.name)} is ahead"
    share = _share(first, baseline)
    unshown = list(unsettled)
    if baseline is not None and not first.baseline and first.verdict != "faster" and baseline.name not in unshown:
        unshown.append(baseline.name)
    among = (
        "among all strategies "
        if first.verdict == "faster" and baseline is not None and baseline.name in unsettled
        else ""
    )
    return f"{who}{f': {share}' if share else ''}, but {among}not shown to be faster than {_listed(unshown)}"


def _share(first: StrategyResult, baseline: StrategyResult | None) -> str:
    if baseline is None or baseline is first or first.ratio is None:
        return ""
    return f"{ratio(first.ratio, first.ratio_low, first.ratio_high)} the time of {plain(baseline.name)}"


def _won(winners: Sequence[StrategyResult], point: PointResult) -> str:
    first = winners[0]
    baseline = timed_baseline(point)
    if sum(is_drawn(one) for one in point.strategies) < 2:
        return f"Only {plain(first.name)} could be ranked"
    share = _share(first, baseline)
    if len(winners) > 1:
        tied = f"{_listed([one.name for one in winners])} are not told apart"
        shown = share and baseline not in winners and first.verdict == "faster"
        return f"{tied}; {plain(first.name)} takes {share}" if shown else tied
    if first.baseline:
        return f"{plain(first.name)}, the baseline, wins"
    if first.verdict != "faster" and baseline is not None:
        return f"{plain(first.name)} is ahead of the others, not shown to be faster than {plain(baseline.name)}"
    return f"{plain(first.name)} wins: {share}" if share else f"{plain(first.name)} wins"


def _throughout(stretch: Stretch, parameter: str, line: Sequence[PointResult]) -> str:
    first, last = stretch.points[0], stretch.points[-1]
    if len(stretch.points) == 1:
        return f"{_leads(stretch)} at {_place(first, parameter, False)}"
    if not _is_number(value_of(first, parameter)):
        return f"{_leads(stretch)} {_at_each(stretch, parameter)}"
    low, high = _place(first, parameter, True), _place(last, parameter, False)
    alone = [point for point in stretch.points if list(point.winners) == list(stretch.winners)]
    apart = ""
    if alone and not stretch.alone and len(stretch.winners) == 1:
        apart = f", alone at {_listed([shown_value(point, parameter) for point in alone], len(alone))}"
    between = line[line.index(first) : line.index(last)]
    open_ones = [shown_value(point, parameter) for point in between if point not in stretch.points]
    untold = f", not told at {_listed(open_ones, len(open_ones))}" if open_ones else ""
    return f"{_leads(stretch)} from {low} to {high}{apart}{untold}"


def _leads(stretch: Stretch) -> str:
    if stretch.alone:
        return f"{_listed(stretch.winners)} wins"
    if len(stretch.winners) == 1:
        return f"{_listed(stretch.winners)} is among the winners"
    return f"{_listed(stretch.winners)} are among the winners"


def _place(point: PointResult, parameter: str, short: bool) -> str:
    """`100 authors` would be wrong of a parameter that is no noun: it is written `authors=100`."""
    value = value_of(point, parameter)
    if parameter == ADDED_TIME:
        return f"{value:g} ms" if short else f"{value:g} ms of {ADDED_TIME}"
    return f"{plain(parameter)}={plain(grouped(value))}"


def _at_each(stretch: Stretch, parameter: str) -> str:
    """Values that are no numbers have no order: each is named."""
    values = [shown_value(point, parameter) for point in stretch.points]
    return f"at {plain(parameter)}={_listed(values, len(values))}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> str:
    whole = text.removeprefix("-")
    return f"{int(text):,}" if whole.isdigit() else text


def _listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    if len(names) > most:
        return f"{len(names)} strategies"
    *rest, last = map(plain, names)
    return f"{', '.join(rest)} and {last}" if rest else last
