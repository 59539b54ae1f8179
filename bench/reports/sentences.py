"""The answer to a scenario's question in a sentence or two, which claim no more than was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.crossings import ADDED_TIME, Crossing, Stretch, crossings, line_through, stretches, value_of
from bench.judged_claims import varies_by
from bench.measurement import COUNTERS, PointResult, ScenarioResult
from bench.reports.busy import busy_sentence
from bench.reports.columns import UNRANKED, counter_value, shown_counter
from bench.reports.faults import fault_sentences
from bench.reports.formatting import count, listed, parameters, plain
from bench.reports.pools import pool_sentences
from bench.reports.winning import NONE_RANKED, Quoted, verdict

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
        lost, *others = fault_sentences(scenario, point, quoted)
        unfinished = [] if point.finished else [INTERRUPTED]
        return [_with(busy_sentence(point), lost), *others, *unfinished]
    won, *others = verdict(point, quoted)
    said = [*others, *_led_by(scenario.headline, point, quoted), *pool_sentences(point, quoted)]
    said += changes(scenario, quoted)
    if not point.finished:
        said.append(INTERRUPTED)
    if len(scenario.points) > 1 or not _is_typical(point, scenario) or point.rtt_ms:
        won = f"At {place_of(point, quoted)}, {won}"
    elif won == NONE_RANKED:
        won = won.capitalize()
    return [_with(busy_sentence(point), won), *said]


def _with(doubt: str, sentence: str) -> str:
    """A sentence with the doubt that goes with it wherever it stands, if there is any."""
    return f"{sentence} {doubt}".rstrip()


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


def _change(name: str, line: Sequence[PointResult], quoted: Quoted) -> str:
    found = stretches(line)
    if sum(len(stretch.points) for stretch in found) < 2:
        return ""
    if len(found) == 1:
        return f"{_unchanged(name, found[0], quoted)}{_busy(name, found, quoted)}."
    parts = [_up_to(name, found[0], quoted)]
    parts += [f"from {_at(name, part.points[0], quoted)} on, {_leads(part, quoted)}" for part in found[1:]]
    named = len(found) > 2 or any(len(stretch.winners) > 1 for stretch in found)
    parts += [_crossed(one, named, quoted) for one in crossings(name, found) if one.at is not None]
    return f"The winner changes with {_called(name, quoted)}: {'; '.join(parts)}{_busy(name, found, quoted)}."


def _up_to(name: str, stretch: Stretch, quoted: Quoted) -> str:
    last = stretch.points[-1]
    none_added = name == ADDED_TIME and not value_of(last, name)
    return f"{'with none added' if none_added else f'up to {_at(name, last, quoted)}'}, {_leads(stretch, quoted)}"


def _unchanged(name: str, stretch: Stretch, quoted: Quoted) -> str:
    alone = [point for point in stretch.points if list(point.winners) == list(stretch.winners)]
    apart = ""
    if alone and not stretch.alone and len(stretch.winners) == 1:
        apart = f"; alone at {_values(name, alone, quoted)}"
    return (
        f"At {_called(name, quoted)} of {_values(name, stretch.points, quoted)} alike, {_leads(stretch, quoted)}{apart}"
    )


def _busy(name: str, found: Sequence[Stretch], quoted: Quoted) -> str:
    """At which of the points that a sentence rests on the machine was busy."""
    busy = [point for stretch in found for point in stretch.points if point.was_busy]
    return f"; the machine was busy at {_values(name, busy, quoted)}" if busy else ""


def _values(name: str, points: Sequence[PointResult], quoted: Quoted) -> str:
    values = [value_of(point, name) for point in points]
    return listed(f"{value:g} ms" if name == ADDED_TIME else quoted(str(value)) for value in values)


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
