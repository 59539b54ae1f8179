"""Which strategies a point's next round samples, in which order, and when there have been enough rounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.scenario import Kind
from bench.statistics import (
    Interval,
    fewest_for_separation,
    fewest_for_significance,
    half_width_by_quartiles,
    median,
)
from bench.verdicts.comparisons import (
    ALPHA_CUT_SHORT,
    SLOW_SAMPLES,
    Sampled,
    are_apart,
    fastest,
    honest_interval,
    log_ratios,
)

NEAR: Final = math.log(1.5)
"""The log-distance up to which two strategies are near each other, and are told apart to the precision asked."""
NEAR_ROUNDS: Final = 30
"""The fewest rounds of a near strategy."""
FAR_ROUNDS: Final = 6
"""The fewest rounds of a far strategy: what a 95 % interval of a median takes."""
FAR_EVERY: Final = 4
"""Every how many rounds the far strategies are sampled, all in the same ones, while near ones are unfinished. The first
rounds have them all, until there are as many as a verdict takes: a short run then knows what is far behind. Fewer do
where samples are apart.
"""
SHARE_OF_DISTANCE: Final = 0.1
"""The half-width asked of two strategies that are not near each other, as a share of their log-distance; of two that
are both far behind the fastest, as a share of the distance to it.
"""
SLOW_SHARE: Final = 1 / 20
"""A call longer than this share of its point's budget is slow."""
SLOW_TIMES: Final = 8
"""How many times as long as the fastest a call takes that is slow, where so many rounds are asked for whatever the
budget: in that time a twentieth would be little.
"""
CHECKED_EACH_ROUND: Final = 30
"""Up to so many rounds the widths are computed after each; then each time the rounds have grown by a twentieth."""


@dataclass(frozen=True)
class Candidate:
    """A strategy to be timed at a point.

    Attributes:
        call_ns: Nanoseconds of one call, the median of its warm-up.
        sample_ns: Nanoseconds that a whole sample takes, with what is not timed: calls in a row, collecting, restoring.
    """

    name: str
    kind: Kind
    call_ns: float
    sample_ns: float
    baseline: bool = False


@dataclass(frozen=True)
class Goal:
    """A comparison whose interval is to become narrow enough.

    Attributes:
        rounds: How many rounds both have been sampled in.
        distance: The absolute median log-ratio.
        interval: The 95 % interval of the median log-ratio; None under 6 rounds.
        half_width: The larger of the interval's half-width and the one to expect by the quartiles; None as `interval`.
        asked: The half-width asked of it, as a logarithm.
        fewest: How many rounds it takes at least.
    """

    strategy: str
    reference: str
    rounds: int
    distance: float
    interval: Interval | None
    half_width: float | None
    asked: float
    fewest: int

    @property
    def members(self) -> frozenset[str]:
        """The two that are compared."""
        return frozenset((self.strategy, self.reference))

    @property
    def finished(self) -> bool:
        """Whether it is narrow enough, and has the rounds that it takes at least."""
        return self.rounds >= self.fewest and self.half_width is not None and self.half_width <= self.asked

    @property
    def rounds_left(self) -> int:
        """About how many more rounds it takes, if its width shrinks with the square root of their number."""
        if self.finished:
            return 0
        if self.half_width is None:
            return max(1, self.fewest - self.rounds)
        needed = self.rounds * (self.half_width / self.asked) ** 2
        return max(1, self.fewest - self.rounds, math.ceil(needed) - self.rounds)


@dataclass(frozen=True)
class Plan:
    """What the rounds to come are for.

    Attributes:
        goals: Every comparison that is asked for, finished or not.
        every_round: The near strategies, the baseline among them where it counts as near; empty once they are finished.
        every_few: The strategies that only every few rounds sample, and every round once the near ones are finished.
        short: How many rounds a strategy lacks of its fewest, where it lacks any.
        near: Those that are near the fastest of their kind, finished or not.
    """

    goals: tuple[Goal, ...]
    every_round: frozenset[str]
    every_few: frozenset[str]
    short: Mapping[str, int]
    near: frozenset[str]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to sample but slow strategies."""
        return not self.every_round and not self.every_few


@dataclass(frozen=True)
class Progress:
    """Where a point stands: rounds done, about how many are left and how long they take, and the goals."""

    rounds: int
    rounds_left: int
    seconds_left: float
    goals: tuple[Goal, ...]


def time_for(candidates: Sequence[Candidate], rounds: int, budget_s: float) -> tuple[float, float]:
    """The seconds that so many rounds take, the budget at least, and the nanoseconds from which on a call is slow in
    that time; of slow ones as many are made as a verdict needs.

    Where rounds are asked for, only that is slow which takes several times as long as the fastest.
    """
    several = SLOW_TIMES * min((one.call_ns for one in candidates), default=0.0) if rounds else 0.0

    def slow_ns(seconds: float) -> float:
        return max(seconds * SLOW_SHARE * 1e9, several)

    def needed_s(seconds: float) -> float:
        times = [SLOW_SAMPLES if one.call_ns > slow_ns(seconds) else rounds for one in candidates]
        return sum(one.sample_ns / 1e9 * often for one, often in zip(candidates, times, strict=True))

    # More time makes fewer of them slow, and each of these takes more.
    while rounds and (more := needed_s(budget_s)) > budget_s:
        budget_s = more
    return budget_s, slow_ns(budget_s)


class Schedule:
    """The rounds of one point: ask for the next round, sample it, record it, until there is none.

    Rounds end when the budget is spent, or when each interval is as narrow as asked. That depends on widths, and on the
    estimates by which strategies are near or far; never on whether a difference looks significant, which would make
    differences out of noise. The same seed and samples give the same rounds.

    Args:
        candidates: The strategies to be timed.
        precision: The half-width asked of comparisons between near strategies, as a share.
        budget_s: The point's share of the run's budget, in seconds; it wins over every minimum.
        seed: What the random orders are drawn from.
        fewest: How many rounds there are in any case, whatever the budget: of the near strategies and of those that a
            verdict takes as many of.
        pairs: The names of two that are to be told apart besides, as far as verdicts go: those of claims.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        precision: float,
        budget_s: float,
        seed: int | str,
        fewest: int = 0,
        pairs: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._candidates = {candidate.name: candidate for candidate in candidates}
        self._precision = precision
        self._budget_s = budget_s
        self._pairs = frozenset(pairs)
        self._expected_s, slow_ns = time_for([*self._candidates.values()], fewest, budget_s)
        self._fewest = fewest
        self._seed = seed
        self._samples: dict[str, dict[int, float]] = {name: {} for name in self._candidates}
        self._rounds = 0
        self._last_far = 0
        self._fewest_far = FAR_ROUNDS
        self._next_check = 0
        self._planned_s = 0.0
        self.slow = frozenset(name for name, one in self._candidates.items() if one.call_ns > slow_ns)
        self._check()

    def next_round(self, elapsed_s: float) -> tuple[str, ...] | None:
        """The strategies to sample next, in the order to sample them; None where the point is done.

        Args:
            elapsed_s: Seconds that this point's rounds have taken so far. A round that would pass the budget leaves out
                slow strategies first and then far ones; the first round has them all.
        """
        is_due = self._rounds < self._fewest
        if not self._candidates or (elapsed_s >= self._budget_s and not is_due):
            return None
        if self._rounds == 0:
            return self._in_random_order(self._candidates)
        slow = frozenset(name for name in self.slow if len(self._samples[name]) < SLOW_SAMPLES)
        deciding = self._rounds < self._fewest_far
        far_due = deciding or not self._plan.every_round or self._rounds - self._last_far >= FAR_EVERY
        far = self._plan.every_few if far_due else frozenset[str]()
        near = self._plan.every_round
        if is_due and self._plan.finished:
            near = self._plan.near
        for members in (near | far | slow, near | far, near):
            fits = is_due or elapsed_s + self._seconds(members, elapsed_s) <= self._budget_s
            if members and fits:
                return self._in_random_order(members)
        return None

    def record(self, values: Mapping[str, float]) -> None:
        """Take the values of the round that `next_round` gave, in nanoseconds; a strategy that failed has none."""
        if self._rounds == 0 or not self._plan.every_few.isdisjoint(values):
            self._last_far = self._rounds
        for name, value in values.items():
            self._samples[name][self._rounds] = value
        self._planned_s += self._cost_s(values)
        self._rounds += 1
        if self._rounds >= self._next_check:
            self._check()

    def drop(self, name: str) -> None:
        """Sample a strategy no more, and forget its samples: it failed or was lost."""
        del self._candidates[name], self._samples[name]
        self.slow -= {name}
        self._check()

    def sampled(self) -> list[Sampled]:
        """The samples so far, as `bench.verdicts.decide` takes them."""
        return [
            Sampled(one.name, one.kind, dict(self._samples[one.name]), one.baseline, one.name in self.slow)
            for one in self._candidates.values()
        ]

    @property
    def finished(self) -> bool:
        """Whether every interval was as narrow as asked when it was last looked; if not, the budget cut the point
        short.
        """
        return self._plan.finished

    def progress(self, elapsed_s: float) -> Progress:
        """Where the point stands after so many seconds; rounds and time left are estimates, within the budget."""
        near = [goal.rounds_left for goal in self._plan.goals if goal.members <= self._plan.every_round]
        near += [left for name, left in self._plan.short.items() if name in self._plan.every_round]
        far = [goal.rounds_left for goal in self._plan.goals if not goal.members <= self._plan.every_round]
        far += [left for name, left in self._plan.short.items() if name not in self._plan.every_round]
        near_left, far_left = max(near, default=0), max(far, default=0)
        far_beyond = max(0, far_left - near_left // FAR_EVERY)
        references = {name for goal in self._plan.goals if not goal.finished for name in goal.members}
        seconds = (
            near_left * self._seconds(self._plan.every_round, elapsed_s)
            + far_left * self._seconds(self._plan.every_few, elapsed_s)
            + far_beyond * self._seconds(references - self._plan.every_few, elapsed_s)
        )
        left = max(0.0, self._expected_s - elapsed_s)
        return Progress(self._rounds, near_left + far_beyond, min(seconds, left), self._plan.goals)

    def _check(self) -> None:
        timed = [one for name, one in self._candidates.items() if name not in self.slow]
        self._fewest_far = _fewest_far(timed)
        self._plan = plan(timed, self._samples, self._precision, self._pairs)
        grown = self._rounds // 20 if self._rounds >= CHECKED_EACH_ROUND else 1
        self._next_check = self._rounds + max(1, grown)

    def _in_random_order(self, names: Iterable[str]) -> tuple[str, ...]:
        order = sorted(names)
        Random(f"{self._seed}:{self._rounds}").shuffle(order)
        return tuple(order)

    def _cost_s(self, names: Iterable[str]) -> float:
        return sum(self._candidates[name].sample_ns for name in names) / 1e9

    def _seconds(self, names: Iterable[str], elapsed_s: float) -> float:
        """What sampling these takes, judged by how much longer than expected the rounds so far took."""
        longer = elapsed_s / self._planned_s if self._planned_s and elapsed_s else 1.0
        return self._cost_s(names) * longer


def plan(
    timed: Sequence[Candidate],
    samples: Mapping[str, Mapping[int, float]],
    precision: float,
    claimed: Collection[tuple[str, str]] = (),
) -> Plan:
    """What the next rounds are for, by the samples so far; slow strategies are not among those that are timed.

    Of the pairs that claims name, the rounds are asked for that a verdict takes, and no width.
    """
    best: dict[str, str] = {}
    for kind in {one.kind for one in timed}:
        name = fastest({one.name: samples[one.name] for one in timed if one.kind == kind})
        if name is not None:
            best[kind] = name
    baseline = next((one.name for one in timed if one.baseline), None)
    near = frozenset(one.name for one in timed if one.kind in best and _near(samples, one.name, best[one.kind]))
    fewest_far, fewest_apart = _fewest_far(timed), _fewest_apart(timed)

    def fewest(one: str, other: str) -> int:
        if near.issuperset((one, other)):
            return NEAR_ROUNDS
        return fewest_apart if are_apart(samples[one], samples[other]) else fewest_far

    pairs = {(one.name, best[one.kind]) for one in timed if one.kind in best and best[one.kind] != one.name}
    if baseline is not None:
        pairs |= {(one.name, baseline) for one in timed if one.name != baseline} - {(b, a) for a, b in pairs}
    lags = {one.name: _distance(samples, one.name, best.get(one.kind, one.name)) for one in timed}
    goals = tuple(
        _goal(
            samples,
            *pair,
            _asked(precision, _distance(samples, *pair), min(lags[name] for name in pair)),
            fewest(*pair),
        )
        for pair in sorted(pairs)
    )
    names = {one.name for one in timed}
    others = {pair for pair in claimed if names.issuperset(pair) and not near.issuperset(pair)}
    others -= pairs | {(other, one) for one, other in pairs}
    goals += tuple(_goal(samples, *pair, math.inf, min(fewest_far, fewest(*pair))) for pair in sorted(others))
    if baseline is not None and _wanted_by_a_near_one(baseline, goals, near):
        near |= {baseline}
    lacking = {one.name: (NEAR_ROUNDS if one.name in near else fewest_apart) - len(samples[one.name]) for one in timed}
    short = {name: lack for name, lack in lacking.items() if lack > 0}
    unfinished = {name for goal in goals if not goal.finished for name in goal.members} | short.keys()
    near_unfinished = any(not goal.finished and goal.members <= near for goal in goals) or not near.isdisjoint(short)
    if near_unfinished:
        return Plan(goals, near, frozenset(unfinished - near), short, near)
    return Plan(goals, frozenset(), frozenset(unfinished), short, near)


def _goal(samples: Mapping[str, Mapping[int, float]], strategy: str, reference: str, asked: float, fewest: int) -> Goal:
    ratios = log_ratios(samples[strategy], samples[reference])
    distance = abs(median(ratios)) if ratios else 0.0
    interval, autocorrelation = honest_interval(ratios)
    half_width = None
    if interval is not None:
        half_width = max(interval.half_width, half_width_by_quartiles(ratios, autocorrelation=autocorrelation))
    return Goal(strategy, reference, len(ratios), distance, interval, half_width, asked, fewest)


def _asked(precision: float, distance: float, lag: float) -> float:
    """The half-width asked of two strategies, as a logarithm: the precision, unless they are far from each other, or
    both far behind the fastest.

    Args:
        precision: As a share.
        distance: Between the two, as a logarithm.
        lag: How far the one that is less far behind is behind the fastest of its kind, as a logarithm.
    """
    far = max((one for one in (distance, lag) if one > NEAR), default=0.0)
    return max(math.log1p(precision), far * SHARE_OF_DISTANCE)


def _near(samples: Mapping[str, Mapping[int, float]], one: str, other: str) -> bool:
    return _distance(samples, one, other) <= NEAR


def _distance(samples: Mapping[str, Mapping[int, float]], one: str, other: str) -> float:
    """The absolute median log-ratio of the two; 0 where no round has both."""
    ratios = log_ratios(samples[one], samples[other]) if one != other else []
    return abs(median(ratios)) if ratios else 0.0


def _fewest_far(timed: Sequence[Candidate]) -> int:
    """The fewest rounds of a far strategy: with fewer no sign test could hold after Holm, however far it is, should the
    budget end the rounds early.
    """
    return max(FAR_ROUNDS, fewest_for_significance(_tests(timed), ALPHA_CUT_SHORT))


def _fewest_apart(timed: Sequence[Candidate]) -> int:
    """The fewest rounds of a far strategy whose samples are apart from those that it is compared with."""
    return max(FAR_ROUNDS, fewest_for_separation(_tests(timed), ALPHA_CUT_SHORT))


def _tests(timed: Sequence[Candidate]) -> int:
    """How many tests Holm's correction is made over, at most."""
    kinds = Counter(one.kind for one in timed)
    return max([math.comb(number, 2) for number in kinds.values()] + [len(timed) - 1])


def _wanted_by_a_near_one(baseline: str, goals: Iterable[Goal], near: frozenset[str]) -> bool:
    """Whether the baseline, itself far, is near a near strategy, and the comparison of the two is unfinished."""
    return any(
        baseline in goal.members and not goal.finished and goal.distance <= NEAR and not near.isdisjoint(goal.members)
        for goal in goals
    )
