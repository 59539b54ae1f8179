"""The table of one point: its strategies, those that answer the question first, then what stands apart and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from bench.measurement import PointResult, StrategyResult
from bench.reports.columns import (
    AT_1_MS,
    COLUMNS,
    ESTIMATED,
    LOAD_COLUMNS,
    TERMINAL_COLUMNS,
    UNRANKED,
    Column,
    Section,
    columns_for,
    led_by,
)
from bench.reports.drawing import TERMINAL_WIDTH, fitting, in_markdown, on_terminal, with_list, with_notes
from bench.reports.faults import FAULT_COLUMNS, FAULT_NOTES, errors_seen, is_disturbed
from bench.reports.formatting import code, either, factor_seen, listed, markdown, percent, plain, shortened
from bench.reports.limits import of_limits
from bench.reports.remarks import of_added_time, of_counting, of_sampling, of_unlike_rounds

Kind = Literal["entities", "rows"]

RATIO_NOTE = (
    "ratio: median of paired rounds against the baseline with its 95 % interval; it is not the quotient of the medians"
)
STARRED = "not shown to be behind the fastest, after correction for all pairs of strategies"
"""What the mark of the winners says, below a table."""
NO_INTERVAL_NOTE = (
    "a ratio without an interval rests on fewer than 6 samples, and is the quotient of medians where slow"
)
_LONGEST_NOTE = 400
LOAD_NOTE = (
    "median: of whole loads; latencies of units, and their waits for a connection, its opening and test included, are"
    " those of all samples; units /s: over a whole load, up to the end of its last unit; opened, closed, timed out,"
    " lost: in a load, on average; limit: what a load ran into (tasks: nothing that was seen, so that more of them may"
    " do more)"
)


def terminal_table(
    point: PointResult,
    width: int | None = None,
    colour: bool = False,
    returns: Kind | None = None,
    headline: str | None = None,
    precisions: Sequence[float] = (),
) -> str:
    """The table of a point as plain text, with what must be said of it in lines below.

    Args:
        point: What was measured.
        width: Columns of the terminal, 100 if None; where they are too few, the least needed columns of the table go.
        colour: Whether winners and verdicts are coloured by ANSI codes; without it there are no control codes.
        returns: What the scenario asks for; None takes it from the baseline.
        headline: The counter that leads the table, if one does.
        precisions: What was asked of the runs, as fractions, where the legend is to say from where on they differ.
    """
    width = width or TERMINAL_WIDTH
    sections = sections_of(point, returns)
    among = columns_of(point, TERMINAL_COLUMNS)
    columns = fitting(sections, columns_for(sections, led_by(headline, among)), width)
    table = on_terminal(sections, columns, width, point.winners, colour)
    won = [f"*: {STARRED}"] if point.winners else []
    return with_notes(table, [*won, *_legend(point, columns, precisions), *footnotes(point)], width)


def markdown_table(
    point: PointResult,
    returns: Kind | None = None,
    legend: bool = True,
    headline: str | None = None,
    precisions: Sequence[float] = (),
) -> str:
    """The table of a point in GitHub's Markdown, with what must be said of it as a list below.

    Args:
        point: What was measured.
        returns: What the scenario asks for; None takes it from the baseline.
        legend: Whether to explain the marks and the ratio; where tables follow each other, one legend is enough.
        headline: The counter that leads the table, if one does.
        precisions: What was asked of the runs, as fractions, where the legend is to say from where on they differ.
    """
    sections = sections_of(point, returns)
    columns = columns_for(sections, led_by(headline, columns_of(point, COLUMNS)))
    notes = [markdown(note) for note in _legend(point, columns, precisions)] if legend else []
    if legend and point.winners:
        notes.insert(0, f"★: {STARRED}")
    table = in_markdown(sections, columns, point.winners)
    return with_list(table, [*notes, *footnotes(point, code, markdown)])


def sections_of(point: PointResult, returns: Kind | None = None) -> list[Section]:
    """The strategies of a point in the order of its table: those that return what is asked for, then those that return
    something else, both by their time; then demonstrations, then those that were not ranked. Empty parts are left out.
    """
    wanted = returns or asked_for(point)
    apart = [strategy for strategy in point.strategies if strategy.verdict in UNRANKED]
    shown = [strategy for strategy in point.strategies if strategy not in apart and strategy.demonstration]
    ranked = [strategy for strategy in point.strategies if strategy not in apart and not strategy.demonstration]
    kinds: tuple[Kind, ...] = ("entities", "rows")
    sections: list[Section] = [("", _by_time(ranked, wanted))]
    sections += [(f"reference: {kind}", _by_time(ranked, kind)) for kind in kinds if kind != wanted]
    sections += [("demonstration", shown), ("not ranked", apart)]
    return [section for section in sections if section[1]]


def drives_loads(point: PointResult) -> bool:
    """Whether what was timed is loads: units of work from many tasks."""
    return any(strategy.load is not None for strategy in point.strategies)


def columns_of(point: PointResult, usual: Sequence[Column]) -> Sequence[Column]:
    """The columns that a point's table may have: those of loads or of faults where it has such, else the usual ones."""
    if is_disturbed(point):
        return FAULT_COLUMNS
    return LOAD_COLUMNS if drives_loads(point) else usual


def asked_for(point: PointResult) -> Kind:
    """What the baseline of a point returns."""
    for strategy in point.strategies:
        if strategy.baseline:
            return strategy.returns
    return "entities"


def footnotes(
    point: PointResult, quoted: Callable[[str], str] = plain, prose: Callable[[str], str] = plain
) -> list[str]:
    """What a reader must know beside the numbers: why a strategy was not ranked, what could not be seen, notes.

    Args:
        point: What was measured.
        quoted: Makes a strategy's name harmless.
        prose: Makes other text harmless.
    """
    notes = []
    if not point.finished:
        notes.append(f"interrupted: this point was not {'finished' if point.strategies else 'measured'}")
    if added := of_added_time(point):
        notes.append(prose(added))
    if point.was_busy:
        notes.append(
            f"the machine was busy when this was measured ({point.load_per_core:.1f} processes for each core): that can"
            " make equal strategies look different, so measure again when it is quiet"
        )
    if unlike := of_sampling(point, quoted):
        notes.append(unlike)
    if changed := of_unlike_rounds(point, quoted):
        notes.append(changed)
    names: dict[str, list[str]] = {}
    for strategy in point.strategies:
        for remark in _remarks(strategy, prose):
            names.setdefault(remark, []).append(quoted(strategy.name))
    notes += [f"{', '.join(named)}{remark}" for remark, named in names.items()]
    if beaten := _marked_though_beaten(point, quoted):
        notes.append(beaten)
    if unseen := _unseen(point, quoted):
        notes.append(f"inconclusive; {'; '.join(unseen)}")
    if undecided := [quoted(one.name) for one in point.strategies if _had_too_few_rounds(one)]:
        notes.append(
            f"too few rounds for a verdict, however large the difference: {', '.join(undecided)}; try --budget"
        )
    return notes + [prose(shortened(plain(note), _LONGEST_NOTE)) for note in point.notes]


def _marked_though_beaten(point: PointResult, quoted: Callable[[str], str]) -> str:
    """Why a baseline is among the winners though another is faster than it; empty where that is not so."""
    baseline = next((one for one in point.strategies if one.baseline and one.name in point.winners), None)
    faster = [one for one in point.strategies if one.verdict == "faster" and one.name in point.winners]
    if baseline is None or not faster:
        return ""
    who = f"{listed(quoted(one.name) for one in faster)} {'is' if len(faster) == 1 else 'are'}"
    return (
        f"{quoted(baseline.name)} is marked too, though {who} faster than it: a verdict is corrected for comparisons"
        " with the baseline alone, the mark for all pairs of strategies, which takes more rounds"
    )


def _unseen(point: PointResult, quoted: Callable[[str], str]) -> list[str]:
    """What could not be seen of those that are inconclusive: shares, and from 100 % on, factors."""
    shares: list[str] = []
    factors: dict[str, list[str]] = {}
    for strategy in point.strategies:
        least = strategy.smallest_detectable
        if strategy.verdict != "inconclusive" or least is None or _had_too_few_rounds(strategy):
            continue
        if factor := factor_seen(least):
            factors.setdefault(factor, []).append(quoted(strategy.name))
        else:
            shares.append(f"{quoted(strategy.name)} {percent(least)}")
    said = [f"the smallest differences that could have been seen: {', '.join(shares)}"] if shares else []
    return said + [
        f"only a difference by a factor of {factor} or more could have been seen: {', '.join(names)}"
        for factor, names in factors.items()
    ]


def _had_too_few_rounds(strategy: StrategyResult) -> bool:
    """Whether a difference that its rounds could have shown is there, with its whole interval on one side, and the
    rounds were too few for the sign test.
    """
    low, high, least = strategy.ratio_low, strategy.ratio_high, strategy.smallest_detectable
    if strategy.verdict != "inconclusive" or not strategy.ratio or low is None or high is None or least is None:
        return False
    return abs(math.log(strategy.ratio)) > math.log1p(least) and not low <= 1 <= high


def why(strategy: StrategyResult) -> str:
    """Why a strategy was not ranked, or what a demonstration showed, in a line; empty where that is not known."""
    said = (strategy.reason, strategy.error)
    first, second = reversed(said) if strategy.verdict == "failed" else said
    return shortened(plain(first or second or ""), _LONGEST_NOTE)


def _remarks(strategy: StrategyResult, prose: Callable[[str], str]) -> Iterable[str]:
    said = prose(why(strategy))
    if strategy.verdict in UNRANKED:
        yield f" {strategy.verdict}: {said}" if said else f" {strategy.verdict}"
    elif strategy.demonstration and said:
        yield f": {said}"
    if seen := errors_seen(strategy):
        yield f": {prose(plain(seen))}"
    for note in (*of_limits(strategy), *of_counting(strategy), *strategy.notes):
        yield f": {prose(shortened(plain(note), _LONGEST_NOTE))}"


def _by_time(strategies: Iterable[StrategyResult], kind: Kind) -> list[StrategyResult]:
    """Fastest first by the estimate that winners are found with; then those without one by their median."""
    chosen = [strategy for strategy in strategies if strategy.returns == kind]

    def place(strategy: StrategyResult) -> tuple[bool, float, bool, float]:
        behind, median = strategy.behind, strategy.median_ms
        return behind is None, behind or 0.0, median is None, median or 0.0

    return sorted(chosen, key=place)


def margin_note(precisions: Sequence[float]) -> str:
    """From which difference on strategies are told apart, for what was asked of each run, as a fraction."""
    margins = {2 * precision for precision in precisions}
    whose = f"the margin{'s' if len(margins) > 1 else ''} of {'these runs' if len(precisions) > 1 else 'this run'}"
    return (
        f"a difference counts from {either(margins)} on ({whose}) and after correction for the number of strategies:"
        " an interval beside 1 alone decides nothing"
    )


def _legend(point: PointResult, columns: Sequence[Column], precisions: Sequence[float] = ()) -> list[str]:
    compared = [strategy for strategy in point.strategies if strategy.ratio is not None and not strategy.baseline]
    notes = [RATIO_NOTE] if compared else []
    if compared and precisions:
        notes.append(margin_note(precisions))
    if any(strategy.ratio_low is None for strategy in compared):
        notes.append(NO_INTERVAL_NOTE)
    if drives_loads(point):
        notes.append(LOAD_NOTE)
    if is_disturbed(point):
        notes += FAULT_NOTES
    return [*notes, *([_further_away(point)] if AT_1_MS in columns else [])]


def _further_away(point: PointResult) -> str:
    """What the column of a database that is 1 ms away says, and no more of its marks than are there."""
    timed = [strategy for strategy in point.strategies if strategy.median_ms is not None]
    shown = [strategy for strategy in timed if strategy.at_1ms_ms is not None]
    said = []
    if any(not strategy.at_1ms_measured for strategy in shown):
        said.append(f"{ESTIMATED} estimated: median + round trips × 1 ms")
    if any(strategy.at_1ms_measured for strategy in shown):
        said.append(f"without {ESTIMATED} measured" if said else "measured")
    if len(shown) < len(timed):
        said.append("– where that cannot be told, as with several connections")
    return f"at 1 ms RTT: ms a call where each round trip takes 1 ms more ({'; '.join(said)})"
