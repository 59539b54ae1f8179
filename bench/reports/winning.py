"""Who wins at a point, by how much and how surely; nobody is said to win over one that was not shown to be behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bench.crossings import is_unsettled, ranks_nothing
from bench.measurement import PointResult, StrategyResult
from bench.reports.columns import UNRANKED
from bench.reports.formatting import ABSENT, count, factor_seen, interval, listed, milliseconds, percent, plain, ratio
from bench.reports.remarks import contradicts

Quoted = Callable[[str], str]
"""Makes text of others harmless and, in Markdown, sets it as code."""

NONE_RANKED = "no strategy could be ranked."


def verdict(point: PointResult, quoted: Quoted = plain) -> list[str]:
    """Who wins, then who fell out; in lower case, for a place may stand before it.

    Args:
        point: What was measured.
        quoted: How names of strategies are written; as they are, if left out.
    """
    by_name = {strategy.name: strategy for strategy in point.strategies}
    baseline = timed_baseline(point)
    winners = [by_name[name] for name in point.winners if name in by_name]
    said = [_won(winners, baseline, point, quoted) if winners else NONE_RANKED]
    fallen = [f"{quoted(strategy.name)} ({strategy.verdict})" for strategy in point.strategies if _fell_out(strategy)]
    if fallen:
        said.append(f"Not ranked: {', '.join(fallen)}.")
    return said


def timed_baseline(point: PointResult) -> StrategyResult | None:
    """The baseline that the others could be compared with; none where it declined the point, fell out, or was not
    chosen.
    """
    ranked = (one for one in point.strategies if one.median_ms is not None and one.verdict not in UNRANKED)
    return next((one for one in ranked if one.baseline), None)


def _fell_out(strategy: StrategyResult) -> bool:
    """Whether a reader would look for it among the ranked; one that declined the point by itself, they would not."""
    return strategy.verdict in UNRANKED and (strategy.verdict != "skipped" or strategy.baseline)


def _won(starred: Sequence[StrategyResult], baseline: StrategyResult | None, point: PointResult, quoted: Quoted) -> str:
    first = starred[0]
    if not any(one is not first and one.median_ms is not None for one in point.strategies):
        return f"only {quoted(first.name)} could be ranked{_held(first)}: there is nothing to compare it with."
    if ranks_nothing(point):
        return _unranked(starred, point, quoted)
    unsettled = [one for one in starred[1:] if is_unsettled(one)]
    winners = [one for one in starred if one not in unsettled]
    if len(winners) > 1:
        return _tied(winners, unsettled, baseline, point, quoted)
    if unsettled:
        return _ahead(first, unsettled, baseline, point, quoted)
    if first.baseline:
        won = f"{quoted(first.name)}, the baseline, wins{_held(first)}{_rounds(point, first)}"
        return f"{won}{_next(first, point, quoted)}."
    if baseline is None:
        return f"{quoted(first.name)} wins{_held(first)}{_rounds(point, first)}{_next(first, point, quoted)}."
    share = share_of(first, baseline, quoted)
    found = f": {share}" if share else ""
    if first.verdict != "faster":
        doubt = f"not shown to be faster than {quoted(baseline.name)}"
        return f"{quoted(first.name)} is ahead of the others, {doubt}{found}{_rounds(point, first, baseline)}."
    return f"{quoted(first.name)} wins{found}{_rounds(point, first, baseline)}{_next(first, point, quoted)}."


def _held(strategy: StrategyResult) -> str:
    return f", in {milliseconds(strategy.median_ms)} ms" if strategy.median_ms is not None else ""


def _unranked(starred: Sequence[StrategyResult], point: PointResult, quoted: Quoted) -> str:
    """What is said where the rounds rank nothing: who is first so far, and how far from it the others seem to be."""
    first, *others = starred
    rounds = max(_paired_rounds(point, first, one) for one in others)
    few = f"{count(rounds)} round{' is' if rounds == 1 else 's are'}" if rounds else "its rounds are"
    who = f"{quoted(first.name)}, the baseline," if first.baseline else quoted(first.name)
    least = all((first.median_ms or 0.0) <= (one.median_ms or math.inf) for one in others)
    lead = "has the least median," if least else "is the fastest by paired rounds, with a median of"
    near, far = (ratio(edge(one.behind or 1.0 for one in others)) for edge in (min, max))
    rest = f"{quoted(others[0].name)} takes" if len(others) == 1 else "the others take"
    apart = near if near == far else f"{near} to {far}"
    return f"{few} too few to rank anything: {who} {lead} {milliseconds(first.median_ms)} ms; {rest} {apart} its time."


def _ahead(
    first: StrategyResult,
    unsettled: Sequence[StrategyResult],
    baseline: StrategyResult | None,
    point: PointResult,
    quoted: Quoted,
) -> str:
    """What is said of the first where more rounds would have to rule out others: no win."""
    if first.baseline:
        led = f"{quoted(first.name)}, the baseline, is ahead{_held(first)}{_rounds(point, first)}"
    else:
        share = share_of(first, baseline, quoted)
        led = f"{quoted(first.name)} is ahead{f': {share}' if share else ''}{_rounds(point, first, baseline)}"
    # Judged against the baseline alone, fewer comparisons are corrected for than in the ranking.
    beats = first.verdict == "faster" and baseline in unsettled
    unshown = list(unsettled)
    if baseline is not None and not first.baseline and first.verdict != "faster" and baseline not in unshown:
        unshown.append(baseline)
    named = listed(f"{quoted(one.name)} ({_distance(one)})" for one in unshown)
    doubt = f"but {'among all strategies ' if beats else ''}not shown to be faster than {named}"
    alone = "; against the baseline alone, it is faster" if beats else ""
    return f"{led}, {doubt}: give more time with --budget{alone}."


def _tied(
    winners: Sequence[StrategyResult],
    unsettled: Sequence[StrategyResult],
    baseline: StrategyResult | None,
    point: PointResult,
    quoted: Quoted,
) -> str:
    first = winners[0]
    parts = [f"{listed(quoted(winner.name) for winner in winners)} are not told apart{_between(winners, quoted)}"]
    share = share_of(first, baseline, quoted)
    if baseline in winners:
        parts.append(_against_baseline(point, quoted))
    elif share:
        parts.append(f"{quoted(first.name)} takes {share}")
    advice = ""
    if unsettled:
        named = listed(f"{quoted(one.name)} ({_distance(one)})" for one in unsettled)
        advice = f"; too few rounds to rule out {named}: give more time with --budget"
    elif any(winner.behind_verdict == "inconclusive" for winner in winners):
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
    least = ""
    if len(seen) == 1:
        least = f", where a difference under {percent(seen[0])} could not have been seen"
        if (by := factor_seen(seen[0])) is not None:
            least = f", where only a difference by a factor of {by} or more could have been seen"
    return f"none of them was shown to beat the baseline{least}"


def share_of(winner: StrategyResult, baseline: StrategyResult | None, quoted: Quoted) -> str:
    """`0.11x the time of lazy (0.10 to 0.12), 8.4 ms against 76 ms`; empty where they were not compared.

    Times are left out where they contradict the ratio.
    """
    if baseline is None or winner.ratio is None:
        return ""
    bounds = interval(winner.ratio, winner.ratio_low, winner.ratio_high)
    known = f" ({bounds})" if bounds != ABSENT else ""
    times = ""
    if winner.median_ms is not None and baseline.median_ms is not None and not contradicts(winner, baseline):
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


def _distance(strategy: StrategyResult) -> str:
    """The same within parentheses (`1.10×, 1.00–1.17`)."""
    return _behind(strategy).replace(" (", ", ").removesuffix(")")


def _rounds(point: PointResult, *compared: StrategyResult | None) -> str:
    rounds = _paired_rounds(point, *compared)
    return f", over {count(rounds)} paired round{'' if rounds == 1 else 's'}" if rounds else ""


def _paired_rounds(point: PointResult, *compared: StrategyResult | None) -> int:
    """In how many rounds all of those compared were sampled: some are sampled in every few rounds only."""
    sampled = [set(strategy.rounds) for strategy in compared if strategy is not None and strategy.rounds]
    return len(set.intersection(*sampled)) if sampled else point.rounds
