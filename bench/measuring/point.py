"""One point, from its opening to its result: prove, count, time, decide, and confirm what is small in a second
worker.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from bench.description import ScenarioDescription
from bench.measurement import PointResult
from bench.measuring.contest import Contest
from bench.measuring.contestant import Contestant
from bench.measuring.examiner import WayOfCalls
from bench.measuring.outages import RoundsEndedError
from bench.measuring.point_result import Tapped, result_of, uncompared
from bench.measuring.session import ServerLostError, Session
from bench.measuring.shared_loads import Sample, sampling
from bench.measuring.watching import Estimate
from bench.points import Point
from bench.rounds import Candidate, Schedule
from bench.sampling import Sampling, sampling_of
from bench.statistics import median_interval
from bench.verdicts import PointDecision, confirm, decide

SHOWN_EVERY_S = 0.25
"""Seconds between two estimates for those who watch: working them out takes time that samples could have."""
SAMPLING_SHARE = 1 / 3
"""The share of a point's time that the rounds have in any case, though proving and counting took more than the rest."""
REHEARSING_SHARE = 1 / 50
"""The share of the time for the rounds that one call of each may take, for a round to be made before them."""
REHEARSED_S = 0.05
"""Seconds that this may take in any case: where rounds are asked for, the time for them can be next to nothing."""
CONFIRMING_SHARE = 0.25
"""The share of a point's time that is kept for a second worker, where the precision asked makes one likely."""
TAPPED_SHARE = 0.25
"""The share of a point's time that is kept for sampling through the tap with no time added, where others add time."""
CONFIRMED_BELOW = 0.025
"""At a precision below this, differences under 5 % can be called faster or slower, and must hold in a second worker."""


def measure_point(
    session: Session,
    scenario: ScenarioDescription,
    point: Point,
    entrants: Mapping[str, str],
    baseline: str,
    share: float,
    precision: float,
    known: Mapping[str, Contestant] | None = None,
) -> tuple[PointResult, Mapping[str, Contestant]]:
    """Measure strategies at a point: the result, and what proving and counting found, which holds at each added time.

    When it is interrupted, or the server is lost, the result is what was measured, unfinished.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is.
        point: The choice of parameters.
        entrants: The strategy of each contestant by the name it goes by.
        baseline: The name of the one that the others are compared with.
        share: Seconds that the point may take.
        precision: The half-width asked of an interval, as a fraction.
        known: What was found at the same parameters before; without it, the strategies are proved and counted.

    Raises:
        BenchError: The worker or the server failed, and no strategy is to blame.
    """
    began, lost = time.monotonic(), session.lost_s
    contest = Contest(
        session, scenario, point, entrants, baseline, share, way="delayed" if point.rtt_ms > 0 else "straight"
    )
    decision: PointDecision | None = None
    finished = False
    tapped = Tapped()
    try:
        known = _prepare(contest, known)
        contest.warm_up()
        contest.freeze()
        confirming = CONFIRMING_SHARE if precision < CONFIRMED_BELOW else 0.0
        tapping = TAPPED_SHARE if session.options.adds_time and point.rtt_ms == 0 else 0.0
        kept = share * (1 - confirming - tapping)
        until = max(began + kept + session.lost_s - lost, time.monotonic() + share * SAMPLING_SHARE)
        _time(
            session,
            contest,
            precision,
            until,
            f"{session.options.seed}:{scenario.name}:{point}",
            session.options.rounds,
        )
        decision = _decide(contest, precision)
        contest.close()
        if tapping and _fits(contest, share * TAPPED_SHARE):
            tapped = _through_tap(session, contest, known, precision, time.monotonic() + share * TAPPED_SHARE)
        if decision.to_confirm:
            decision = confirm(
                decision, _second_worker(session, contest, decision, precision, began + share + session.lost_s - lost)
            )
        finished = True
    except (KeyboardInterrupt, ServerLostError) as error:
        if isinstance(error, ServerLostError):
            contest.notes.append(str(error))
        unconfirmed = decision or _decide(contest, precision)
        decision = confirm(unconfirmed, decide([], precision, contest.scenario.returns))
    known = known or contest.known()
    try:
        return result_of(contest, decision, tapped, time.monotonic() - began, finished), known
    except KeyboardInterrupt:  # it ends the run with this point, which has all its rounds
        return result_of(contest, decision, tapped, time.monotonic() - began, finished=False), known


def count_point(
    session: Session, scenario: ScenarioDescription, point: Point, entrants: Mapping[str, str], baseline: str
) -> PointResult:
    """Prove and count strategies at a point, and time nothing.

    Raises:
        BenchError: The worker or the server failed, and no strategy is to blame.
    """
    began = time.monotonic()
    contest = Contest(session, scenario, point, entrants, baseline, session.options.timeout, way="counted")
    finished = False
    try:
        contest.open()
        contest.prove()
        contest.close()
        finished = True
    except KeyboardInterrupt:
        pass
    return replace(uncompared(contest), seconds=time.monotonic() - began, finished=finished, cut_short=False)


def _prepare(contest: Contest, known: Mapping[str, Contestant] | None) -> Mapping[str, Contestant]:
    """Bring the strategies to where they can be warmed up: proved and counted, now or before."""
    if known is None and contest.way == "delayed":
        known = _known_straight(contest)
    if known is not None:
        contest.adopt(known)
        return known
    contest.open()
    contest.prove()
    contest.time_alone()
    return contest.known()


def _known_straight(contest: Contest) -> Mapping[str, Contestant]:
    """What proving and counting find where no time is added, for a point where it is."""
    straight = contest.without_added_time()
    straight.open()
    straight.prove()
    straight.time_alone()
    straight.close()
    contest.notes += straight.notes  # its outages are those of both
    return straight.known()


def _fits(contest: Contest, seconds: float) -> bool:
    """Whether a call of each takes no longer: what the tap adds by itself shows in short calls."""
    return sum(one.call_ns for one in contest.running) / 1e9 <= seconds


def _through_tap(
    session: Session, contest: Contest, known: Mapping[str, Contestant], precision: float, until: float
) -> Tapped:
    """Time the strategies through the tap with no time added."""
    session.watcher.step("timing through the tap, with no time added")
    entrants = {alias: one.strategy.name for alias, one in contest.contestants.items()}
    baseline = next((one.alias for one in contest.contestants.values() if one.is_baseline), "")
    again = _another(session, contest, entrants, baseline, "delayed")
    with _beside(contest, again):
        # One that failed in the rounds meanwhile is not tried again.
        again.adopt({alias: replace(one, verdict=contest.contestants[alias].verdict) for alias, one in known.items()})
        again.warm_up()
        again.freeze()
        _time(session, again, precision, until, f"{session.options.seed}:tapped:{contest.point}")
        again.close()
    medians = {one.alias: median(one.samples.values()) / 1e6 for one in again.running if one.samples}
    return Tapped(again.added_ms, medians)


def _another(
    session: Session, contest: Contest, entrants: Mapping[str, str], baseline: str, way: WayOfCalls
) -> Contest:
    """Another contest of the same point, whose outages are those of both."""
    return Contest(
        session,
        contest.scenario,
        contest.point,
        entrants,
        baseline,
        contest.share,
        way=way,
        outages=contest.outages,
    )


@contextmanager
def _beside(contest: Contest, again: Contest) -> Iterator[None]:
    """Another contest of a point is made meanwhile: what ends its rounds costs the point nothing that it has, and what
    there is to say of the one is said of the other.
    """
    try:
        yield
    except RoundsEndedError as error:
        again.notes.append(str(error))
    finally:
        contest.notes += [note for note in again.notes if note not in contest.notes]


def _time(session: Session, contest: Contest, precision: float, until: float, seed: str, fewest: int = 0) -> None:
    """Sample round after round until the intervals are narrow enough, or the time is up and there are the fewest."""
    try:
        with sampling(session, contest) as sample:
            if any(one.shared for one in contest.running):  # to open them in every process took of the time for rounds
                until = max(until, time.monotonic() + contest.share * SAMPLING_SHARE)
            _make_rounds(session, contest, sample, precision, until, seed, fewest)
    except RoundsEndedError as error:  # while the processes that drive loads were made ready
        contest.notes.append(str(error))


def _make_rounds(
    session: Session, contest: Contest, sample: Sample, precision: float, until: float, seed: str, fewest: int
) -> None:
    loads = {one.alias for one in contest.running if one.shared or one.drives_load}
    _rehearse(contest, [one for one in contest.running if one.alias not in loads], until - time.monotonic())
    calls_ns = [one.call_ns for one in contest.running if one.alias not in loads]
    sampling = sampling_of(calls_ns, bool(contest.scenario.writes))
    for one in contest.running:
        one.sampling = Sampling() if one.alias in loads else sampling(one.call_ns)
    candidates = [
        Candidate(
            name=one.alias,
            kind=one.strategy.returns,
            call_ns=one.call_ns,
            sample_ns=one.sampling.sample_ns(one.call_ns) + one.untimed_ns,
            baseline=one.is_baseline,
        )
        for one in contest.running
    ]
    began = time.monotonic()
    pairs = [pair for pair in claimed_pairs(contest) if set(pair) <= {one.name for one in candidates}]
    schedule = Schedule(candidates, precision, max(0.0, until - began), seed, fewest, pairs)
    timed = contest.running
    for contestant in timed:
        contestant.slow = contestant.alias in schedule.slow
    number, shown, lost = 0, 0.0, session.lost_s
    while (order := schedule.next_round(time.monotonic() - began - (session.lost_s - lost))) is not None:
        try:
            values = sample(number, order)
        except RoundsEndedError as error:
            contest.notes.append(str(error))
            break
        number += 1
        contest.rounds = number
        # Not only of this round: one that was opened in a new worker may have failed there.
        for contestant in timed:
            if not contestant.runs:
                schedule.drop(contestant.alias)
        timed = [one for one in timed if one.runs]
        schedule.record({alias: value for alias, value in values.items() if contest.contestants[alias].runs})
        now = time.monotonic()
        if now - shown >= SHOWN_EVERY_S:
            shown = now
            session.watcher.estimates(
                _estimates(contest), number, schedule.progress(now - began - (session.lost_s - lost)).seconds_left
            )
    contest.cut_short = not schedule.finished


def claimed_pairs(contest: Contest) -> Iterator[tuple[str, str]]:
    """The pairs whose times claims compare at the point."""
    for claim in contest.scenario.claims:
        ahead, than = claim["faster"] or claim["as_fast"], claim["than"]
        at_point = all(contest.point.params.get(name) == value for name, value in claim["where"].items())
        if ahead is not None and than is not None and at_point:
            yield ahead, than


def _rehearse(contest: Contest, ones: Sequence[Contestant], seconds: float) -> None:
    """Have those rehearse that do not drive loads, where that takes little of the time there is for the rounds."""
    if ones and sum(one.call_ns + one.untimed_ns for one in ones) / 1e9 <= max(seconds * REHEARSING_SHARE, REHEARSED_S):
        contest.rehearse([one.alias for one in ones])


def _decide(contest: Contest, precision: float) -> PointDecision:
    sampled = [one.sampled() for one in contest.running]
    return decide(sampled, precision, contest.scenario.returns, cut_short=contest.cut_short)


def _second_worker(
    session: Session, contest: Contest, decision: PointDecision, precision: float, until: float
) -> PointDecision:
    """The decision on the strategies whose small differences must hold, timed anew in a worker with another hash
    seed.
    """
    session.watcher.step("timing small differences again in a second worker")
    session.replace_worker(another_hash_seed=True)
    entrants = {alias: contest.contestants[alias].strategy.name for alias in decision.to_confirm}
    baseline = next((one.alias for one in contest.contestants.values() if one.is_baseline), "")
    again = _another(session, contest, entrants, baseline, contest.way)
    seed = f"{session.options.seed}:second:{contest.point}"
    with _beside(contest, again):
        again.open()
        for alias, one in again.contestants.items():
            one.drives_load = contest.contestants[alias].drives_load
        again.warm_up()
        again.freeze()
        _time(session, again, precision, until, seed, session.options.rounds)
        again.close()
    return _decide(again, precision)


def _estimates(contest: Contest) -> list[Estimate]:
    baseline = next((one.samples for one in contest.running if one.is_baseline), {})
    return [_estimate(one, baseline) for one in contest.running]


def _estimate(contestant: Contestant, baseline: Mapping[int, int]) -> Estimate:
    samples = contestant.samples
    logs = [math.log(samples[number] / baseline[number]) for number in samples.keys() & baseline.keys()]
    interval = median_interval(logs)
    return Estimate(
        name=contestant.alias,
        samples=len(samples),
        median_ms=median(samples.values()) / 1e6 if samples else None,
        ratio=math.exp(interval.estimate) if interval else None,
        low=math.exp(interval.low) if interval else None,
        high=math.exp(interval.high) if interval else None,
    )
