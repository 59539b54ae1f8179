"""What a result says of a point: what was counted and timed of its strategies, and what was decided of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import median

from bench.measurement import PointResult, StrategyResult, Verdict
from bench.measuring.contest import Contest
from bench.measuring.contestant import Contestant
from bench.measuring.load_results import complaint, load_result
from bench.round_trip_time import estimate_at, split
from bench.statistics import dependence, median_interval, percentile
from bench.verdicts import PointDecision

NO_TIME = "no time was left to sample it: give more with --budget"


@dataclass(frozen=True)
class Tapped:
    """What crossings along the round-trip time start from: the median of each strategy through the tap with no time
    added, and what it adds all the same, in milliseconds.
    """

    added_ms: float | None = None
    medians_ms: Mapping[str, float] = field(default_factory=dict)


def result_of(contest: Contest, decision: PointDecision, tapped: Tapped, seconds: float, finished: bool) -> PointResult:
    """A point that was timed.

    Args:
        contest: Its strategies, with what each was found to do.
        decision: Who won, and how sure that is.
        tapped: Their times through the tap.
        seconds: What the point took.
        finished: Whether it was measured to its end.
    """
    return PointResult(
        params=dict(contest.point.params),
        rtt_ms=contest.point.rtt_ms,
        rtt_added_ms=contest.added_ms,
        tapped_rtt_ms=tapped.added_ms,
        strategies=[
            replace(
                _strategy_result(one, decision, not finished, contest.added_ms is None),
                tapped_ms=tapped.medians_ms.get(one.alias),
            )
            for one in contest.contestants.values()
        ],
        winners=list(decision.winners),
        rounds=contest.rounds,
        seconds=seconds,
        finished=finished,
        cut_short=contest.cut_short,
        notes=contest.said,
    )


def _strategy_result(
    contestant: Contestant, decision: PointDecision, interrupted: bool, straight: bool
) -> StrategyResult:
    described = _described(contestant)
    if not straight:
        described = replace(described, cold_ms=None)  # a cold call goes straight to the server
    if not contestant.runs:
        return described
    if not contestant.samples:
        unjudged: Verdict | None = None if contestant.is_baseline else "inconclusive"
        return replace(described, verdict=unjudged, notes=[*described.notes, *([] if interrupted else [NO_TIME])])
    decided = decision[contestant.alias]
    times = list(contestant.samples.values())
    notes = list(described.notes)
    if decided.autocorrelation is not None:
        notes.append(
            f"its rounds are not independent (lag-1 autocorrelation of signs {decided.autocorrelation:.2f}):"
            " the intervals allow for it"
        )
    if contestant.slow:
        times_s = "once" if len(times) == 1 else f"{len(times)} times"
        notes.append(f"a call takes more than a twentieth of the time there was for the rounds: timed {times_s}")
    load = load_result(contestant.loads, contestant.activity, contestant.strategy.most_connections)
    if (said := complaint(load)) is not None:
        notes.append(said)
    median_ms, cpu_ms = median(times) / 1e6, median(contestant.cpu.values()) / 1e6
    known = median_interval(times, autocorrelation=dependence(times))
    waiting_ms, overlap_ms = split(median_ms, cpu_ms, described.server_ms)
    return replace(
        described,
        verdict=decided.verdict,
        winner=contestant.alias in decision.winners,
        median_ms=median_ms,
        median_low_ms=known.low / 1e6 if known else None,
        median_high_ms=known.high / 1e6 if known else None,
        p95_ms=percentile(times, 95) / 1e6,
        cpu_ms=cpu_ms,
        waiting_ms=waiting_ms,
        overlap_ms=overlap_ms,
        at_1ms_ms=_at_1ms(contestant, median_ms) if straight else None,
        ratio=decided.ratio,
        ratio_low=decided.ratio_low,
        ratio_high=decided.ratio_high,
        behind=decided.behind,
        behind_low=decided.behind_low,
        behind_high=decided.behind_high,
        behind_verdict=decided.behind_verdict,
        smallest_detectable=decided.smallest_detectable,
        calls_in_a_row=contestant.sampling.in_a_row,
        rounds=list(contestant.samples),
        samples_ns=times,
        load=load,
        notes=notes,
    )


def _at_1ms(contestant: Contestant, median_ms: float) -> float | None:
    counted = contestant.counted
    return estimate_at(median_ms, counted.counters.round_trips, counted.connections_used)


def uncompared(contest: Contest) -> PointResult:
    """A point of which nothing was timed: what was proved and counted."""
    return PointResult(
        params=dict(contest.point.params),
        rtt_ms=contest.point.rtt_ms,
        strategies=[_described(one) for one in contest.contestants.values()],
        notes=contest.said,
    )


def _described(contestant: Contestant) -> StrategyResult:
    strategy, counted = contestant.strategy, contestant.counted
    return StrategyResult(
        name=contestant.alias,
        description=strategy.description,
        code=strategy.code,
        baseline=contestant.is_baseline,
        returns=strategy.returns,
        demonstration=contestant.demonstration,
        limits=dict(strategy.limits),
        verdict=contestant.verdict,
        reason=contestant.reason,
        error=contestant.error,
        cold_ms=contestant.cold_ms,
        drives_load=contestant.drives_load,
        server_ms=counted.server_ms,
        server_unseen=counted.server_unseen,
        counters=contestant.counters,
        cold_counters=counted.cold_counters,
        witnesses=counted.witnesses,
        statements=counted.statements,
        repeated_loads=counted.repeated_loads,
        costliest=counted.costliest,
        notes=contestant.notes,
    )
