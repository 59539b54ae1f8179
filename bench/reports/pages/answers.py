"""The answer to a scenario's question on several sides: once where they agree, by side where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.crossings import contenders, ranks_nothing
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.busy import BUSY_MACHINE, LOOK_DIFFERENT, labelled
from bench.reports.formatting import code, listed, markdown, milliseconds
from bench.reports.pages.winners import SharedScenario
from bench.reports.sentences import counted_answer, place_of
from bench.reports.sentences import sentences as sentences_of
from bench.reports.sides import Side
from bench.reports.winning import share_of


def answers(scenario: SharedScenario, sides: Sequence[Side]) -> str:
    """The answers, in Markdown: a paragraph where the same wins on every side, else a line for each; then what else is
    to be said, by side where it is not the same.
    """
    said = {
        side.label: _sentences(one, side.result.settings.timed)
        for side, one in zip(sides, scenario.of_each, strict=True)
        if one is not None
    }
    if len(said) == 1:
        ((first, *others),) = said.values()
        return "\n\n".join(part for part in (first, "\n".join(f"- {other}" for other in others)) if part)
    agreed = _agreed(scenario, sides) if all(side.result.settings.timed for side in sides) else ""
    further = {label: of_one[1:] if agreed else of_one for label, of_one in said.items()}
    return "\n\n".join(part for part in (agreed, _by_side(further)) if part)


def _sentences(scenario: ScenarioResult, timed: bool) -> list[str]:
    return sentences_of(scenario, code) if timed else [counted_answer(scenario, code)]


def _by_side(said: Mapping[str, Sequence[str]]) -> str:
    """A line for each side with what is said of it alone, then one for each sentence that is the same of all."""
    first, *others = said.values()
    of_all = [sentence for sentence in first if all(sentence in other for other in others)]
    lines = []
    for label, sentences in said.items():
        if own := [_capital(sentence) for sentence in sentences if sentence not in of_all]:
            lines.append(f"- **{markdown(label)}**: {' '.join(own)}")
    return "\n".join([*lines, *(f"- {_capital(sentence)}" for sentence in of_all)])


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _agreed(scenario: SharedScenario, sides: Sequence[Side]) -> str:
    """One sentence where the same strategies win at the same point on every side that has it; else nothing.

    Nothing too where any side has a doubt that its own sentence says: rounds too few to rule others out, a winner that
    was not shown to beat the baseline.
    """
    shared = scenario.typical()
    if shared is None or any(one is not None and one.disturbed_by is not None for one in scenario.of_each):
        return ""
    points = {side.label: point for side, point in zip(sides, shared.of_each, strict=True) if point is not None}
    won = [contenders(point) for point in points.values()]
    settled = all(set(names) == set(point.winners) for names, point in zip(won, points.values(), strict=True))
    if (
        not settled
        or any(map(ranks_nothing, points.values()))
        or len({frozenset(names) for names in won}) > 1
        or not won[0]
    ):
        return ""
    figures = {label: _figure(point) for label, point in points.items()}
    if not all(figures.values()) or len({_is_baseline(won[0], point) for point in points.values()}) > 1:
        return ""
    first = next(iter(points.values()))
    names = listed(code(name) for name in won[0]) + (", the baseline," if _is_baseline(won[0], first) else "")
    verb = "wins" if len(won[0]) == 1 else "are not told apart"
    busy = any(point.was_busy for point in points.values())
    of_each = "; ".join(
        f"{figure} ({labelled(markdown(label), points[label].was_busy)})" for label, figure in figures.items()
    )
    where = "on every side" if all(scenario.of_each) else "on each side that has it"
    place = f"At {place_of(first, code)}, " if any(len(one.points) > 1 for one in scenario.known) else ""
    return f"{place}{names} {verb} {where}: {of_each}{f'; a {BUSY_MACHINE} {LOOK_DIFFERENT}' if busy else ''}."


def _is_baseline(names: Sequence[str], point: PointResult) -> bool:
    return any(strategy.baseline for strategy in point.strategies if strategy.name in names)


def _figure(point: PointResult) -> str:
    """What the fastest takes; empty where more has to be said of it."""
    by_name = {strategy.name: strategy for strategy in point.strategies}
    winners = [by_name[name] for name in contenders(point) if name in by_name]
    baseline = next((one for one in point.strategies if one.baseline), None)
    others = [one for one in point.strategies if one.median_ms is not None]
    if not winners or len(others) < 2 or not point.finished:
        return ""
    first = winners[0]
    if len(winners) == 1 and first.baseline:
        return f"{milliseconds(first.median_ms)} ms"
    if any(one.baseline for one in winners) or first.verdict != "faster":
        return ""
    return _share(first, baseline, named=len(winners) > 1)


def _share(first: StrategyResult, baseline: StrategyResult | None, named: bool) -> str:
    share = share_of(first, baseline, code)
    return f"{code(first.name)} takes {share}" if share and named else share
