"""What `bench check` found, on a terminal and in Markdown: a table of all that was compared, then what got worse."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tabulate import tabulate

from bench.regressions.checked import Check, CheckedStrategy, Timing
from bench.regressions.counters import CounterChange
from bench.regressions.pairing import Gone
from bench.reports.formatting import (
    ABSENT,
    count,
    duration,
    interval,
    markdown,
    milliseconds,
    parameters,
    percent,
    plain,
)
from bench.reports.formatting import ratio as ratio_text
from bench.reports.limits import over_budget
from bench.reports.statement_diff import markdown_statement_diff, statement_diff

HEADINGS = ("strategy", "base ms", "head ms", "ratio", "95 % interval", "base again", "counters", "verdict")
_COLOURS = {"slower": "31", "more": "31", "failed": "31", "faster": "32", "inconclusive": "33"}


def terminal_check(check: Check, width: int | None = None, *, colour: bool = False) -> str:
    """The whole of it as plain text; with `colour`, verdicts and diffs have ANSI codes."""
    parts = [f"base: {plain(check.base)}", f"head: {plain(check.head)}", *_differences(check, plain)]
    paragraphs = ["\n".join(parts)]
    for scenario, strategies in _by_scenario(check):
        first = strategies[0]
        rows = [_row(one, plain, lambda word: _coloured(word, colour)) for one in strategies]
        table = tabulate(rows, headers=HEADINGS, tablefmt="simple", disable_numparse=True, colalign=_ALIGNED)
        paragraphs.append(f"{plain(scenario)}  {parameters(first.params, first.rtt_ms)}\n{table}")
    for one, name in zip(check.strategies, _called(check), strict=True):
        told = list(_told(one, plain))
        if one.statements and one.counters:
            told.append(statement_diff(one.statements, width, colour))
        if told:
            paragraphs.append("\n".join([f"{name}:", *(f"  {line}" for part in told for line in part.splitlines())]))
    lists = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in _lists(check, plain)]
    return "\n\n".join([*paragraphs, *lists, conclusion(check)])


def markdown_check(check: Check) -> str:
    """The same in Markdown, the conclusion first; it is a section, for the summary of a job."""
    parts = [
        f"## {markdown(conclusion(check))}",
        f"Base: {markdown(check.base)}. Head: {markdown(check.head)}."
        + "".join(f" {one}." for one in _differences(check, markdown)),
    ]
    for scenario, strategies in _by_scenario(check):
        rows = [_row(one, markdown, lambda word: f"**{word}**" if word in _COLOURS else word) for one in strategies]
        first = strategies[0]
        parts.append(f"### {markdown(scenario)} ({markdown(parameters(first.params, first.rtt_ms))})")
        parts.append(tabulate(rows, headers=HEADINGS, tablefmt="pipe", disable_numparse=True, colalign=_ALIGNED))
    for one, name in zip(check.strategies, _called(check), strict=True):
        told = [f"- {line}" for line in _told(one, markdown)]
        if told:
            parts.append("\n".join([f"**{markdown(name)}**", "", *told]))
        if one.statements and one.counters:
            parts.append(markdown_statement_diff(one.statements))
    parts += [f"{title}\n\n" + "\n".join(f"- {line}" for line in lines) for title, lines in _lists(check, markdown)]
    return "\n\n".join(parts) + "\n"


def conclusion(check: Check) -> str:
    """The whole of it in a sentence or two."""
    said: list[str] = []
    called = _called(check)
    names = {
        verdict: [name for one, name in zip(check.strategies, called, strict=True) if one.verdict == verdict]
        for verdict in _SAID
    }
    for verdict, words in _SAID.items():
        if names[verdict] and (verdict in _COLOURS or not said):
            listed = ", ".join(names[verdict][:4]) + (
                f" and {len(names[verdict]) - 4} more" if len(names[verdict]) > 4 else ""
            )
            said.append(words.format(names=listed, number=len(names[verdict]), threshold=percent(check.threshold)))
    borne = "borne by" if check.allows_missing else "where that is meant, bear it with"
    if check.vanished:
        said.append(f"Missing in the head: {', '.join(plain(one.name) for one in check.vanished)}")
    if check.missing:
        said.append(f"No base to compare with: {', '.join(plain(one.name) for one in check.missing)}")
    if check.vanished or check.missing:
        said[-1] += f" ({borne} --allow-missing)"
    if check.interrupted:
        said.insert(0, "Interrupted")
    elif not check.strategies and not said:
        said.append("Nothing was compared")
    compared = sum(1 for one in check.strategies if not one.without_base)
    if compared and not (check.timed or check.interrupted or any(names[one] for one in ("more", "failed"))):
        strategies = "1 strategy" if compared == 1 else f"{compared} strategies"
        said.append(f"No counter grew in {strategies}; nothing was timed")
    return f"{'. '.join(said)} ({duration(check.seconds)})."


_ALIGNED = ("left", "right", "right", "right", "right", "right", "left", "left")
_SAID = {
    "failed": "Failed: {names}",
    "more": "Costs more: {names}",
    "slower": "Slower: {names}",
    "inconclusive": "Inconclusive: {names}",
    "faster": "Faster: {names}",
    "same": "No regression: {number} the same within {threshold}",
}


def _by_scenario(check: Check) -> list[tuple[str, list[CheckedStrategy]]]:
    """The strategies of each scenario at each point."""
    found: dict[tuple[str, str], list[CheckedStrategy]] = {}
    for one in check.strategies:
        found.setdefault((one.scenario, parameters(one.params, one.rtt_ms)), []).append(one)
    return [(scenario, strategies) for (scenario, _), strategies in found.items()]


def _called(check: Check) -> list[str]:
    """What each strategy is called where one may be meant: with its point, where it was compared at several."""
    points = Counter(one.name for one in check.strategies)
    return [
        plain(one.name) + (f" ({parameters(one.params, one.rtt_ms)})" if points[one.name] > 1 else "")
        for one in check.strategies
    ]


def _row(one: CheckedStrategy, text: Callable[[str], str], shown: Callable[[str], str]) -> list[str]:
    timing = one.timing or Timing("inconclusive")
    again = ABSENT if timing.null_ratio is None else f"{math.expm1(math.log(timing.null_ratio)):+.1%}"
    return [
        text(one.strategy),
        milliseconds(timing.base_ms),
        milliseconds(timing.head_ms),
        ratio_text(timing.ratio, timing.ratio_low, timing.ratio_high),
        interval(timing.ratio, timing.ratio_low, timing.ratio_high),
        again,
        _cell(one),
        shown(one.verdict) if one.verdict is not None else ABSENT,
    ]


def _cell(one: CheckedStrategy) -> str:
    """What is said of the counters in a line of the table."""
    if one.counters:
        return _most_telling(one.counters)
    if one.limits:
        return over_budget(one.limits[0])
    if one.without_base:
        return "no base"
    return "the same" if one.error is None else ABSENT


def _most_telling(changes: Sequence[CounterChange]) -> str:
    """What stands in a table's cell of the counters that changed; the others are below it."""
    worst = next((change for change in changes if change.is_more), changes[0])
    others = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{_changes([worst])}{others}"


def _changes(changes: Sequence[CounterChange]) -> str:
    return ", ".join(f"{change.counter} {count(change.before)} → {count(change.after)}" for change in changes)


def _told(one: CheckedStrategy, text: Callable[[str], str]) -> Iterator[str]:
    """What a reader should know of a strategy beside its row."""
    if one.error is not None:
        yield f"it failed: {text(one.error)}"
    if one.counters:
        yield text(f"counters: {_changes(one.counters)}")
    for limit in one.limits:
        yield text(f"over budget: {over_budget(limit)}")
    if one.unchecked:
        yield text(f"budget not checked, for it could not be counted: {', '.join(one.unchecked)}")
    if one.ungated:
        what = "without a base, and no gate" if one.without_base else "changed, and no gate"
        yield text(f"{what}: {_changes(one.ungated)}")
    if one.uncompared:
        yield text(f"counted in one of the two alone: {', '.join(one.uncompared)}")
    timing = one.timing
    if timing is not None and timing.reason is not None:
        yield text(f"{timing.verdict}: {timing.reason}")
    elif timing is not None and timing.verdict == "inconclusive" and timing.ratio_low and timing.ratio_high:
        yield text(
            f"inconclusive: between {timing.ratio_low - 1:+.1%} and {timing.ratio_high - 1:+.1%}, by {timing.launches}"
            " launches: give more with --budget, or a larger --threshold"
        )
    if timing is not None and timing.confirmed and timing.verdict == "slower":
        yield text(f"confirmed by {timing.launches} launches after it was suspected, {timing.rounds} rounds in all")
    yield from map(text, one.notes)


def _lists(check: Check, text: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
    if check.vanished:
        yield "In the base alone, vanished or renamed:", [text(_gone(one)) for one in check.vanished]
    if check.missing:
        yield "Without a base to compare with:", [text(_gone(one)) for one in check.missing]
    if check.appeared:
        yield "In the head alone, new:", [text(one) for one in check.appeared]


def _gone(one: Gone) -> str:
    likely = f": is {one.likely} its new name?" if one.likely else ""
    return f"{one.name}{likely}{f': {one.reason}' if one.reason else ''}"


def _differences(check: Check, text: Callable[[str], str]) -> list[str]:
    if not check.differs:
        return []
    told = ", ".join(f"{name} {before} → {after}" for name, (before, after) in check.differs.items())
    return [f"differs: {text(told)}"]


def _coloured(word: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[word]}m{word}\x1b[0m" if colour and word in _COLOURS else word
