"""The answer to a scenario's question in a sentence or two, which claim no more than was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from bench.crossings import ADDED_TIME, Crossing, Stretch, crossings, is_unsettled, line_through, stretches, value_of
from bench.judged_claims import varies_by
from bench.measurement import COUNTERS, PointResult, ScenarioResult, StrategyResult
from bench.reports.columns import UNRANKED, counter_value, shown_counter
from bench.reports.faults import fault_sentences
from bench.reports.formatting import ABSENT, count, interval, listed, milliseconds, parameters, percent, plain, ratio
from bench.reports.pools import pool_sentences

Quoted = Callable[[str], str]
"""Makes text of others harmless and, in Markdown, sets it as code."""

_NONE_RANKED = "no strategy could be ranked."

INTERRUPTED = "The run was interrupted at this point, so more rounds were to come."
MOST_NAMES = 3
"""Strategies that are named where they take the same; of more their number is said."""


def answer(scenario: ScenarioResult, quoted: Quoted = plain) -> str:
    """Who wins at the typical point, by how much and how surely; then where the winner changes, if that was measured.

    Args:
        scenario: What was measured.
        quoted: How names of strategies and values of parameters are written; as they are, if left out.
    """
    return " ".join(sentences(scenario, quoted))


def sentences(scenario: ScenarioResult, quoted: Quoted = plain) -> list[str]:
    """The sentences of `answer`, the one that names the winner first."""
    point = typical_point(scenario)
    if point is None or not point.strategies:
        return ["Not measured: the run was interrupted before this scenario." if scenario.points else "Not measured."]
    if scenario.disturbed_by is not None:
        unfinished = [] if point.finished else [INTERRUPTED]
        return [*fault_sentences(scenario, point, quoted), *unfinished]
    said = [*_verdict(point, quoted), *_led_by(scenario.headline, point, quoted), *pool_sentences(point, quoted)]
    said += changes(scenario, quoted)
    if not point.finished:
        said.append(INTERRUPTED)
    if len(scenario.points) > 1 or not _is_typical(point, scenario) or point.rtt_ms:
        said[0] = f"At {place_of(point, quoted)}, {said[0]}"
    elif said[0] == _NONE_RANKED:
        said[0] = said[0].capitalize()
    return said


def counted_answer(scenario: ScenarioResult, quoted: Quoted = plain) -> str:
    """What a warm call takes at the typical point, from the least to the most, where nothing was timed."""
    point = typical_point(scenario)
    if point is None or not point.strategies:
        return "Not counted: the run was interrupted before this scenario." if scenario.points else "Not counted."
    counts, counter = _counts(point)
    if not counts:
        return "Nothing could be counted."
    least, most = min(counts.values()), max(counts.values())
    took = f"{_holding(least, counts, quoted)} to {_holding(most, counts, quoted)} {counter}"
    if least == most:
        took = f"{_number(least, counter)}, whatever the strategy"
    said = f"a warm call takes {took}."
    alone = len(scenario.points) == 1 and _is_typical(point, scenario)
    first = f"A{said[1:]}" if alone else f"At {place_of(point, quoted)}, {said}"
    return " ".join([first, *_led_by(scenario.headline, point, quoted)])


def counted_range(point: PointResult) -> str:
    """What a warm call takes, in few words (`3 to 103 round trips`); empty where nothing was counted."""
    counts, counter = _counts(point)
    if not counts:
        return ""
    least, most = min(counts.values()), max(counts.values())
    return _number(least, counter) if least == most else f"{count(least)} to {_number(most, counter)}"


def typical_point(scenario: ScenarioResult) -> PointResult | None:
    """The point that the answer is about: the typical one, with the least round-trip time added; else the first."""
    typical = [point for point in scenario.points if _is_typical(point, scenario)]
    return min(typical, key=lambda point: point.rtt_ms) if typical else next(iter(scenario.points), None)


def changes(scenario: ScenarioResult, quoted: Quoted = plain) -> list[str]:
    """For each parameter that was varied alone through the typical point: where the winner changes, if it does, and
    at about which value the two cross.

    The parameter that is the scenario's size comes first, the added round-trip time last.
    """
    centre = typical_point(scenario)
    if centre is None:
        return []
    names = sorted(centre.params, key=lambda name: name != scenario.size)
    said = [_change(name, line_through(centre, name, scenario.points), quoted) for name in [*names, ADDED_TIME]]
    return [sentence for sentence in said if sentence]


def crossed_at(crossing: Crossing) -> str:
    """Where two cross, to two digits, or to as many as keep it between its points; whole where those are whole."""
    at = crossing.at or 0.0
    whole = isinstance(crossing.low, int) and isinstance(crossing.high, int)
    second = 1 - (math.floor(math.log10(abs(at))) if at else 0)
    shown = [_rounded(at, min(decimals, 0) if whole else decimals) for decimals in range(second, second + 16)]
    return next((one for one in shown if crossing.low <= float(one) <= crossing.high), shown[0])


def _led_by(headline: str | None, point: PointResult, quoted: Quoted) -> list[str]:
    """Who shows the least of the counter that the scenario is about, and what the baseline shows of it."""
    if headline is None or headline not in COUNTERS:
        return []
    ranked = [one for one in point.strategies if one.verdict not in UNRANKED and not one.demonstration]
    counted = {one.name: getattr(one.counters, headline) for one in ranked}
    known: dict[str, int] = {name: value for name, value in counted.items() if value is not None}
    if len(known) < 2:
        return []
    least = min(known.values())
    names = [name for name, value in known.items() if value <= least + varies_by(headline, least)]
    who = listed(map(quoted, names)) if len(names) <= MOST_NAMES else f"{len(names)} strategies"
    said = f"Least {shown_counter(headline)}: {counter_value(headline, least)} ({who})"
    baseline = next((one.name for one in ranked if one.baseline and one.name in known), None)
    if baseline is not None and baseline not in names:
        said += f", against {counter_value(headline, known[baseline])} of {quoted(baseline)}, the baseline"
    return [f"{said}."]


def _is_typical(point: PointResult, scenario: ScenarioResult) -> bool:
    return dict(point.params) == dict(scenario.typical)


def place_of(point: PointResult, quoted: Quoted) -> str:
    """A point in words."""
    return quoted(parameters(point.params, point.rtt_ms))


def _counts(point: PointResult) -> tuple[dict[str, int], str]:
    """What each ranked strategy takes, and of what: round trips, or statements where those were not counted."""
    ranked = [one for one in point.strategies if one.verdict not in UNRANKED and not one.demonstration]
    trips = {one.name: one.counters.round_trips for one in ranked}
    sent = {one.name: one.counters.statements for one in ranked}
    counts, counter = (trips, "round trips") if any(n is not None for n in trips.values()) else (sent, "statements")
    return {name: number for name, number in counts.items() if number is not None}, counter


def _holding(number: int, counts: Mapping[str, int], quoted: Quoted) -> str:
    names = [quoted(name) for name, counted in counts.items() if counted == number]
    return f"{count(number)} ({listed(names) if len(names) <= MOST_NAMES else f'{len(names)} strategies'})"


def _number(number: int, counter: str) -> str:
    return f"{count(number)} {counter.removesuffix('s') if number == 1 else counter}"


def _verdict(point: PointResult, quoted: Quoted) -> list[str]:
    by_name = {strategy.name: strategy for strategy in point.strategies}
    baseline = next((strategy for strategy in point.strategies if strategy.baseline), None)
    winners = [by_name[name] for name in point.winners if name in by_name]
    said = [_won(winners, baseline, point, quoted) if winners else _NONE_RANKED]
    fallen = [f"{quoted(strategy.name)} ({strategy.verdict})" for strategy in point.strategies if _fell_out(strategy)]
    if fallen:
        said.append(f"Not ranked: {', '.join(fallen)}.")
    return said


def _fell_out(strategy: StrategyResult) -> bool:
    """Whether a reader would look for it among the ranked; one that declined the point by itself, they would not."""
    return strategy.verdict in UNRANKED and (strategy.verdict != "skipped" or strategy.baseline)


def _won(starred: Sequence[StrategyResult], baseline: StrategyResult | None, point: PointResult, quoted: Quoted) -> str:
    unsettled = [one for one in starred if is_unsettled(one)]
    if 0 < len(unsettled) < len(starred):
        named = listed(f"{quoted(one.name)} ({_behind(one)})" for one in unsettled)
        led = _won([one for one in starred if one not in unsettled], baseline, point, quoted)
        return f"{led.removesuffix('.')}; too few rounds to rule out {named}: give more time with --budget."
    return _settled(starred, baseline, point, quoted)


def _settled(
    winners: Sequence[StrategyResult], baseline: StrategyResult | None, point: PointResult, quoted: Quoted
) -> str:
    first = winners[0]
    if not any(one is not first and one.median_ms is not None for one in point.strategies):
        held = f", in {milliseconds(first.median_ms)} ms" if first.median_ms is not None else ""
        return f"only {quoted(first.name)} could be ranked{held}: there is nothing to compare it with."
    if len(winners) > 1:
        return _tied(winners, baseline, point, quoted)
    if first.baseline:
        held = f", in {milliseconds(first.median_ms)} ms" if first.median_ms is not None else ""
        return f"{quoted(first.name)}, the baseline, wins{held}{_rounds(point, first)}{_next(first, point, quoted)}."
    share = share_of(first, baseline, quoted)
    found = f": {share}" if share else ""
    if first.verdict != "faster":
        doubt = f"not shown to be faster than {quoted(baseline.name)}" if baseline else "not compared with a baseline"
        return f"{quoted(first.name)} is ahead of the others, {doubt}{found}{_rounds(point, first, baseline)}."
    return f"{quoted(first.name)} wins{found}{_rounds(point, first, baseline)}{_next(first, point, quoted)}."


def _tied(
    winners: Sequence[StrategyResult], baseline: StrategyResult | None, point: PointResult, quoted: Quoted
) -> str:
    first = winners[0]
    parts = [f"{listed(quoted(winner.name) for winner in winners)} are not told apart{_between(winners, quoted)}"]
    share = share_of(first, baseline, quoted)
    if baseline in winners:
        parts.append(_against_baseline(point, quoted))
    elif share:
        parts.append(f"{quoted(first.name)} takes {share}")
    advice = ""
    if any(winner.behind_verdict == "inconclusive" for winner in winners):
        more = "a longer run (--budget)" if point.cut_short else "a finer one (--precision 1%)"
        advice = f"; {more} may tell more"
    compared = (first, baseline) if share and baseline not in winners else winners
    return f"{'; '.join(parts)}{_rounds(point, *compared)}{advice}."


def _between(winners: Sequence[StrategyResult], quoted: Quoted) -> str:
    """How far the winners lie apart: the distance of the second, or from which to which distance the others lie."""
    first, *others = winners
    others = sorted((other for other in others if other.behind is not None), key=lambda other: other.behind or 0.0)
    if not others:
        return ""
    if len(others) == 1:
        return f": {quoted(others[0].name)} takes {_behind(others[0])} the time of {quoted(first.name)}"
    near, far = _behind(others[0]), _behind(others[-1])
    return f": the others take {near} to {far} the time of {quoted(first.name)}"


def _against_baseline(point: PointResult, quoted: Quoted) -> str:
    """What is said of the others where the baseline is among the winners.

    Each may still have been shown to be faster than it, for that is a question of its own.
    """
    faster = [quoted(one.name) for one in point.strategies if one.verdict == "faster" and one.name in point.winners]
    if faster:
        return f"against the baseline alone, {listed(faster)} {'is' if len(faster) == 1 else 'are'} faster"
    unseen = [one.smallest_detectable for one in point.strategies if one.name in point.winners]
    seen = [value for value in unseen if value is not None]
    least = f", where a difference under {percent(seen[0])} could not have been seen" if len(seen) == 1 else ""
    return f"none of them was shown to beat the baseline{least}"


def share_of(winner: StrategyResult, baseline: StrategyResult | None, quoted: Quoted) -> str:
    """`0.11x the time of lazy (0.10 to 0.12), 8.4 ms against 76 ms`; empty where they were not compared."""
    if baseline is None or winner.ratio is None:
        return ""
    bounds = interval(winner.ratio, winner.ratio_low, winner.ratio_high)
    known = f" ({bounds})" if bounds != ABSENT else ""
    times = ""
    if winner.median_ms is not None and baseline.median_ms is not None:
        times = f", {milliseconds(winner.median_ms)} ms against {milliseconds(baseline.median_ms)} ms"
    return (
        f"{ratio(winner.ratio, winner.ratio_low, winner.ratio_high)} the time of {quoted(baseline.name)}{known}{times}"
    )


def _next(first: StrategyResult, point: PointResult, quoted: Quoted) -> str:
    """The nearest of the strategies that were shown to be behind, with its distance; the baseline's is said already."""
    behind = [
        strategy
        for strategy in point.strategies
        if strategy.returns == first.returns and strategy.behind_verdict == "slower" and strategy.behind is not None
    ]
    if not behind:
        return ""
    nearest = min(behind, key=lambda strategy: strategy.behind or 0.0)
    if nearest.baseline:
        return ""
    return f"; next is {quoted(nearest.name)}, which takes {_behind(nearest)} its time"


def _behind(strategy: StrategyResult) -> str:
    bounds = interval(strategy.behind, strategy.behind_low, strategy.behind_high)
    known = f" ({bounds})" if bounds != ABSENT else ""
    return f"{ratio(strategy.behind, strategy.behind_low, strategy.behind_high)}{known}"


def _rounds(point: PointResult, *compared: StrategyResult | None) -> str:
    """In how many rounds all of those compared were sampled: some are sampled in every few rounds only."""
    sampled = [set(strategy.rounds) for strategy in compared if strategy is not None and strategy.rounds]
    rounds = len(set.intersection(*sampled)) if sampled else point.rounds
    return f", over {count(rounds)} paired round{'' if rounds == 1 else 's'}" if rounds else ""


def _change(name: str, line: Sequence[PointResult], quoted: Quoted) -> str:
    found = stretches(line)
    if sum(len(stretch.points) for stretch in found) < 2:
        return ""
    if len(found) == 1:
        return _unchanged(name, found[0], quoted)
    parts = [f"up to {_at(name, found[0].points[-1], quoted)}, {_leads(found[0], quoted)}"]
    parts += [f"from {_at(name, part.points[0], quoted)} on, {_leads(part, quoted)}" for part in found[1:]]
    named = len(found) > 2 or any(len(stretch.winners) > 1 for stretch in found)
    parts += [_crossed(one, named, quoted) for one in crossings(name, found) if one.at is not None]
    return f"The winner changes with {_called(name, quoted)}: {'; '.join(parts)}."


def _unchanged(name: str, stretch: Stretch, quoted: Quoted) -> str:
    values = [value_of(point, name) for point in stretch.points]
    said = listed(f"{value:g} ms" if name == ADDED_TIME else quoted(str(value)) for value in values)
    alone = [value_of(point, name) for point in stretch.points if list(point.winners) == list(stretch.winners)]
    apart = ""
    if alone and not stretch.alone and len(stretch.winners) == 1:
        apart = f"; alone at {listed(f'{value:g} ms' if name == ADDED_TIME else quoted(str(value)) for value in alone)}"
    return f"At {_called(name, quoted)} of {said} alike, {_leads(stretch, quoted)}{apart}."


def _crossed(crossing: Crossing, named: bool, quoted: Quoted) -> str:
    """Where two strategies take the same time; they are `named` where it is not plain which two are meant."""
    who = f"{quoted(crossing.before)} and {quoted(crossing.after)}" if named else "they"
    about = crossed_at(crossing)
    if crossing.parameter == ADDED_TIME:
        between = f"the measured {crossing.low:.3g} and {crossing.high:.3g} ms"
        return f"{who} cross at about {about} ms of {ADDED_TIME}, between {between}"
    return (
        f"{who} cross at about {quoted(f'{crossing.parameter}={about}')},"
        f" between the measured {crossing.low} and {crossing.high}"
    )


def _rounded(value: float, decimals: int) -> str:
    """A number without an exponent and without zeros at its end; negative decimals round before the point."""
    shown = f"{round(value, decimals):.{max(decimals, 0)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _leads(stretch: Stretch, quoted: Quoted) -> str:
    names = listed(quoted(name) for name in stretch.winners)
    if stretch.alone:
        return f"{names} wins"
    return f"{names} {'is' if len(stretch.winners) == 1 else 'are'} among the winners"


def _called(name: str, quoted: Quoted) -> str:
    return name if name == ADDED_TIME else quoted(name)


def _at(name: str, point: PointResult, quoted: Quoted) -> str:
    value = value_of(point, name)
    return f"{value:g} ms of it" if name == ADDED_TIME else quoted(f"{name}={value}")
